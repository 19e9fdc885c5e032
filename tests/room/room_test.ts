import { assert, assertEquals } from "@std/assert";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import { timeOf } from "../../chat/protocol/ulid.ts";
import { type Cursor, type Recipient, Room, type RoomOptions } from "../../chat/room/room.ts";
import { emptyLog, messageOf } from "../support/messages.ts";
import { decode, flush, ofType, textsOf } from "../support/fake_hub.ts";

const NOW = 1_900_000_000_000;
const ADA = { id: "adaadaadaadaadaa", name: "Ada" };
const OPTIONS: RoomOptions = { historySize: 100, joinHistory: 10, leaveGraceMs: 5000 };

const idOf = (n: number): string => `01J${String(n).padStart(23, "0")}`;
const FLOOR = idOf(0);

function roomOf(options: Partial<RoomOptions> = {}): Room {
  return new Room("lobby", emptyLog(FLOOR), { ...OPTIONS, ...options });
}

/** Adds messages whose ids and texts are numbers, and flushes after each turn. */
function fill(room: Room, ...turns: (number | readonly number[])[]): void {
  for (const turn of turns) {
    for (const n of [turn].flat()) {
      room.append(messageOf({ id: idOf(n), user: ADA, text: String(n) }));
    }
    flush(room, NOW);
  }
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

const everythingSince = (n: number) => ({ since: idOf(n), isVouched: true });

/** A recipient that takes frames when the test says so. */
class FakeRecipient implements Recipient {
  readonly frames: string[] = [];
  /** How many more frames it takes. */
  capacity = Infinity;

  canTake(): boolean {
    return this.capacity > 0;
  }

  deliver(frame: string): boolean {
    this.capacity--;
    this.frames.push(frame);
    return true;
  }

  get events(): ServerEvent[] {
    return this.frames.flatMap(decode);
  }

  get numbers(): number[] {
    return textsOf(this.events).map(Number);
  }
}

/** A reader that stands at a position, live if it is the end. */
function reader(
  room: Room,
  { at = room.log.head, userId = "bobbobbobbobbobb" } = {},
): { readonly recipient: FakeRecipient; readonly cursor: Cursor } {
  const recipient = new FakeRecipient();
  const cursor = room.add(recipient, userId, at);
  flush(room, NOW);
  return { recipient, cursor };
}

Deno.test("Room.flush() gives each cursor the messages of a turn in one frame", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  fill(room, [1, 2, 3]);
  assertEquals(recipient.frames.length, 1);
  assertEquals(recipient.numbers, [1, 2, 3]);
});

Deno.test("Room.flush() gives every live cursor the same frame", () => {
  const room = roomOf();
  const readers = [reader(room), reader(room), reader(room)];
  fill(room, [1, 2]);
  const [first, ...others] = readers.map(({ recipient }) => recipient.frames);
  assertEquals(first?.length, 1);
  assertEquals(others, [first, first]);
});

Deno.test("Room.flush() gives nothing twice", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  fill(room, 1);
  flush(room, NOW);
  assertEquals(recipient.numbers, [1]);
});

Deno.test("Room.flush() gives a newcomer what comes after its position, once, and the others nothing", () => {
  const room = roomOf();
  const { recipient: other } = reader(room);
  fill(room, range(1, 5));
  const newcomer = new FakeRecipient();
  room.add(newcomer, "carolcarolcarol", idOf(3));
  for (let i = 0; i < 2; i++) flush(room, NOW);
  assertEquals([newcomer.numbers, other.frames.length], [[4, 5], 1]);
});

Deno.test("Room.flush() gives nothing to a newcomer that was removed", () => {
  const room = roomOf();
  fill(room, range(1, 5));
  const newcomer = new FakeRecipient();
  room.remove(room.add(newcomer, "carolcarolcarol", idOf(3)));
  flush(room, NOW);
  assertEquals(newcomer.frames, []);
});

Deno.test("Room.flush() leaves newcomers that come while it runs to the next flush", () => {
  const room = roomOf();
  fill(room, range(1, 5));
  const newcomers: FakeRecipient[] = [];
  const join = () => {
    const newcomer = new FakeRecipient();
    newcomers.push(newcomer);
    room.add(newcomer, "carolcarolcarol", idOf(3));
  };
  join();
  for (const _ of room.flush(NOW, { spend: () => true })) join();
  assertEquals(newcomers.map(({ numbers }) => numbers), [[4, 5], []]);
});

for (const historySize of [5, 20]) {
  Deno.test(`Room.append() drops nothing that a newcomer is yet to be given, from a ring of ${historySize}`, () => {
    const room = roomOf({ historySize });
    fill(room, range(1, 5));
    const newcomer = new FakeRecipient();
    room.add(newcomer, "carolcarolcarol", idOf(2));
    fill(room, range(6, 30));
    assertEquals(newcomer.numbers, range(3, 30));
    assertEquals(ofType(newcomer.events, "gap"), []);
  });
}

Deno.test("Room.append() waits with newcomers for the flush while the ring has place", () => {
  const room = roomOf({ historySize: 6 });
  fill(room, range(1, 5));
  const newcomer = new FakeRecipient();
  room.add(newcomer, "carolcarolcarol", idOf(2));
  fill(room, [6]);
  assertEquals(newcomer.frames.length, 1);
});

Deno.test("Room.shrink() drops nothing that a newcomer is yet to be given", () => {
  const room = roomOf();
  fill(room, range(1, 5));
  const newcomer = new FakeRecipient();
  room.add(newcomer, "carolcarolcarol", idOf(2));
  room.shrink(0);
  flush(room, NOW);
  assertEquals(newcomer.numbers, range(3, 5));
});

Deno.test("Room.catchUp() gives a newcomer what comes after its position", () => {
  const room = roomOf();
  fill(room, range(1, 5));
  const { recipient, cursor } = reader(room, { at: idOf(3) });
  assertEquals(room.catchUp(cursor), "current");
  assertEquals(recipient.numbers, [4, 5]);
});

Deno.test("Room.flush() cuts a large log into batches of bounded length", () => {
  const room = roomOf();
  for (const n of range(1, 100)) {
    room.append(messageOf({ id: idOf(n), user: ADA, text: `${n}${"\n".repeat(4000)}` }));
  }
  const { recipient } = reader(room, { at: FLOOR });
  assert(recipient.frames.length >= 12);
  assert(recipient.frames.every(({ length }) => length < 75_000));
  assertEquals(recipient.numbers, range(1, 100));
});

Deno.test("Room.flush() gives an entry that is larger than a batch", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  room.append(messageOf({ id: idOf(1), user: ADA, text: `1${" ".repeat(100_000)}` }));
  fill(room, 2);
  assertEquals(recipient.numbers, [1, 2]);
});

for (const historySize of [1, 3]) {
  Deno.test(`Room.append() loses nothing of a burst beyond a ring of ${historySize}`, () => {
    const room = roomOf({ historySize });
    const { recipient } = reader(room);
    fill(room, range(1, 10), range(11, 13), 14);
    assertEquals(recipient.numbers, range(1, 14));
    assertEquals(ofType(recipient.events, "gap"), []);
  });
}

Deno.test("Room.append() of an id that the log has changes nothing", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  fill(room, [1, 2, 1], 1);
  assertEquals([room.log.size, recipient.numbers], [2, [1, 2]]);
});

/** Changes messages, which have numbers as texts, at numbered positions. */
function change(room: Room, ...changes: [n: number, position: number][]): void {
  for (const [n, position] of changes) {
    const text = String(n * 1000 + position);
    room.append(messageOf({ id: idOf(n), user: ADA, text, changed: idOf(position) }));
  }
  flush(room, NOW);
}

Deno.test("Room.append() of a changed message gives its new state to a live cursor", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  fill(room, 1, 2);
  change(room, [1, 3]);
  assertEquals(recipient.numbers, [1, 2, 1003]);
  const last = ofType(recipient.events, "message").at(-1);
  assertEquals([last?.id, last?.changed, last?.time], [idOf(1), idOf(3), timeOf(idOf(1))]);
});

Deno.test("Room.catchUp() gives a held cursor the last state of a message alone", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 0;
  fill(room, 1, 2, 3);
  change(room, [2, 4], [1, 5], [2, 6]);
  recipient.capacity = Infinity;
  assertEquals(room.catchUp(cursor), "current");
  assertEquals(recipient.numbers, [3, 1005, 2006]);
  assertEquals(ofType(recipient.events, "gap"), []);
});

Deno.test("Room.catchUp() tells no gap of a message that moved to the end of a full log", () => {
  const room = roomOf({ historySize: 3 });
  const { recipient, cursor } = reader(room);
  fill(room, 1, 2, 3);
  recipient.capacity = 0;
  change(room, [1, 4], [2, 5], [3, 6]);
  recipient.capacity = Infinity;
  room.catchUp(cursor);
  assertEquals(recipient.numbers, [1, 2, 3, 1004, 2005, 3006]);
  assertEquals(ofType(recipient.events, "gap"), []);
});

Deno.test("RoomLog.open() gives a newcomer changed messages at their places, in the order of ids", () => {
  const room = roomOf({ joinHistory: 3 });
  fill(room, range(1, 4));
  change(room, [1, 5], [3, 6]);
  const { complete, more, head, position, entries } = room.log.open();
  assertEquals(numbersOf({ entries }), [2, 3006, 4]);
  assertEquals([complete, more, head, position], [true, true, idOf(6), idOf(6)]);
});

Deno.test("RoomLog.open() leaves out a changed message where others before it are not in memory", () => {
  const room = roomOf({ historySize: 3, isKeptElsewhere: true });
  fill(room, range(1, 5));
  change(room, [1, 6]);
  const { more, floor, entries } = room.log.open();
  assertEquals([numbersOf({ entries }), more, floor], [[4, 5], true, FLOOR]);
});

Deno.test("RoomLog.open() gives one who resumes what was changed since, in the order of positions", () => {
  const room = roomOf();
  fill(room, range(1, 4));
  change(room, [3, 5], [1, 6]);
  assertEquals(numbersOf(room.log.open(everythingSince(3))), [4, 3005, 1006]);
});

Deno.test("RoomLog.floor is that of the ring, unless what the ring drops is kept elsewhere", () => {
  const floors = [false, true].map((isKeptElsewhere) => {
    const room = roomOf({ historySize: 3, isKeptElsewhere });
    fill(room, range(1, 5));
    const { floor } = room.log;
    room.trim(idOf(4));
    return [floor, room.log.floor, room.log.size];
  });
  assertEquals(floors, [[idOf(2), idOf(4), 1], [FLOOR, idOf(4), 1]]);
});

Deno.test("Room.trim() gives everyone what is dropped", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  room.append(messageOf({ id: idOf(1), user: ADA, text: "1" }));
  room.trim(idOf(1));
  assertEquals([recipient.numbers, room.log.size], [[1], 0]);
});

Deno.test("Room.trim() drops nothing that a newcomer is yet to be given", () => {
  const room = roomOf();
  fill(room, range(1, 5));
  const newcomer = new FakeRecipient();
  room.add(newcomer, "carolcarolcarol", idOf(2));
  room.trim(idOf(4));
  flush(room, NOW);
  assertEquals([newcomer.numbers, room.log.size], [range(3, 5), 1]);
  assertEquals(ofType(newcomer.events, "gap"), []);
});

Deno.test("Room.trim() delivers nothing early where memory has lost everything up to the floor", () => {
  const room = roomOf({ historySize: 3, isKeptElsewhere: true });
  const { recipient } = reader(room);
  fill(room, range(1, 4));
  room.append(messageOf({ id: idOf(5), user: ADA, text: "5" }));
  room.trim(idOf(2));
  assertEquals([recipient.numbers, room.log.floor], [range(1, 4), idOf(2)]);
});

Deno.test("RoomLog.open() of a room that was opened holds as many as it may, and knows its floor", () => {
  const messages = range(1, 4).map((n) => messageOf({ id: idOf(n), user: ADA, text: `${n}` }));
  const opened = { messages, head: idOf(4), floor: FLOOR };
  const room = new Room("lobby", opened, { ...OPTIONS, historySize: 3, isKeptElsewhere: true });
  const { head, floor, more, entries } = room.log.open();
  assertEquals([numbersOf({ entries }), head, floor, more], [[2, 3, 4], idOf(4), FLOOR, true]);
  assertEquals(range(0, 2).map((n) => room.log.open(everythingSince(n)).complete), [
    false,
    true,
    true,
  ]);
});

Deno.test("Room.catchUp() gives a held cursor all that it missed, once", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 1;
  fill(room, 1, 2, 3);
  recipient.capacity = Infinity;
  assertEquals(room.catchUp(cursor), "current");
  fill(room, 4);
  assertEquals(recipient.numbers, [1, 2, 3, 4]);
});

Deno.test("Room.catchUp() returns behind when the recipient takes no more", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 0;
  fill(room, 1);
  assertEquals(room.catchUp(cursor), "behind");
});

Deno.test("Room.catchUp() continues where the recipient took no more", () => {
  const room = roomOf({ historySize: 2000 });
  fill(room, range(1, 1500));
  const recipient = new FakeRecipient();
  const cursor = room.add(recipient, "bobbobbobbobbobb", FLOOR);
  const standings = range(1, 3).map(() => {
    recipient.capacity = 1;
    return room.catchUp(cursor);
  });
  assertEquals(standings, ["behind", "behind", "current"]);
  assertEquals(recipient.numbers, range(1, 1500));
});

Deno.test("Room.catchUp() announces exactly what has left the ring as a gap", () => {
  const room = roomOf({ historySize: 3 });
  const { recipient, cursor } = reader(room);
  fill(room, 1);
  recipient.capacity = 0;
  fill(room, 2, 3, 4, 5, 6);
  recipient.capacity = Infinity;
  room.catchUp(cursor);
  assertEquals(recipient.events[1], {
    type: "gap",
    room: "lobby",
    after: idOf(1),
    before: idOf(4),
  });
  assertEquals(recipient.numbers, [1, 4, 5, 6]);
});

Deno.test("Room.catchUp() announces no gap to a cursor at the last id that left the ring", () => {
  const room = roomOf({ historySize: 3 });
  const { recipient, cursor } = reader(room);
  fill(room, 1);
  recipient.capacity = 0;
  fill(room, 2, 3, 4);
  recipient.capacity = Infinity;
  room.catchUp(cursor);
  assertEquals(ofType(recipient.events, "gap"), []);
  assertEquals(recipient.numbers, [1, 2, 3, 4]);
});

Deno.test("Room.catchUp() makes a cursor at the end live", () => {
  const room = roomOf();
  const [{ recipient: other }, { recipient, cursor }] = [reader(room), reader(room)];
  recipient.capacity = 0;
  fill(room, 1);
  recipient.capacity = Infinity;
  room.catchUp(cursor);
  fill(room, 2);
  assertEquals(recipient.frames.at(-1), other.frames.at(-1));
});

Deno.test("Room.catchUp() before the flush doubles nothing", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  room.append(messageOf({ id: idOf(1), user: ADA, text: "1" }));
  room.catchUp(cursor);
  fill(room, 2);
  assertEquals(recipient.numbers, [1, 2]);
});

Deno.test("Room.remove() ends deliveries to a cursor, live or held", () => {
  const room = roomOf();
  const [live, held] = [reader(room), reader(room)];
  held.recipient.capacity = 0;
  fill(room, 1);
  room.remove(live.cursor);
  room.remove(held.cursor);
  held.recipient.capacity = Infinity;
  fill(room, 2);
  assertEquals([live.recipient.numbers, held.recipient.numbers], [[1], []]);
});

Deno.test("Room.remove() of a cursor during its delivery keeps the others", () => {
  const room = roomOf();
  const first = reader(room);
  first.recipient.deliver = () => {
    room.remove(first.cursor);
    return true;
  };
  const second = reader(room);
  fill(room, 1, 2);
  assertEquals(second.recipient.numbers, [1, 2]);
});

Deno.test("Room.remove() of a cursor that is catching up is final", () => {
  const room = roomOf();
  fill(room, 1);
  let deliveries = 0;
  const recipient: Recipient = {
    canTake: () => true,
    deliver() {
      deliveries++;
      room.remove(cursor);
      return false;
    },
  };
  const cursor = room.add(recipient, "bobbobbobbobbobb", FLOOR);
  fill(room, 2, 3);
  assertEquals(deliveries, 1);
});

const numbersOf = ({ entries }: { readonly entries: readonly { readonly body: string }[] }) =>
  entries.map(({ body }) => Number(JSON.parse(body).text));

Deno.test("RoomLog.open() gives a newcomer the newest", () => {
  const room = roomOf({ joinHistory: 2 });
  fill(room, range(1, 5));
  const opening = room.log.open();
  assertEquals(numbersOf(opening), [4, 5]);
  const { complete, more, follow, head, position } = opening;
  assertEquals({ complete, more, follow, head, position }, {
    complete: true,
    more: true,
    follow: 0,
    head: idOf(5),
    position: idOf(5),
  });
});

Deno.test("RoomLog.open() of an empty room stands at its floor", () => {
  const { entries, complete, more, follow, head, position } = roomOf().log.open();
  assertEquals([entries, complete, more, follow, head, position], [
    [],
    true,
    false,
    0,
    FLOOR,
    FLOOR,
  ]);
});

Deno.test("RoomLog.open() gives a resume the entries since its position, and the position of the cursor", () => {
  const room = roomOf({ joinHistory: 2 });
  fill(room, range(1, 6));
  const opening = room.log.open(everythingSince(2));
  assertEquals(numbersOf(opening), [3, 4]);
  const { complete, more, follow, head, position } = opening;
  assertEquals({ complete, more, follow, head, position }, {
    complete: true,
    more: true,
    follow: 2,
    head: idOf(6),
    position: idOf(4),
  });
});

Deno.test("RoomLog.open() lets all entries follow if joined has none", () => {
  const room = roomOf({ joinHistory: 0 });
  fill(room, range(1, 3));
  const { entries, follow, position } = room.log.open(everythingSince(1));
  assertEquals([entries, follow, position], [[], 2, idOf(1)]);
});

for (
  const [what, since, isVouched] of [
    ["before the floor", 1, true],
    ["that is not vouched for", 4, false],
  ] as const
) {
  Deno.test(`RoomLog.open() does not vouch for a position ${what}`, () => {
    const room = roomOf({ historySize: 3 });
    fill(room, range(1, 5));
    const opening = room.log.open({ ...everythingSince(since), isVouched });
    assertEquals([opening.complete, opening.follow, numbersOf(opening)], [false, 0, [3, 4, 5]]);
  });
}

Deno.test("Room.shrink() delivers what it drops, and announces a gap to slow cursors", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  const slow = reader(room);
  slow.recipient.capacity = 0;
  for (const n of range(1, 10)) {
    room.append(messageOf({ id: idOf(n), user: ADA, text: String(n) }));
  }
  room.shrink(room.log.bytes * 0.55);
  assertEquals([recipient.numbers, room.log.size], [range(1, 10), 5]);
  slow.recipient.capacity = Infinity;
  assertEquals(room.catchUp(slow.cursor), "current");
  assertEquals(slow.recipient.numbers, range(6, 10));
  assertEquals(ofType(slow.recipient.events, "gap").map(({ before }) => before), [idOf(6)]);
});

Deno.test("Room.shrink() to nothing announces the gap to slow cursors before the next message", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 0;
  fill(room, range(1, 3));
  room.shrink(0);
  recipient.capacity = Infinity;
  assertEquals([room.catchUp(cursor), recipient.numbers, room.log.size], ["current", [], 0]);
  fill(room, 4);
  assertEquals(recipient.numbers, [4]);
  assertEquals(ofType(recipient.events, "gap").map(({ before }) => before), [idOf(4)]);
});

Deno.test("Room.flush() ends though clients join again and again", () => {
  const room = roomOf();
  const all = range(1, 100).map(() => ({ ...reader(room) }));
  room.append(messageOf({ id: idOf(1), user: ADA, text: "1" }));
  const flush = room.flush(NOW, { spend: () => true });
  let turns = 0;
  for (let next = 0; !flush.next().done && turns < 10_000; turns++) {
    // Sixteen of them leave and come back in each turn.
    for (let i = 0; i < 16; i++, next = (next + 1) % all.length) {
      const member = all[next];
      if (member === undefined) continue;
      room.catchUp(member.cursor);
      room.remove(member.cursor);
      member.cursor = room.add(member.recipient, "bobbobbobb", room.log.head);
    }
  }
  assert(turns <= 100, `${turns} turns`);
  for (const { recipient } of all) assertEquals(recipient.numbers, [1]);
});

Deno.test("RoomLog.open() vouches for the floor itself", () => {
  const room = roomOf({ historySize: 3 });
  fill(room, range(1, 5));
  assertEquals(room.log.open(everythingSince(2)).complete, true);
});

Deno.test("Room.notify() sends the event to everyone but the user, once", () => {
  const room = roomOf();
  const [ada, bob] = [reader(room, { userId: ADA.id }), reader(room)];
  room.notify('{"type":"typing"}', ADA.id);
  flush(room, NOW);
  flush(room, NOW);
  assertEquals([ada.recipient.frames, bob.recipient.frames], [[], ['[{"type":"typing"}]']]);
});

Deno.test("Room.notify() sends slow cursors nothing, now or later", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 0;
  fill(room, 1);
  room.notify('{"type":"typing"}', ADA.id);
  flush(room, NOW);
  recipient.capacity = Infinity;
  room.catchUp(cursor);
  flush(room, NOW);
  assertEquals(recipient.events.map(({ type }) => type), ["message"]);
});

/** Lets numbered users come. */
function enter(room: Room, ...numbers: number[]): void {
  for (const n of numbers) room.presence.enter({ id: `user ${n}`, name: `name ${n}` }, [`${n}`]);
}

Deno.test("Room.flush() delivers a change of presence once", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  enter(room, 1);
  flush(room, NOW);
  flush(room, NOW + 2000);
  assertEquals(recipient.events.length, 1);
});

Deno.test("Room.flush() delays a change of presence that follows too soon, for a second at most", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  enter(room, 1);
  flush(room, NOW);
  enter(room, 2);
  flush(room, NOW + 1);
  assertEquals([room.owesPresence, recipient.events.length], [true, 1]);
  flush(room, NOW + 1001);
  assertEquals([room.owesPresence, recipient.events.length], [false, 2]);
});

Deno.test("Room.flush() gives a slow cursor the net change when it takes more", () => {
  const room = roomOf();
  const { recipient } = reader(room);
  recipient.capacity = 0;
  enter(room, 1, 2);
  flush(room, NOW);
  room.presence.leave("user 1");
  enter(room, 3);
  flush(room, NOW + 2000);
  recipient.capacity = Infinity;
  enter(room, 4);
  flush(room, NOW + 4000);
  const [event, ...others] = ofType(recipient.events, "presence");
  assertEquals([event?.joined?.map(({ id }) => id), event?.left, event?.count, others], [
    ["user 2", "user 3", "user 4"],
    undefined,
    3,
    [],
  ]);
});

Deno.test("Room.catchUp() gives the changes of presence that were delivered while the cursor was held", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 0;
  enter(room, 1);
  flush(room, NOW);
  recipient.capacity = Infinity;
  room.catchUp(cursor);
  assertEquals(ofType(recipient.events, "presence").map(({ count }) => count), [1]);
});

Deno.test("Room.catchUp() keeps a slow cursor for as much presence as an address can make", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 0;
  comeAndGo(room, 9000);
  recipient.capacity = Infinity;
  assertEquals(room.catchUp(cursor), "current");
});

Deno.test("Room.catchUp() returns lost for a cursor that misses more presence than is kept", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 0;
  comeAndGo(room);
  recipient.capacity = Infinity;
  assertEquals(room.catchUp(cursor), "lost");
});

Deno.test("Room.flush() never gives a part of the presence that a cursor missed", () => {
  const room = roomOf();
  const { recipient, cursor } = reader(room);
  recipient.capacity = 0;
  comeAndGo(room);
  recipient.capacity = Infinity;
  enter(room, 1);
  flush(room, NOW + 90_000_000);
  const told = ofType(recipient.events, "presence").flatMap(({ joined = [] }) => joined);
  // Either all of the change, or nothing: then the cursor is given up.
  if (told.length > 0) assertEquals(told.map(({ id }) => id), ["user 0", "user 1"]);
  else assertEquals(room.catchUp(cursor), "lost");
});

/** One comes, and then more come and go than a room keeps, told a few at a time. */
function comeAndGo(room: Room, times = 11_000): void {
  enter(room, 0);
  for (let n = 1; n <= times; n++) {
    enter(room, -n);
    room.presence.leave(`user ${-n}`);
    flush(room, NOW + n * 2000);
  }
}

Deno.test("Room.isNew is false while messages are kept that memory has not, whatever was lost", () => {
  const messages = range(1, 2).map((n) => messageOf({ id: idOf(n), user: ADA, text: `${n}` }));
  const opened = { messages, head: idOf(2), floor: FLOOR, lostUntil: idOf(5) };
  const options = { ...OPTIONS, isKeptElsewhere: true };
  const room = new Room("lobby", opened, options);
  room.shrink(0);
  assertEquals([room.log.size, room.isNew], [0, false]);
  assertEquals(new Room("lobby", { ...emptyLog(FLOOR), lostUntil: idOf(5) }, options).isNew, true);
});
