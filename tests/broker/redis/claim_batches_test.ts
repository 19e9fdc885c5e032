/**
 * Claims on a real server, many at once.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { shareRedis, testStore } from "./store.ts";

shareRedis();

/** So long that no test waits for it. */
const NEVER_MS = 600_000;

testStore("claims of many at once take few round trips, in their order", async (store) => {
  const { broker } = await store.open({ beatMs: NEVER_MS });
  const other = await store.open({ beatMs: NEVER_MS });
  assertEquals(await other.broker.claim("eve", ["lobby"], ["7"]), true);
  await store.server.command("CONFIG", "RESETSTAT");
  const results: Promise<boolean>[] = [];
  for (let i = 0; i < 300; i++) {
    const room = i % 2 === 0 ? "lobby" : "den";
    results.push(broker.claim("ada", [room], [`${i}`]));
    broker.release("ada", [room]);
    results.push(broker.claim("bob", [room], [`${i}`]));
    results.push(broker.claim("cem", [room], [`${i}`]));
    broker.release("bob", [room]);
  }
  results.push(broker.claim("eve", ["lobby"], ["7"]), broker.claim("bob", ["lobby"], ["7"]));
  const expected = Array.from({ length: 300 }, () => [true, true, false]).flat();
  assertEquals(await Promise.all(results), [...expected, true, false]);
  const stats = String(await store.server.command("INFO", "commandstats"));
  const calls = Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
  // The other instance may have a read or two among them.
  assert(calls < 100, `${calls} scripts`);
});

testStore("a claim in very many rooms is one of its own", async (store) => {
  const { broker } = await store.open({ beatMs: NEVER_MS });
  const rooms = Array.from({ length: 2_000 }, (_, i) => `room${i}`);
  await store.server.command("CONFIG", "RESETSTAT");
  const [many, one] = await Promise.all([
    broker.claim("ada", rooms, ["ada", "Ada"]),
    broker.claim("bob", ["room1999"], ["Ada"]),
  ]);
  assertEquals([many, one], [true, false]);
  const stats = String(await store.server.command("INFO", "commandstats"));
  const calls = Object.fromEntries(
    Array.from(stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g), ([, name, n]) => [name, Number(n)]),
  );
  // Of the script: a command for each name would keep Redis busy for 0.1 s.
  assert((calls["hset"] ?? 0) + (calls["hmget"] ?? 0) < 100, JSON.stringify(calls));
  broker.release("ada", rooms);
  assertEquals(await broker.claim("bob", ["room0", "room1999"], ["Ada"]), true);
});
