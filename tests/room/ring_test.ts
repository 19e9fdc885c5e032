import { assert, assertEquals, assertThrows } from "@std/assert";
import { Ring, type RingEntry as Entry } from "../../chat/room/ring.ts";
import { SeededRandom } from "../support/seeded_random.ts";

/** An entry of an id, which is a little larger than its number of characters. */
const entryOf = (id: string, position = id): Entry => ({ id, position, bytes: id.length + 9 });

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

Deno.test("Ring.append() takes what is newer than all that was there", () => {
  const table: [kept: string, id: string, isNew: boolean, after: string][] = [
    ["", "b", true, "b"],
    ["b", "c", true, "bc"],
    ["b", "a", false, "b"],
    ["ac", "b", false, "ac"],
    ["abc", "a", false, "abc"],
    ["abc", "c", false, "abc"],
  ];
  for (const [kept, id, isNew, after] of table) {
    const history = historyOf(kept);
    assertEquals([history.append(entryOf(id)), idsOf(history.newest(10))], [isNew, after]);
    assertEquals(history.floor, "0");
  }
});

Deno.test("Ring.append() drops the oldest entry of a full ring and raises the floor to it", () => {
  const table: [appended: string, kept: string, floor: string][] = [
    ["abc", "abc", "0"],
    ["abcd", "bcd", "a"],
    ["abcdefgh", "fgh", "e"],
    ["abdc", "abd", "0"],
    ["abceabcd", "bce", "a"],
    ["abcabcabc", "abc", "0"],
  ];
  for (const [appended, kept, floor] of table) {
    const history = historyOf(appended, 3);
    assertEquals([idsOf(history.newest(10)), history.floor], [kept, floor], appended);
  }
});

Deno.test("Ring.append() keeps nothing that is not newer than the floor", () => {
  const history = historyOf("npq", 10, "m");
  for (const id of ["a", "l", "m"]) assertEquals(history.append(entryOf(id)), false);
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
    ["ba", "b", "0"],
    ["bac", "c", "b"],
  ];
  for (const [appended, kept, floor] of table) {
    const history = historyOf(appended, 1);
    assertEquals([idsOf(history.newest(10)), history.floor, history.head], [kept, floor, kept]);
  }
});

Deno.test("Ring.head is the newest entry's position", () => {
  const heads = ["a", "ab", "ba", "bac", "abcdefg"].map((ids) => historyOf(ids, 3).head);
  assertEquals(heads, ["a", "b", "b", "c", "g"]);
});

Deno.test("Ring.append() moves a message that was changed to the end", () => {
  const table: [ids: string, changes: [id: string, position: string][], kept: string][] = [
    ["abc", [["a", "d"]], "bca"],
    ["abc", [["c", "d"]], "abc"],
    ["abc", [["a", "d"], ["b", "e"], ["a", "f"]], "cba"],
    // The ring's start is in the middle.
    ["abcdef", [["d", "g"]], "efd"],
    ["abcde", [["e", "f"], ["c", "g"], ["e", "h"]], "dce"],
  ];
  for (const [ids, changes, kept] of table) {
    const history = historyOf(ids, 3);
    const { floor, bytes } = history;
    for (const [id, position] of changes) assert(history.append(entryOf(id, position)));
    assertEquals([idsOf(history.newest(9)), history.floor, history.bytes], [kept, floor, bytes]);
    assertEquals(history.head, changes.at(-1)?.[1]);
  }
});

Deno.test("Ring.append() takes a message again that it has dropped, if it was changed", () => {
  const history = historyOf("abcd", 3);
  history.append(entryOf("a", "e"));
  assertEquals([idsOf(history.newest(9)), history.floor, history.head], ["cda", "b", "e"]);
});

Deno.test("Ring.after() gives a changed message after its old position, and once", () => {
  const history = historyOf("abc");
  history.append(entryOf("a", "d"));
  assertEquals(["0", "a", "b", "c", "d"].map((position) => idsOf(history.after(position))), [
    "bca",
    "bca",
    "ca",
    "a",
    "",
  ]);
});

Deno.test("Ring.trim() drops everything up to a position, which is the floor then", () => {
  const table: [floor: string, kept: string, floorThen: string, head: string][] = [
    ["0", "bd", "a", "d"],
    ["b", "d", "b", "d"],
    ["c", "d", "c", "d"],
    ["f", "", "f", "f"],
  ];
  for (const [floor, kept, floorThen, head] of table) {
    const history = historyOf("abd", 2);
    history.trim(floor);
    assertEquals([idsOf(history.newest(9)), history.floor, history.head], [kept, floorThen, head]);
  }
});

Deno.test("Ring.prepend() adds older entries as far as there is place, and lowers the floor", () => {
  const table: [ring: string, floor: string, read: string, readFloor: string, after: string][] = [
    // The floor, and then the entries.
    ["fgh", "e", "cdefgh", "b", "b cdefgh"],
    ["fgh", "e", "", "b", "b fgh"],
    ["", "e", "cde", "b", "b cde"],
    ["fghijk", "e", "abcde", "0", "a bcdefghijk"],
    ["fghijklmno", "e", "abcde", "0", "e fghijklmno"],
    ["fghijklmnop", "e", "abcdef", "0", "f ghijklmnop"],
    ["fgh", "e", "gh", "f", "e fgh"],
    ["fgh", "e", "fgh", "e", "e fgh"],
  ];
  for (const [entries, floor, read, readFloor, after] of table) {
    const ring = historyOf(entries, 10, floor);
    ring.prepend(Array.from(read, (id) => entryOf(id)), readFloor);
    const all = ring.newest(20);
    assertEquals(`${ring.floor} ${idsOf(all)}`, after);
    assertEquals(ring.bytes, all.length * 10);
    ring.append(entryOf("z"));
    assertEquals(idsOf(ring.newest(1)), "z");
  }
});

Deno.test("Ring.prepend() leaves a message that was changed meanwhile where it is", () => {
  const ring = historyOf("fgh", 10, "e");
  ring.append(entryOf("c", "i"));
  ring.prepend([entryOf("b"), entryOf("c"), entryOf("a", "d")], "a");
  assertEquals([idsOf(ring.newest(20)), ring.floor, ring.bytes], ["bafghc", "a", 60]);
  ring.append(entryOf("a", "j"));
  assertEquals([idsOf(ring.newest(20)), ring.bytes], ["bfghca", 60]);
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

Deno.test("Ring agrees with an array under random appends and changes", () => {
  const chance = new SeededRandom(7);
  for (const capacity of [1, 2, 3, 8, 64, 5000]) {
    const history = new Ring<Entry>(capacity, idOf(10));
    const model = new PlainArray(capacity, idOf(10));
    let newest = 10;
    for (let step = 0; step < 1500; step++) {
      // About a third are known or older than the floor, and a third change a message.
      const position = idOf(
        chance.below(3) > 0 ? newest += 1 + chance.below(4) : newest - chance.below(8),
      );
      const id = chance.below(2) === 0 ? position : idOf(newest - chance.below(2 * capacity + 4));
      const entry = entryOf(id < position ? id : position, position);
      assertEquals(history.append(entry), model.append(entry));
      if (chance.chance(0.02)) {
        const maxBytes = chance.below(history.bytes + 20);
        history.shrink(maxBytes);
        model.shrink(maxBytes);
      }
      assertEquals([history.size, history.floor, history.head, history.bytes], model.bounds);
      const from = idOf(Math.max(0, newest + 2 - chance.below(2 * capacity + 6)));
      const limit = chance.below(6);
      const after = model.entries.filter((each) => each.position > from);
      assertEquals(history.after(from, limit), after.slice(0, limit));
    }
    assertEquals(history.newest(Infinity), model.entries);
    assertEquals(history.hasChanges, model.entries.some(({ id, position }) => id !== position));
  }
});

/** What a log is meant to be, without a ring. */
class PlainArray {
  entries: Entry[] = [];
  readonly #capacity: number;
  #floor: string;
  #head: string;

  constructor(capacity: number, floor: string) {
    this.#capacity = capacity;
    this.#floor = floor;
    this.#head = floor;
  }

  get bounds(): [size: number, floor: string, head: string, bytes: number] {
    return [this.entries.length, this.#floor, this.#head, this.#bytes];
  }

  get #bytes(): number {
    return this.entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  shrink(maxBytes: number): void {
    while (this.#bytes > maxBytes) this.#floor = this.entries.shift()?.position ?? this.#floor;
  }

  append(entry: Entry): boolean {
    if (entry.position <= this.#head) return false;
    this.#head = entry.position;
    this.entries = [...this.entries.filter(({ id }) => id !== entry.id), entry];
    if (this.entries.length > this.#capacity) this.#floor = this.entries.shift()?.position ?? "";
    return true;
  }
}

function idOf(n: number): string {
  return String(Math.max(0, n)).padStart(6, "0");
}
