import { assertEquals, assertThrows } from "@std/assert";
import { type Placement, Ring } from "../../chat/room/ring.ts";
import { SeededRandom } from "../support/seeded_random.ts";

interface Entry {
  readonly id: string;
  readonly bytes: number;
}

/** An entry of an id, which is a little larger than its number of characters. */
const entryOf = (id: string): Entry => ({ id, bytes: id.length + 9 });

const idsOf = (entries: readonly Entry[]): string => entries.map(({ id }) => id).join("");

/** A log with entries of one-letter ids, appended in this order. */
function historyOf(ids: string, capacity = 10, floor = "0"): Ring<Entry> {
  const history = new Ring<Entry>(capacity, floor);
  for (const id of ids) history.append(entryOf(id));
  return history;
}

Deno.test("Ring() refuses a capacity that keeps nothing", () => {
  for (const capacity of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => new Ring(capacity, "0"), RangeError, String(capacity));
  }
});

Deno.test("Ring is empty at first, with its head at its floor", () => {
  const history = historyOf("");
  assertEquals([history.size, history.floor, history.head], [0, "0", "0"]);
  assertEquals(history.newest(10), []);
});

Deno.test("Ring.append() says where the entry stands", () => {
  const table: [kept: string, id: string, placement: Placement, after: string][] = [
    ["", "b", "newest", "b"],
    ["b", "c", "newest", "bc"],
    ["b", "a", "late", "ab"],
    ["ac", "b", "late", "abc"],
    ["abd", "c", "late", "abcd"],
    ["abc", "a", "known", "abc"],
    ["abc", "b", "known", "abc"],
    ["abc", "c", "known", "abc"],
  ];
  for (const [kept, id, placement, after] of table) {
    const history = historyOf(kept);
    assertEquals([history.append(entryOf(id)), idsOf(history.newest(10))], [placement, after]);
    assertEquals(history.floor, "0");
  }
});

Deno.test("Ring.append() drops the oldest entry of a full ring and raises the floor to it", () => {
  const table: [appended: string, kept: string, floor: string][] = [
    ["abc", "abc", "0"],
    ["abcd", "bcd", "a"],
    ["abcdefgh", "fgh", "e"],
    ["abdc", "bcd", "a"],
    ["bcda", "bcd", "a"],
    ["abceabcd", "cde", "b"],
    ["abcabcabc", "abc", "0"],
    ["acegf", "efg", "c"],
    ["bdfhec", "efh", "d"],
  ];
  for (const [appended, kept, floor] of table) {
    const history = historyOf(appended, 3);
    assertEquals([idsOf(history.newest(10)), history.floor], [kept, floor], appended);
  }
});

Deno.test("Ring.append() keeps nothing that is not newer than the floor", () => {
  const history = historyOf("npq", 10, "m");
  for (const id of ["a", "l", "m"]) assertEquals(history.append(entryOf(id)), "late");
  assertEquals([idsOf(history.newest(10)), history.floor], ["npq", "m"]);
});

Deno.test("Ring.append() does not insert an entry again that it has dropped", () => {
  const history = historyOf("abcde", 3);
  for (const id of "ab") history.append(entryOf(id));
  assertEquals([idsOf(history.newest(10)), history.floor], ["cde", "b"]);
});

Deno.test("Ring keeps the newest entry at capacity 1", () => {
  const table: [appended: string, kept: string, floor: string][] = [
    ["a", "a", "0"],
    ["aa", "a", "0"],
    ["ab", "b", "a"],
    ["ba", "b", "a"],
    ["bac", "c", "b"],
    ["dbac", "d", "c"],
  ];
  for (const [appended, kept, floor] of table) {
    const history = historyOf(appended, 1);
    assertEquals([idsOf(history.newest(10)), history.floor, history.head], [kept, floor, kept]);
  }
});

Deno.test("Ring.head is the newest entry's id, also after a late one", () => {
  const heads = ["a", "ab", "ba", "bac", "abcdefg"].map((ids) => historyOf(ids, 3).head);
  assertEquals(heads, ["a", "b", "b", "c", "g"]);
});

Deno.test("Ring.after() gives the oldest entries newer than an id", () => {
  const table: [id: string, limit: number | undefined, expected: string][] = [
    ["0", undefined, "dfhj"],
    ["c", undefined, "dfhj"],
    ["d", undefined, "fhj"],
    ["e", undefined, "fhj"],
    ["j", undefined, ""],
    ["z", undefined, ""],
    ["d", 0, ""],
    ["d", 1, "f"],
    ["e", 2, "fh"],
    ["d", 3, "fhj"],
    ["d", 99, "fhj"],
    ["z", 2, ""],
  ];
  for (const [id, limit, expected] of table) {
    // Two were dropped, so the ring's start is in the middle.
    assertEquals(idsOf(historyOf("abdfhj", 4).after(id, limit)), expected, `${id} ${limit}`);
  }
});

Deno.test("Ring.before() gives the newest entries older than an id, oldest first", () => {
  const table: [id: string, limit: number | undefined, expected: string][] = [
    ["z", undefined, "dfhj"],
    ["j", undefined, "dfh"],
    ["i", undefined, "dfh"],
    ["d", undefined, ""],
    ["0", undefined, ""],
    ["j", 0, ""],
    ["j", 1, "h"],
    ["i", 2, "fh"],
    ["j", 3, "dfh"],
    ["j", 99, "dfh"],
    ["d", 2, ""],
  ];
  for (const [id, limit, expected] of table) {
    assertEquals(idsOf(historyOf("abdfhj", 4).before(id, limit)), expected, `${id} ${limit}`);
  }
});

Deno.test("Ring.newest() gives up to its limit, oldest first", () => {
  const given = [0, 1, 2, 4, 5, Infinity].map((limit) =>
    idsOf(historyOf("abdfhj", 4).newest(limit))
  );
  assertEquals(given, ["", "j", "hj", "dfhj", "dfhj", "dfhj"]);
});

Deno.test("Ring.shrink() drops the oldest, as many as it must, and raises the floor", () => {
  const given = [1000, 40, 39, 10, 9, 0].map((maxBytes) => {
    const history = historyOf("abcdef", 4);
    history.shrink(maxBytes);
    return [idsOf(history.newest(10)), history.floor, history.head, history.bytes];
  });
  assertEquals(given, [
    ["cdef", "b", "f", 40],
    ["cdef", "b", "f", 40],
    ["def", "c", "f", 30],
    ["f", "e", "f", 10],
    ["", "f", "f", 0],
    ["", "f", "f", 0],
  ]);
});

Deno.test("Ring agrees with a sorted array under random appends", () => {
  const chance = new SeededRandom(7);
  for (const capacity of [1, 2, 3, 8, 64, 5000]) {
    const history = new Ring<Entry>(capacity, idOf(10));
    const model = new SortedArray(capacity, idOf(10));
    let newest = 10;
    for (let step = 0; step < 1500; step++) {
      // About a third grow at the end; the others are late, known or older than the floor.
      const n = chance.below(3) === 0
        ? newest += 1 + chance.below(4)
        : newest - chance.below(2 * capacity + 4);
      const id = idOf(Math.max(0, n));
      assertEquals(history.append(entryOf(id)), model.append(id));
      assertEquals([history.size, history.floor, history.head], model.bounds);
      if (chance.chance(0.02)) {
        const maxBytes = chance.below(history.bytes + 20);
        history.shrink(maxBytes);
        model.shrink(maxBytes);
        assertEquals([history.size, history.floor, history.head], model.bounds);
      }
      assertEquals(history.bytes, model.bytes);
      const from = idOf(Math.max(0, newest + 2 - chance.below(2 * capacity + 6)));
      const limit = chance.below(6);
      const after = model.ids.filter((each) => each > from);
      const before = model.ids.filter((each) => each < from);
      assertEquals(idsOf(history.after(from, limit)), after.slice(0, limit).join(""));
      assertEquals(
        idsOf(history.before(from, limit)),
        before.slice(Math.max(0, before.length - limit)).join(""),
      );
    }
    assertEquals(idsOf(history.newest(Infinity)), model.ids.join(""));
  }
});

/** What a log is meant to be, without a ring. */
class SortedArray {
  readonly ids: string[] = [];
  readonly #capacity: number;
  #floor: string;

  constructor(capacity: number, floor: string) {
    this.#capacity = capacity;
    this.#floor = floor;
  }

  get bounds(): [size: number, floor: string, head: string] {
    return [this.ids.length, this.#floor, this.ids.at(-1) ?? this.#floor];
  }

  get bytes(): number {
    return this.ids.reduce((sum, id) => sum + entryOf(id).bytes, 0);
  }

  shrink(maxBytes: number): void {
    while (this.bytes > maxBytes) this.#floor = this.ids.shift() ?? this.#floor;
  }

  append(id: string): Placement {
    const [, , head] = this.bounds;
    if (this.ids.includes(id)) return "known";
    if (id > this.#floor) this.ids.push(id);
    this.ids.sort();
    if (this.ids.length > this.#capacity) this.#floor = this.ids.shift() ?? this.#floor;
    return id > head ? "newest" : "late";
  }
}

function idOf(n: number): string {
  return String(n).padStart(6, "0");
}
