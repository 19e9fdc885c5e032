import { assert, assertEquals } from "@std/assert";
import { Ids, positionAt, rewind, timeOfPosition } from "../../chat/broker/ids.ts";
import { isPosition } from "../../chat/protocol/parse.ts";

const HOUR_MS = 3_600_000;
const START = 1_789_057_529_454;

let days = 0;

/** A time that no id of this process is near to: all `Ids` share one monotonic sequence. */
function freshTime(): number {
  return START + ++days * 24 * HOUR_MS;
}

/** A foreign instance's id of a time, with the random part given. */
function foreignId(time: number, random = "A".repeat(16)): string {
  return positionAt(time).slice(0, 10) + random;
}

/** Whether each is newer than the one before it. */
function grow(ids: readonly string[]): boolean {
  return ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? ""));
}

Deno.test("Ids() begins with an id of its start", () => {
  const now = freshTime();
  const { newest } = new Ids(now);
  assertEquals([isPosition(newest), timeOfPosition(newest)], [true, now]);
});

Deno.test("Ids.next() makes ULIDs of the time, newest last", () => {
  const now = freshTime();
  const ids = new Ids(now);
  const times = [now, now + 1, now + 1000, now + HOUR_MS];
  const made = times.map((time) => ids.next(time));
  assertEquals(made.map(timeOfPosition), times);
  assert(grow(made) && made.every(isPosition));
  assertEquals(ids.newest, made.at(-1));
});

Deno.test("Ids.newestTime is the newest id's time, made here or seen", () => {
  const now = freshTime();
  const ids = new Ids(now);
  assertEquals(ids.newestTime, now);
  for (const time of [now, now + 1, now + 1, now + 40, now + HOUR_MS, now]) {
    ids.next(time);
    assertEquals(ids.newestTime, timeOfPosition(ids.newest));
  }
  ids.see(foreignId(now + 2 * HOUR_MS));
  assertEquals(ids.newestTime, now + 2 * HOUR_MS);
});

Deno.test("Ids.next() only grows within a millisecond", () => {
  const now = freshTime();
  const ids = new Ids(now);
  const made = Array.from({ length: 5000 }, () => ids.next(now));
  assert(grow([...made]) && ids.newest === made.at(-1));
});

Deno.test("Ids.next() only grows when the clock is set back", () => {
  const now = freshTime();
  const ids = new Ids(now);
  const times = [now, now - 1, now - HOUR_MS, 0, now - HOUR_MS + 1, now, now + 1];
  assert(grow([ids.newest, ...times.map((time) => ids.next(time))]));
});

Deno.test("Ids.next() is newer than every id seen", () => {
  const now = freshTime();
  const ids = new Ids(now);
  const made: string[] = [];
  for (const ahead of [0, 1, 500, HOUR_MS, 5]) {
    const seen = foreignId(now + ahead, "Z".repeat(16));
    ids.see(seen);
    made.push(ids.next(now));
    assert(ids.newest > seen, `${ahead} ms ahead`);
  }
  assert(grow(made));
});

Deno.test("Ids.next() comes just after an id that was seen in the future", () => {
  const now = freshTime();
  const ids = new Ids(now);
  const seen = foreignId(now + HOUR_MS);
  ids.see(seen);
  const next = ids.next(now);
  assert(next > seen && timeOfPosition(next) - now - HOUR_MS <= 1, next);
});

Deno.test("Ids.next() only grows with two instances that see each other's ids", () => {
  const now = freshTime();
  const [one, other] = [new Ids(now), new Ids(now)];
  const made = Array.from({ length: 200 }, (_, i) => {
    const [maker, seer] = i % 3 === 0 ? [one, other] : [other, one];
    const id = maker.next(now + (i % 7) * 10 - (i % 5) * HOUR_MS);
    seer.see(id);
    return id;
  });
  assert(grow(made));
});

Deno.test("Ids.see() notes only what is newer", () => {
  const now = freshTime();
  const ids = new Ids(now);
  const { newest } = ids;
  ids.see(foreignId(now - 1));
  assertEquals(ids.newest, newest);
  const future = foreignId(now + 1);
  ids.see(future);
  assertEquals(ids.newest, future);
});

Deno.test("positionAt() is before all ids of its time and after all earlier ones", () => {
  const times = [1, 31, 32, 1023, START, START + 1, 2 ** 48 - 1];
  for (const time of times) {
    const position = positionAt(time);
    assert(isPosition(position));
    assertEquals(timeOfPosition(position), time);
    assert(position <= foreignId(time, "0".repeat(16)));
    assert(position > foreignId(time - 1, "Z".repeat(16)));
  }
});

Deno.test("positionAt() has the digits of the ULID specification", () => {
  // The specification's example, and the largest time that a ULID can hold.
  assertEquals(positionAt(1_469_918_176_385), "01ARYZ6S410000000000000000");
  assertEquals(positionAt(2 ** 48 - 1), "7ZZZZZZZZZ0000000000000000");
});

Deno.test("positionAt() is the oldest position before 1970", () => {
  assertEquals([positionAt(0), positionAt(-1)], ["0".repeat(26), "0".repeat(26)]);
});

Deno.test("rewind() is the oldest position of the time before", () => {
  const id = foreignId(START);
  assertEquals(rewind(id, 0), positionAt(START));
  assertEquals(rewind(id, 2000), positionAt(START - 2000));
  assert(rewind(id, 0) < id && rewind(id, 2000) < rewind(id, 1999));
});

Deno.test("rewind() takes every position that a client may name", () => {
  assertEquals(rewind("0".repeat(26), 2000), "0".repeat(26));
  // Beyond the largest time of a ULID, but 26 characters of base32 all the same.
  for (const id of ["8".padEnd(26, "0"), "Z".repeat(26)]) assert(rewind(id, 2000) <= id);
});
