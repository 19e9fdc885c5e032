/**
 * Refusals of Redis: nothing is done by halves, and it comes back by itself.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Broker, ORIGIN, Unavailable } from "../../../chat/broker/broker.ts";
import { RedisServer, testRedis } from "../../support/redis_server.ts";
import { keep, keepOne, nextRef, put, send, textsOf } from "../ops.ts";
import { Store } from "./store.ts";

/** Waits until a broker tells of a problem that matches, or of none. */
async function problem(broker: Broker, pattern: RegExp | undefined): Promise<void> {
  const isSo = (text: string | undefined) =>
    pattern === undefined ? text === undefined : text !== undefined && pattern.test(text);
  const end = performance.now() + 15_000;
  while (!isSo(broker.status().problem)) {
    assert(performance.now() < end, `The problem is ${broker.status().problem}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

testRedis(
  "a full Redis refuses whole batches, knows what it knew, and takes them later",
  async () => {
    await using redis = await RedisServer.start();
    await using store = new Store(redis);
    const { broker } = await store.open({ beatMs: 100 });
    const op = send("kept", { ref: nextRef() });
    const kept = await keepOne(broker, op);
    const state = await redis.command("HGETALL", `${store.prefix}:state`);
    await redis.command("CONFIG", "SET", "maxmemory", 1);
    const refused = send("refused");
    const batch = [send("a"), refused, put(kept, "b")];
    const error = await assertRejects(() => broker.publish(batch), Unavailable);
    assertEquals(error.kept, "no");
    await problem(broker, /OOM/);
    assertEquals(await redis.command("HGETALL", `${store.prefix}:state`), state);
    assertEquals(textsOf(await broker.page("lobby", {}, 9)), ["kept"]);
    assertEquals((await broker.publish([op])).map(({ as }) => as), ["known"]);
    await redis.command("CONFIG", "SET", "maxmemory", 0);
    await problem(broker, undefined);
    assertEquals((await broker.publish(batch)).map(({ as }) => as), ["kept", "kept", "kept"]);
  },
);

testRedis("a full Redis makes place by retention", async () => {
  await using redis = await RedisServer.start();
  await using store = new Store(redis);
  const { broker: other } = await store.open({ beatMs: 60_000 });
  const texts = Array.from({ length: 50 }, () => send("x".repeat(1000)));
  await keep(other, ...texts);
  await other.close();
  await redis.command("CONFIG", "SET", "maxmemory", 1);
  const { broker, ear } = await store.open({ beatMs: 50, keepBytes: 20_000 });
  await ear.until(() => ear.drops.length > 0);
  const { floor } = await broker.after("lobby", ORIGIN, 1);
  assert(floor > ORIGIN);
});

testRedis("a replica takes no writes, and refuses them as not kept", async () => {
  await using redis = await RedisServer.start();
  await using store = new Store(redis);
  const { broker } = await store.open({ beatMs: 100 });
  await keepOne(broker, send("a"));
  await redis.command("REPLICAOF", "127.0.0.1", 1);
  const error = await assertRejects(() => broker.publish([send("b")]), Unavailable);
  assertEquals(error.kept, "no");
  await problem(broker, /read-only|READONLY|MASTERDOWN|refuses/);
  await redis.command("REPLICAOF", "NO", "ONE");
  await problem(broker, undefined);
  await keepOne(broker, send("c"));
  assertEquals(textsOf(await broker.page("lobby", {}, 9)), ["a", "c"]);
});

testRedis("CHAT_REDIS_WAIT: what too few replicas have is unknown, and known later", async () => {
  await using redis = await RedisServer.start();
  await using replica = await RedisServer.start({ primary: redis });
  await using store = new Store(redis);
  const { broker } = await store.open({ wait: 1 });
  const op = send("a", { ref: nextRef() });
  for (;;) {
    const info = await redis.command("INFO", "replication");
    if (`${info}`.includes("state=online")) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [first] = await broker.publish([op]);
  assert(first?.as === "kept" || first?.as === "known");
  await replica.end();
  const late = send("b", { ref: nextRef() });
  const error = await assertRejects(() => broker.publish([late]), Unavailable);
  assertEquals(error.kept, "unknown");
  // Also of an instance where nobody writes.
  const { broker: other } = await store.open({ wait: 1 });
  for (const each of [broker, other]) await problem(each, /^0 of 1 replicas had it/);
  await replica.restart();
  for (;;) {
    const outcomes = await broker.publish([late]).catch(() => []);
    if (outcomes.length === 0) continue;
    assertEquals(outcomes.map(({ as }) => as), ["known"]);
    break;
  }
  for (const each of [broker, other]) await problem(each, undefined);
});

testRedis(
  "a Redis that stops for a while: each call is answered in time, with the truth",
  async () => {
    await using redis = await RedisServer.start();
    await using store = new Store(redis);
    const { broker } = await store.open();
    await keepOne(broker, send("before"));
    redis.pause();
    const sends = Array.from({ length: 16 }, (_, i) => send(`${i}`, { ref: nextRef() }));
    const results = await Promise.allSettled(sends.map((op) => broker.publish([op])));
    assertEquals(results.map(({ status }) => status), sends.map(() => "rejected"));
    await problem(broker, /./);
    redis.resume();
    await problem(broker, undefined);
    const again = await Promise.all(sends.map((op) => broker.publish([op])));
    for (const [i, [outcome]] of again.entries()) {
      const result = results[i];
      const { kept } = result?.status === "rejected" ? result.reason : { kept: "no" };
      assert(kept === "unknown" || outcome?.as === "kept", `${kept}, then ${outcome?.as}`);
    }
    assertEquals(new Set(textsOf(await broker.page("lobby", {}, 50))).size, 17);
  },
);

testRedis("a feed that Redis refuses to read is a problem, until it can be read", async () => {
  await using redis = await RedisServer.start();
  await using store = new Store(redis);
  const { broker } = await store.open({ beatMs: 100 });
  await keepOne(broker, send("a"));
  const feed = `${store.prefix}:feed`;
  await redis.command("DEL", feed);
  await redis.command("SET", feed, "no stream");
  await problem(broker, /WRONGTYPE/);
  await redis.command("DEL", feed);
  await problem(broker, undefined);
  await keepOne(broker, send("b"));
});

testRedis("a subscriber that fails is told that it has lost something", async () => {
  await using redis = await RedisServer.start();
  await using store = new Store(redis);
  const { broker, ear } = await store.open();
  await keepOne(broker, send("a"));
  const { published } = ear;
  ear.published = () => {
    ear.published = published;
    throw new TypeError("Cannot take it");
  };
  const { losses } = ear;
  await keepOne(broker, send("b"));
  assert(ear.losses > losses);
  await problem(broker, undefined);
  const c = await keepOne(broker, send("c"));
  await ear.until(() => ear.positions("lobby").at(-1) === c.position);
});
