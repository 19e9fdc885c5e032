import { assertEquals } from "@std/assert";
import { DocumentShares, IDLE_MS, IdleRooms } from "../../chat/broker/document_shares.ts";

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
