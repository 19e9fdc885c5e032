import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { Turns } from "../../chat/broker/sqlite/turns.ts";

Deno.test("Turns.next() gives each that waits a turn of its own, in their order", async () => {
  const turns = new Turns();
  let turn = 0;
  const given: [name: string, turn: number][] = [];
  const count = () => {
    turn++;
    if (given.length < 4) setImmediate(count);
  };
  setImmediate(count);
  const wait = async (name: string) => {
    await turns.next();
    given.push([name, turn]);
  };
  await Promise.all([wait("a").then(() => wait("d")), wait("b"), wait("c")]);
  assertEquals(given.map(([name]) => name), ["a", "b", "c", "d"]);
  assertEquals(new Set(given.map(([, turn]) => turn)).size, 4);
});
