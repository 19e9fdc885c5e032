import { assertEquals } from "@std/assert";
import {
  DocumentShares,
  IDLE_MS,
  type IdleRoom,
  IdleRooms,
  surplusRooms,
} from "../../chat/broker/document_shares.ts";

Deno.test("DocumentShares.hasPlace() gives a maker a fifth of the bytes, and others the rest", () => {
  const shares = new DocumentShares(1000);
  const document = (maker: string) => ({ maker, bytes: 10 });
  let count = 0;
  for (; shares.hasPlace(document("ada"), undefined); count++) shares.add(document("ada"));
  assertEquals(count, 20);
  assertEquals(shares.hasPlace(document("bob"), undefined), true);
  assertEquals(shares.hasPlace(document("ada"), document("ada")), true, "one that is not larger");
  assertEquals(shares.hasPlace({ maker: undefined, bytes: 1e9 }, undefined), true);
  shares.remove(document("ada"));
  assertEquals(shares.hasPlace(document("ada"), undefined), true);
});

Deno.test("IdleRooms.next() names a room that nobody has used for 30 days", () => {
  const rooms = new IdleRooms();
  rooms.add("attic", "ada", 0);
  rooms.add("kitchen", "ada", 1);
  rooms.add("attic", "ada", 2);
  assertEquals(rooms.next(IDLE_MS + 1), undefined);
  assertEquals(rooms.next(IDLE_MS + 2), "kitchen");
  rooms.delete("kitchen");
  assertEquals(rooms.next(IDLE_MS + 2), undefined);
  assertEquals(rooms.next(IDLE_MS + 3), "attic");
});

Deno.test("IdleRooms.next() names of too many rooms the oldest of the maker who has most", () => {
  const rooms = new IdleRooms(4);
  rooms.add("first", "ada", 0);
  for (let i = 0; i < 3; i++) rooms.add(`many${i}`, "bob", i);
  assertEquals(rooms.next(10), undefined);
  rooms.add("last", "cid", 10);
  assertEquals(rooms.next(10), "many0");
  rooms.delete("many0");
  assertEquals(rooms.next(10), undefined);
});

Deno.test("surplusRooms() names as many of each maker as IdleRooms.next() does one by one", () => {
  for (const maxRooms of [0, 1, 10, 25, 59, 60, 61]) {
    const rooms: IdleRoom[] = Array.from({ length: 60 }, (_, i) => (
      { room: `room${i}`, maker: `maker${Math.floor(Math.sqrt(i))}`, since: i }
    ));
    const idle = new IdleRooms(maxRooms);
    for (const { room, maker, since } of rooms) idle.add(room, maker, since);
    const surplus: string[] = [];
    for (let room = idle.next(0); room !== undefined; room = idle.next(0)) {
      surplus.push(room);
      idle.delete(room);
    }
    const counts = (names: readonly string[]) =>
      Object.groupBy(rooms.filter(({ room }) => !names.includes(room)), ({ maker }) => maker);
    const sizes = (names: readonly string[]) =>
      Object.values(counts(names)).map((left) => left?.length ?? 0).sort().join();
    assertEquals(sizes(surplusRooms(rooms, maxRooms)), sizes(surplus), `${maxRooms}`);
  }
});

Deno.test("surplusRooms() names the oldest of the maker of most first, quickly", () => {
  const rooms = Array.from({ length: 60_000 }, (_, i) => (
    { room: `room${i}`, maker: i % 3 === 0 ? `maker${i}` : "bob", since: i }
  ));
  const start = performance.now();
  const surplus = surplusRooms(rooms, 10_000);
  // One by one it takes minutes.
  assertEquals(performance.now() - start < 5_000, true);
  assertEquals(surplus.length, 50_000);
  assertEquals(surplus.slice(0, 3), ["room1", "room2", "room4"]);
});
