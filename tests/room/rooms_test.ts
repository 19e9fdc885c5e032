import { assert, assertEquals } from "@std/assert";
import type { LoggedMessage } from "../../chat/protocol/encode.ts";
import type { Room } from "../../chat/room/room.ts";
import { Rooms, type RoomsOptions } from "../../chat/room/rooms.ts";
import { emptyLog, messageOf } from "../support/messages.ts";

const OPTIONS = { historySize: 3, joinHistory: 10, leaveGraceMs: 5000, historyBytes: Infinity };
const ADA = { id: "ada", name: "Ada" };
const FLOOR = idOf(0);

function idOf(n: number): string {
  return `01J${String(n).padStart(23, "0")}`;
}

function message(n: number, user = ADA): LoggedMessage {
  return messageOf({ id: idOf(n), user, text: "hi" });
}

function roomsOf(maxRooms: number, options: Partial<RoomsOptions> = {}): Rooms {
  return new Rooms({ ...OPTIONS, maxRooms, ...options });
}

/** The room of a name, which is used now and must be there. */
function use(rooms: Rooms, name: string): Room {
  const room = rooms.use(name, "", emptyLog(FLOOR));
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
  return room.log.open({ since, isVouched: true }).complete;
}

const namesOf = (rooms: Rooms): string[] => [...rooms].map((room) => room.name).sort();

Deno.test("Rooms.use() makes a room once", () => {
  const rooms = roomsOf(10);
  assertEquals([rooms.get("a"), rooms.size], [undefined, 0]);
  const room = use(rooms, "a");
  assertEquals([rooms.use("a") === room, rooms.get("a") === room, rooms.size], [true, true, 1]);
  assertEquals([room.name, room.log.head], ["a", FLOOR]);
});

Deno.test("Rooms.use() drops the least recently used room", () => {
  const rooms = roomsOf(3);
  for (const name of ["a", "b", "c", "a", "d"]) use(rooms, name);
  assertEquals(namesOf(rooms), ["a", "c", "d"]);
});

Deno.test("Rooms.get() is no use", () => {
  const rooms = roomsOf(2);
  for (const name of ["a", "b"]) use(rooms, name);
  rooms.get("a");
  use(rooms, "c");
  assertEquals(namesOf(rooms), ["b", "c"]);
});

Deno.test("Rooms.use() drops no room with members, nor with users in their grace period", () => {
  const rooms = roomsOf(3);
  occupy(rooms, "a");
  occupy(rooms, "b").presence.lose("ada", 0);
  for (const name of ["c", "d", "e"]) use(rooms, name);
  assertEquals(namesOf(rooms), ["a", "b", "e"]);
});

Deno.test("Rooms.use() makes no room when all have members", () => {
  const rooms = roomsOf(2);
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
  const rooms = roomsOf(3);
  const left = occupy(rooms, "a");
  left.append(message(1));
  for (const name of ["b", "c"]) use(rooms, name);
  assertEquals(use(rooms, "d").name, "d");
  left.presence.leave("ada");
  rooms.release(left);
  use(rooms, "e");
  assertEquals(namesOf(rooms), ["a", "d", "e"]);
});

Deno.test("Rooms.use() looks at each room with members at most once before it refuses a room", () => {
  const rooms = roomsOf(100);
  let looks = 0;
  for (let i = 0; i < 100; i++) {
    const { presence } = occupy(rooms, `${i}`);
    Object.defineProperty(presence, "countHere", { get: () => (looks++, 1) });
  }
  for (let i = 0; i < 100; i++) assertEquals(rooms.use(`another ${i}`), undefined);
  assertEquals(looks, 100);
});

Deno.test("Rooms.use() keeps the floor of a room that is still there", () => {
  const rooms = roomsOf(2);
  const kept = occupy(rooms, "a");
  use(rooms, "b").append(message(5));
  use(rooms, "c");
  assertEquals(vouchesSince(kept, FLOOR), true);
});

Deno.test("Rooms tells of what it drops for want of memory or place", () => {
  const told: [room: string, floor: string][] = [];
  const trimmed = (room: string, floor: string) => void told.push([room, floor]);
  const rooms = roomsOf(1, { historySize: 1000, historyBytes: 5000, trimmed });
  for (const n of [1, 2, 3]) use(rooms, "a").append(message(n));
  use(rooms, "b");
  assertEquals(told, [["a", idOf(3)]]);
  const room = talk(rooms, "b", "", 500);
  assertEquals(told.at(-1), ["b", room.log.memoryFloor]);
});

Deno.test("Rooms.trim() drops what is kept nowhere any more, and a room that is empty then", () => {
  const rooms = roomsOf(2);
  const [a, b] = [occupy(rooms, "a"), use(rooms, "b")];
  for (const room of [a, b]) {
    for (const n of [1, 2, 3]) rooms.append(room, message(n));
    rooms.trim(room, idOf(2));
  }
  assertEquals([rooms.bytes, a.log.size, a.log.memoryFloor], [2 * a.log.bytes, 1, idOf(2)]);
  for (const room of [a, b]) rooms.trim(room, idOf(3));
  assertEquals([rooms.bytes, namesOf(rooms)], [0, ["a"]]);
});

Deno.test("Rooms.release() forgets a room without members and messages", () => {
  const rooms = roomsOf(10);
  const room = occupy(rooms, "a");
  rooms.release(room);
  assertEquals(namesOf(rooms), ["a"]);
  room.presence.leave("ada");
  rooms.release(room);
  assertEquals(namesOf(rooms), []);
});

Deno.test("Rooms.release() keeps a room in which something was said", () => {
  const rooms = roomsOf(10);
  const room = use(rooms, "a");
  room.append(message(1));
  rooms.release(room);
  assertEquals([namesOf(rooms), rooms.get("a")?.log.size], [["a"], 1]);
});

/** Makes a room at an address, in which so many authors say so many messages. */
function talk(rooms: Rooms, name: string, maker: string, messages: number, authors = 1): Room {
  const room = rooms.use(name, maker, emptyLog(FLOOR)) ?? use(rooms, name);
  for (let i = 0; i < messages; i++) {
    const user = { id: `user ${i % authors}`, name: "Ada" };
    rooms.append(room, message(++said, user));
  }
  return room;
}

let said = 0;

Deno.test("Rooms.use() drops the rooms of the address with most rooms before an older conversation", () => {
  const rooms = roomsOf(50);
  talk(rooms, "quiet", "192.0.2.1", 3, 2);
  talk(rooms, "notes", "192.0.2.2", 1);
  for (let i = 0; i < 500; i++) talk(rooms, `flood ${i}`, "192.0.2.9", 1);
  assertEquals(["quiet", "notes"].map((name) => rooms.get(name)?.log.size), [3, 1]);
  assertEquals(rooms.size, 50);
});

Deno.test("Rooms.use() drops of rooms from everywhere the monologues, those with least said first", () => {
  const rooms = roomsOf(50);
  for (let i = 0; i < 20; i++) talk(rooms, `talk ${i}`, `192.0.2.${i}`, 5, 2);
  for (let i = 0; i < 15; i++) talk(rooms, `monologue ${i}`, `203.0.113.${i}`, 4);
  for (let i = 0; i < 100; i++) talk(rooms, `dot ${i}`, `198.51.100.${i}`, 1);
  const kept = namesOf(rooms).map((name) => name.replace(/ \d+/, ""));
  assertEquals(
    ["talk", "monologue", "dot"].map((what) => kept.filter((each) => each === what).length),
    [20, 15, 15],
  );
});

Deno.test("Rooms.use() drops no room that was chosen for it and then used again", () => {
  const rooms = roomsOf(10);
  for (let i = 0; i < 10; i++) talk(rooms, `${i}`, "192.0.2.1", 1);
  talk(rooms, "10", "192.0.2.1", 1);
  // Chosen next, but for its use.
  talk(rooms, "1", "192.0.2.1", 1);
  occupy(rooms, "2");
  talk(rooms, "11", "192.0.2.1", 1);
  assertEquals(["1", "2", "3"].map((name) => rooms.get(name)?.name), ["1", "2", undefined]);
});

Deno.test("Rooms.append() takes the oldest from the rooms that hold most, and says so", () => {
  const rooms = roomsOf(10, { historySize: 1000, historyBytes: 100_000 });
  const small = talk(rooms, "small", "", 20);
  const large = talk(rooms, "large", "", 500);
  const larger = talk(rooms, "larger", "", 700);
  assertEquals(small.log.size, 20);
  assert(rooms.bytes <= 100_000 && rooms.bytes > 90_000, `${rooms.bytes} bytes`);
  assertEquals(rooms.bytes, [small, large, larger].reduce((sum, { log }) => sum + log.bytes, 0));
  assert(Math.abs(large.log.size - larger.log.size) < 50, `${large.log.size}, ${larger.log.size}`);
  assertEquals([vouchesSince(large, FLOOR), vouchesSince(small, FLOOR)], [false, true]);
});

Deno.test("Rooms.append() counts what is dropped with its room, and what a full ring drops", () => {
  const rooms = roomsOf(2, { historySize: 3 });
  for (let i = 0; i < 20; i++) talk(rooms, `${i}`, "", i);
  assertEquals(rooms.bytes, [...rooms].reduce((sum, { log }) => sum + log.bytes, 0));
});

Deno.test("Rooms.append() forgets rooms without members that have no message left", () => {
  const rooms = roomsOf(1000, { historyBytes: 20_000 });
  const kept = occupy(rooms, "occupied");
  for (let i = 0; i < 500; i++) talk(rooms, `${i}`, "", 1);
  assert(rooms.size < 100, `${rooms.size} rooms`);
  assertEquals(rooms.get("occupied"), kept);
});

Deno.test("Rooms treats names of Object.prototype like other names", () => {
  const rooms = roomsOf(10);
  for (const name of ["constructor", "tostring"]) {
    assertEquals(rooms.get(name), undefined);
    assertEquals(use(rooms, name).name, name);
  }
});
