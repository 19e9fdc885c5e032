/**
 * Lives of a store: instances share one order, and know what was lost.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Broker, ORIGIN, type Receipt, Unavailable } from "../../../chat/broker/broker.ts";
import { epochOf } from "../../../chat/broker/positions.ts";
import { timeOf } from "../../../chat/protocol/ulid.ts";
import { RedisServer, testRedis } from "../../support/redis_server.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { documentOp, keep, keepOne, nextRef, send, textsOf } from "../ops.ts";
import { RoomReader } from "../room_reader.ts";
import { shareRedis, Store, testStore } from "./store.ts";

shareRedis();

testStore("instances of a Redis share one order, and receipts", async (store) => {
  const one = await store.open();
  const two = await store.open();
  const calls = Array.from({ length: 200 }, (_, i) => {
    const { broker } = i % 2 === 0 ? one : two;
    return keepOne(broker, send(`${i}`));
  });
  await Promise.all(calls);
  await Promise.all([one, two].map(({ ear }) => ear.until(() => ear.heard.length === 200)));
  const positions = one.ear.positions("lobby");
  assertEquals(positions, positions.toSorted());
  assertEquals(two.ear.heard, one.ear.heard);
  const op = send("once", { ref: nextRef() });
  const outcomes = await Promise.all([one.broker.publish([op]), two.broker.publish([op])]);
  assertEquals(outcomes.flat().map(({ as }) => as).sort(), ["kept", "known"]);
});

testStore("calls keep their order when Redis has forgotten the scripts", async (store) => {
  const { broker, ear } = await store.open();
  await keepOne(broker, send("first"));
  await store.server.command("SCRIPT", "FLUSH");
  const calls = Array.from({ length: 100 }, (_, i) => broker.publish([send(`${i}`)]));
  await Promise.all(calls);
  assertEquals(
    ear.heard.slice(1).map(({ message }) => JSON.parse(message.body).text),
    calls.map((_, i) => `${i}`),
  );
});

testStore("a clock of Redis that is set back by an hour keeps the order", async (store) => {
  const one = await store.open();
  const two = await store.open();
  const a = await keepOne(one.broker, send("a"));
  // As if it had been ahead until now.
  const HOUR_MS = 3_600_000;
  await store.server.command("HINCRBY", `${store.prefix}:state`, "time", HOUR_MS);
  const b = await keepOne(one.broker, send("b"));
  const c = await keepOne(two.broker, send("c"));
  assert(timeOf(b.position) >= timeOf(a.position) + HOUR_MS);
  assertEquals(timeOf(c.position), timeOf(b.position));
  assert(b.position < c.position);
  assertEquals((await one.broker.page("lobby", {}, 9)).messages.map(({ id }) => id), [
    a.id,
    b.id,
    c.id,
  ]);
});

testStore("an emptied store begins another life, above all that instances know", async (store) => {
  const one = await store.open({ beatMs: 50 });
  const two = await store.open({ beatMs: 50 });
  const old = await keepOne(one.broker, send("old"));
  await two.ear.until(() => two.ear.heard.length === 1);
  const losses = [one, two].map(({ ear }) => ear.losses);
  await store.server.command("DEL", ...await keysOf(store));
  // One writes, the other one does nothing.
  const fresh = await keepOne(one.broker, send("fresh"));
  assert(fresh.position > old.position);
  await Promise.all([one, two].map(({ ear }, i) => ear.until(() => ear.losses > (losses[i] ?? 0))));
  await two.broker.catchUp();
  for (const { broker } of [one, two]) {
    assert(!broker.vouches(old.position));
    assert(broker.vouches(fresh.position));
    const part = await broker.after("lobby", old.position, 10);
    assertEquals(textsOf(part), ["fresh"]);
    assert(part.floor > old.position && part.floor < fresh.position, "what was there is not kept");
  }
});

/** Keeps a message as soon as Redis is back. */
async function keepSoon(broker: Broker, text: string): Promise<Receipt> {
  for (;;) {
    try {
      return await keepOne(broker, send(text));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function keysOf({ server, prefix }: Store): Promise<string[]> {
  const keys = await server.command("KEYS", `${prefix}*`) as string[];
  return keys;
}

testRedis("a restarted Redis begins another life, and vouches for what it has kept", async () => {
  await using redis = await RedisServer.start({ args: ["--appendfsync", "always"] });
  await using store = new Store(redis);
  const { broker, ear } = await store.open();
  const reader = await store.open();
  const room = new RoomReader(reader.broker, "lobby");
  const [a, document] = await keep(broker, send("a"), documentOp(":bans", ORIGIN, [1]));
  await redis.end();
  await redis.restart();
  const b = await keepSoon(broker, "b");
  assert(epochOf(b.position) !== epochOf(a.position));
  for (const position of [a.position, document.position, b.position]) {
    assert(broker.vouches(position));
  }
  assert(!broker.vouches(`${a.position.slice(0, 14)}ZZZZZZZZZZZZ`));
  assert(ear.losses > 0);
  assertEquals((await broker.open("lobby", 5)).floor, ORIGIN);
  while (room.head < b.position) await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(room.log.map(({ id }) => id), [a.id, b.id]);
});

testRedis("what Redis has written in part when it was killed never comes back", async () => {
  await using redis = await RedisServer.start();
  await using store = new Store(redis);
  const { broker } = await store.open({ beatMs: 50 });
  const [a] = await keep(broker, send("a"));
  await keep(broker, send("in part"), send("in part"));
  await redis.end();
  await redis.cutOff(":receipt:");
  await redis.restart();
  const b = await keepSoon(broker, "b");
  const isWritten = async () => {
    const persistence = String(await redis.command("INFO", "persistence"));
    return await redis.command("HGET", `${store.prefix}:state`, "unwritten") === null &&
      persistence.includes("aof_rewrite_in_progress:0") &&
      persistence.includes("aof_rewrite_scheduled:0");
  };
  while (!await isWritten()) await new Promise((resolve) => setTimeout(resolve, 20));
  await redis.end();
  await redis.restart();
  const c = await keepSoon(broker, "c");
  const { messages } = await broker.page("lobby", {}, 10);
  assertEquals(messages.map(({ id }) => id), [a?.id, b.id, c.id]);
});

testRedis("an older Redis: what it has lost is vouched for by nobody", async () => {
  await using redis = await RedisServer.start({ args: ["--appendfsync", "always"] });
  await using store = new Store(redis);
  const { broker } = await store.open();
  const kept = await keepOne(broker, send("kept"));
  const restore = await redis.snapshot();
  const lost = await keepOne(broker, send("lost"));
  await redis.end();
  await restore();
  await redis.restart();
  const next = await keepSoon(broker, "next");
  assert(next.position > lost.position);
  const later = await store.open();
  for (const each of [broker, later.broker]) {
    assertEquals([kept, lost, next].map(({ position }) => each.vouches(position)), [
      true,
      false,
      true,
    ]);
    assertEquals(textsOf(await each.page("lobby", {}, 9)), ["kept", "next"]);
    // A ring that holds what was lost is to drop it.
    const { floor } = await each.after("lobby", lost.position, 9);
    assert(floor > lost.position && floor < next.position);
    // Newcomers are given the rest.
    const opened = await each.open("lobby", 9);
    assertEquals([opened.lostUntil, opened.floor], [floor, ORIGIN]);
    assertEquals(textsOf(opened), ["kept", "next"]);
  }
});

testStore("an instance that was cut off hears what is still in the feed", async (store) => {
  await using cut = await CutOff.open(store);
  const receipts = await cut.away(() =>
    keep(cut.other, ...Array.from({ length: 50 }, () => send("a")))
  );
  await cut.ear.until(() => cut.ear.heard.length === receipts.length);
  assertEquals(cut.ear.positions("lobby"), receipts.map(({ position }) => position));
  assertEquals(cut.ear.losses, 0);
});

testStore("an instance that was cut off is told when the feed was trimmed", async (store) => {
  await using cut = await CutOff.open(store);
  await cut.away(async () => {
    for (let i = 0; i < 3; i++) await keepOne(cut.other, send("a"));
    await store.server.command("XTRIM", `${store.prefix}:feed`, "MAXLEN", 1);
  });
  await cut.ear.until(() => cut.ear.losses === 1);
  const last = await keepOne(cut.other, send("b"));
  await cut.ear.until(() => cut.ear.positions("lobby").includes(last.position));
});

testStore(
  "an instance that was cut off is told when nothing of the feed is left",
  async (store) => {
    await using cut = await CutOff.open(store);
    await cut.away(async () => {
      await keepOne(cut.other, send("a"));
      await store.server.command("XTRIM", `${store.prefix}:feed`, "MAXLEN", 0);
    });
    await cut.ear.until(() => cut.ear.losses === 1);
  },
);

testStore(
  "an instance that stood still is told when nothing of the feed is left",
  async (store) => {
    const { ear } = await store.open({ beatMs: 50 });
    const losses = ear.losses;
    // As if another entry had come and gone between two reads, on connections that live.
    await store.server.command("XTRIM", `${store.prefix}:feed`, "MAXLEN", 0);
    await store.server.command("HINCRBY", `${store.prefix}:state`, "feed", 1);
    await ear.until(() => ear.losses > losses);
  },
);

testStore("an instance that was cut off is not told who was typing long ago", async (store) => {
  await using cut = await CutOff.open(store);
  const key = `${store.prefix}:signals`;
  const time = Date.now() + 60_000;
  const user = { id: "ada", name: "Ada" };
  const add = (ms: number, ...fields: string[]) =>
    store.server.command("XADD", key, `${time + ms}-0`, ...fields);
  await cut.away(async () => {
    await add(0, "lobby", JSON.stringify({ ...user, name: "Long ago" }));
    await add(1, "", "a node");
    await add(9_000, "lobby", JSON.stringify(user));
  });
  await cut.ear.until(() => cut.ear.signals.length === 2);
  assertEquals(cut.ear.signals, [
    { kind: "node", body: "a node" },
    { kind: "typing", room: "lobby", user },
  ]);
});

/** Two instances of which one is behind a proxy. */
class CutOff implements AsyncDisposable {
  private constructor(
    readonly proxy: TcpProxy,
    readonly other: Awaited<ReturnType<Store["open"]>>["broker"],
    readonly one: Awaited<ReturnType<Store["open"]>>,
  ) {}

  static async open(store: Store): Promise<CutOff> {
    const proxy = await TcpProxy.listen(store.server.port);
    const one = await store.open({ url: store.server.url(proxy.port) });
    const { broker } = await store.open();
    return new CutOff(proxy, broker, one);
  }

  get ear(): Awaited<ReturnType<Store["open"]>>["ear"] {
    return this.one.ear;
  }

  /** Does something while it is cut off. */
  async away<Result>(run: () => Promise<Result>): Promise<Result> {
    this.proxy.partition();
    for (const link of this.proxy.links) link.cut("rst");
    const result = await run();
    this.proxy.heal();
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.one.broker.close();
    await this.proxy[Symbol.asyncDispose]();
  }
}
