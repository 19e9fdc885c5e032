import { assertEquals } from "@std/assert";
import type { Message } from "../chat/protocol.ts";
import type { Room } from "../chat/room.ts";
import { Rooms } from "../chat/rooms.ts";

const OPTIONS = { historySize: 3, joinHistory: 10, leaveGraceMs: 5000 };
const ADA = { id: "ada", name: "Ada" };
const FLOOR = idOf(0);

function idOf(n: number): string {
  return `01J${String(n).padStart(23, "0")}`;
}

function message(n: number): Message {
  return { id: idOf(n), time: n, user: ADA, text: "hi" };
}

/** The room of a name, which is used now and must be there. */
function use(rooms: Rooms, name: string): Room {
  const room = rooms.use(name);
  if (room === undefined) throw new TypeError(`There is no place for room "${name}"`);
  return room;
}

/** A room with Ada in it. */
function occupy(rooms: Rooms, name: string): Room {
  const room = use(rooms, name);
  room.presence.enter(ADA, ["ada"]);
  return room;
}

/** The position from which a room vouches for everything, told by whether it does. */
function vouchesSince(room: Room, since: string): boolean {
  return room.log.open({ since, overlap: since, newest: idOf(999) }).complete;
}

const namesOf = (rooms: Rooms): string[] => [...rooms].map((room) => room.name).sort();

Deno.test("Rooms.use() makes a room once", () => {
  const rooms = new Rooms(10, FLOOR, OPTIONS);
  assertEquals([rooms.get("a"), rooms.size], [undefined, 0]);
  const room = use(rooms, "a");
  assertEquals([rooms.use("a") === room, rooms.get("a") === room, rooms.size], [true, true, 1]);
  assertEquals([room.name, room.log.end.position], ["a", FLOOR]);
});

Deno.test("Rooms.use() drops the least recently used room", () => {
  const rooms = new Rooms(3, FLOOR, OPTIONS);
  for (const name of ["a", "b", "c", "a", "d"]) use(rooms, name);
  assertEquals(namesOf(rooms), ["a", "c", "d"]);
});

Deno.test("Rooms.get() is no use", () => {
  const rooms = new Rooms(2, FLOOR, OPTIONS);
  for (const name of ["a", "b"]) use(rooms, name);
  rooms.get("a");
  use(rooms, "c");
  assertEquals(namesOf(rooms), ["b", "c"]);
});

Deno.test("Rooms.use() drops no room with members, nor with users in their grace period", () => {
  const rooms = new Rooms(3, FLOOR, OPTIONS);
  occupy(rooms, "a");
  occupy(rooms, "b").presence.lose("ada", 0);
  for (const name of ["c", "d", "e"]) use(rooms, name);
  assertEquals(namesOf(rooms), ["a", "b", "e"]);
});

Deno.test("Rooms.use() makes no room when all have members", () => {
  const rooms = new Rooms(2, FLOOR, OPTIONS);
  const room = occupy(rooms, "a");
  occupy(rooms, "b");
  assertEquals(rooms.use("c"), undefined);
  assertEquals([rooms.get("c"), rooms.size], [undefined, 2]);
  assertEquals(rooms.use("a") === room, true);
  room.presence.leave("ada");
  rooms.release(room);
  assertEquals([use(rooms, "c").name, rooms.get("a")], ["c", undefined]);
});

Deno.test("Rooms.use() drops a room whose members are gone as if it was used when they went", () => {
  const rooms = new Rooms(3, FLOOR, OPTIONS);
  const left = occupy(rooms, "a");
  left.append(message(1));
  for (const name of ["b", "c"]) use(rooms, name);
  assertEquals(use(rooms, "d").name, "d");
  left.presence.leave("ada");
  rooms.release(left);
  use(rooms, "e");
  assertEquals(namesOf(rooms), ["a", "d", "e"]);
});

Deno.test("Rooms.use() looks at no room with members twice before it refuses one more", () => {
  const rooms = new Rooms(100, FLOOR, OPTIONS);
  let looks = 0;
  for (let i = 0; i < 100; i++) {
    const { presence } = occupy(rooms, `${i}`);
    Object.defineProperty(presence, "count", { get: () => (looks++, 1) });
  }
  for (let i = 0; i < 100; i++) assertEquals(rooms.use(`another ${i}`), undefined);
  assertEquals(looks, 100);
});

Deno.test("Rooms.use() vouches for nothing that a dropped room had", () => {
  const rooms = new Rooms(1, FLOOR, OPTIONS);
  for (const n of [1, 2, 3]) use(rooms, "a").append(message(n));
  use(rooms, "b");
  const room = use(rooms, "a");
  assertEquals([room.log.size, room.log.end.position], [0, idOf(3)]);
  assertEquals([FLOOR, idOf(2), idOf(3)].map((since) => vouchesSince(room, since)), [
    false,
    false,
    true,
  ]);
});

Deno.test("Rooms.use() keeps the floor of a room that is still there", () => {
  const rooms = new Rooms(2, FLOOR, OPTIONS);
  const kept = occupy(rooms, "a");
  use(rooms, "b").append(message(5));
  use(rooms, "c");
  assertEquals(vouchesSince(kept, FLOOR), true);
});

Deno.test("Rooms.lose() never lowers the floor", () => {
  const rooms = new Rooms(1, FLOOR, OPTIONS);
  for (const n of [9, 4]) rooms.lose(idOf(n));
  assertEquals(use(rooms, "a").log.end.position, idOf(9));
});

Deno.test("Rooms.lose() makes later rooms admit that a message is missing", () => {
  const rooms = new Rooms(1, FLOOR, OPTIONS);
  rooms.lose(idOf(4));
  const room = use(rooms, "a");
  assertEquals([idOf(3), idOf(4)].map((since) => vouchesSince(room, since)), [false, true]);
});

Deno.test("Rooms.release() forgets a room without members and messages", () => {
  const rooms = new Rooms(10, FLOOR, OPTIONS);
  const room = occupy(rooms, "a");
  rooms.release(room);
  assertEquals(namesOf(rooms), ["a"]);
  room.presence.leave("ada");
  rooms.release(room);
  assertEquals(namesOf(rooms), []);
});

Deno.test("Rooms.release() keeps a room in which something was said", () => {
  const rooms = new Rooms(10, FLOOR, OPTIONS);
  const room = use(rooms, "a");
  room.append(message(1));
  rooms.release(room);
  assertEquals([namesOf(rooms), rooms.get("a")?.log.size], [["a"], 1]);
});

Deno.test("Rooms takes any name for a name", () => {
  const rooms = new Rooms(10, FLOOR, OPTIONS);
  for (const name of ["constructor", "tostring"]) {
    assertEquals(rooms.get(name), undefined);
    assertEquals(use(rooms, name).name, name);
  }
});
