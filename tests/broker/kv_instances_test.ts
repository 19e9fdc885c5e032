/**
 * Several instances of one KV, and one whose KV has become another.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MAX_PAGE, ORIGIN } from "../../chat/broker/broker.ts";
import { timeOf } from "../../chat/protocol/ulid.ts";
import type { Kv } from "../../chat/broker/kv/calls.ts";
import { type KvBroker, type KvOptions } from "../../chat/broker/kv.ts";
import { Ear } from "./ear.ts";
import { copyOf, openBroker, shared } from "./kv_store.ts";
import { keep, keepOne, put, send, textOf, textsOf } from "./ops.ts";
import { RoomReader } from "./room_reader.ts";

/** Tests instances of a KV in memory. */
function testInstances(
  behaviour: string,
  run: (open: (over?: Partial<KvOptions>) => Promise<KvBroker>, kv: Deno.Kv) => Promise<void>,
): void {
  Deno.test(`KvBroker: ${behaviour}`, async () => {
    const kv = await Deno.openKv(":memory:");
    const brokers: KvBroker[] = [];
    try {
      await run(async (over = {}) => {
        const broker = await openBroker(kv, over);
        brokers.push(broker);
        return broker;
      }, kv);
    } finally {
      for (const broker of brokers) await broker.close();
      kv.close();
    }
  });
}

/** The messages of the lobby in the order of positions. */
async function logOf(broker: KvBroker): Promise<string[]> {
  const texts: string[] = [];
  for (let position = ORIGIN, more = true; more;) {
    const part = await broker.after("lobby", position, MAX_PAGE);
    texts.push(...part.messages.map(({ position }) => position));
    position = part.messages.at(-1)?.position ?? position;
    more = part.more;
  }
  return texts;
}

testInstances("200 quick messages of one arrive at the other in order", async (open) => {
  const [one, two] = [await open(), await open({ pollMs: 60_000 })];
  const ear = new Ear();
  two.subscribe(ear);
  for (let i = 0; i < 200; i++) await keepOne(one, send(`${i}`));
  await ear.until(() => ear.heard.length === 200);
  assertEquals(
    ear.heard.map(({ message }) => textOf(message)),
    Array.from({ length: 200 }, (_, i) => `${i}`),
  );
  assertEquals(ear.losses, 0);
});

testInstances("all that write at once have one order, whatever their clocks", async (open) => {
  const hour = 3_600_000;
  const [one, two, three] = [
    await open(),
    await open({ now: () => Date.now() + hour }),
    await open({ now: () => Date.now() - hour }),
  ];
  const ears = [one, two, three].map((broker) => {
    const ear = new Ear();
    broker.subscribe(ear);
    return ear;
  });
  const say = async (broker: KvBroker, name: string) => {
    for (let i = 0; i < 40; i++) await keepOne(broker, send(`${name}${i}`));
  };
  await Promise.all([say(one, "a"), say(two, "b"), say(three, "c")]);
  await one.catchUp();
  const log = await logOf(one);
  assertEquals(new Set(log).size, 120);
  for (const [i, broker] of [one, two, three].entries()) {
    await broker.catchUp();
    assertEquals(ears[i]?.losses, 0);
    assertEquals(ears[i]?.positions("lobby"), log);
    assert(log.every((position) => broker.vouches(position)));
  }
  const later = await open();
  assert(log.every((position) => later.vouches(position)));
});

testInstances("a put of one is seen by a get of another, and a known ref too", async (open) => {
  const [one, two] = [await open(), await open({ pollMs: 60_000 })];
  const op = send("a");
  const said = await keepOne(one, op);
  const changed = await keepOne(two, put(said, "b"));
  assertEquals((await one.get("lobby", said.id))?.position, changed.position);
  const [again] = await two.publish([op]);
  assertEquals(again, { as: "known", ...said });
  const change = put(changed, "c");
  const kept = await keepOne(one, change);
  assertEquals(await two.publish([change]), [{ as: "known", ...kept }]);
  assertEquals(await two.receipt("ada", change.ref), kept);
});

testInstances(
  "one that finds a gap in the feed says lost, and its rooms are complete",
  async (open, kv) => {
    // Keeps away what is in the feed, as if it had expired while the instance stood still.
    let isDeaf = false;
    const { promise: never } = Promise.withResolvers<never>();
    const deaf: Partial<Kv> = {
      watch: () => new ReadableStream(),
      getMany: (keys, options) => isDeaf ? never : kv.getMany(keys, options),
    };
    const one = await open();
    isDeaf = false;
    const two = await open({ kv: shared(kv, deaf), pollMs: 50 });
    const reader = new RoomReader(two, "lobby");
    await reader.open();
    isDeaf = true;
    for (let i = 0; i < 10; i++) await keepOne(one, send(`${i}`));
    for await (const { key } of kv.list({ prefix: ["parley", "feed"] }, { limit: 5 })) {
      await kv.delete(key);
    }
    isDeaf = false;
    const deadline = Date.now() + 30_000;
    while (reader.log.length < 10 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(reader.log.map(textOf), Array.from({ length: 10 }, (_, i) => `${i}`));
    assert(reader.losses > 0);
  },
);

testInstances(
  "a KV that was emptied is another one, and positions never go back",
  async (open, kv) => {
    const broker = await open({ pollMs: 50 });
    const ear = new Ear();
    broker.subscribe(ear);
    const [before] = await keep(broker, send("a"), send("b"));
    for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
    await ear.until(() => ear.losses > 0);
    assertEquals(broker.vouches(before.position), false);
    const after = await keepOne(broker, send("c"));
    assert(after.position > before.position && broker.vouches(after.position));
    assertEquals(textsOf(await broker.after("lobby", ORIGIN, 10)), ["c"]);
  },
);

testInstances(
  "an older copy of a KV is noticed, and what is newer is not vouched for",
  async (open, kv) => {
    const broker = await open({ pollMs: 50 });
    const ear = new Ear();
    broker.subscribe(ear);
    const kept = await keepOne(broker, send("a"));
    const putBack = await copyOf(kv);
    const lost = await keepOne(broker, send("b"));
    await putBack();
    await ear.until(() => ear.losses > 0);
    assertEquals([broker.vouches(kept.position), broker.vouches(lost.position)], [true, false]);
    const next = await keepOne(broker, send("c"));
    assert(next.position > lost.position && timeOf(next.position) < Date.now() + 60_000);
  },
);

testInstances(
  "all find that a KV was put back, and what is left is there for newcomers",
  async (open, kv) => {
    const hour = 3_600_000;
    const brokers = [await open(), await open(), await open()] as const;
    const [one, two, three] = brokers;
    const kept = await keepOne(one, send("kept"));
    const putBack = await copyOf(kv);
    const op = send("lost");
    const lost = await keepOne(two, op);
    for (const each of brokers) await each.catchUp();
    await putBack();
    // An instance that has just begun, and one of those that were told what is lost, go on with it.
    const fresh = await open({ now: () => Date.now() + hour });
    const between = await keepOne(fresh, send("between"));
    assert(between.position > lost.position);
    const next = await keepOne(three, send("next"));
    for (const each of [...brokers, fresh, await open()]) {
      await each.catchUp();
      assertEquals([each.vouches(kept.position), each.vouches(lost.position)], [true, false]);
      const { floor, lostUntil = "" } = await each.after("lobby", kept.position, 9);
      assertEquals([floor > lost.position, floor < next.position], [true, true]);
      const opened = await each.open("lobby", 9);
      assertEquals([opened.lostUntil, opened.floor], [lostUntil, ORIGIN]);
      assertEquals(lostUntil, floor);
      assertEquals(textsOf(opened), ["kept", "between", "next"]);
    }
    // Also where its receipt was in memory.
    const again = await keepOne(two, op);
    assert(again.position > next.position && one.vouches(next.position));
  },
);

testInstances("a gap in the feed of a KV is no loss of messages", async (open, kv) => {
  const [one, two] = [await open(), await open()];
  const first = await keepOne(one, send("1"));
  await two.catchUp();
  await keepOne(one, send("2"));
  for await (const { key } of kv.list({ prefix: ["parley", "feed"] })) await kv.delete(key);
  await keepOne(await open(), send("3"));
  await two.catchUp();
  const part = await two.after("lobby", first.position, 9);
  assertEquals([textsOf(part), part.floor, part.lostUntil], [["2", "3"], ORIGIN, ORIGIN]);
});

testInstances(
  "the claims of a dead one end, and one that wakes up again is told so",
  async (open, kv) => {
    let isAsleep = false;
    const { promise: never } = Promise.withResolvers<never>();
    const sleepy = shared(kv, {
      getMany: (keys, options) => isAsleep ? never : kv.getMany(keys, options),
      atomic: () => {
        const atomic = kv.atomic();
        if (isAsleep) Object.assign(atomic, { commit: () => never });
        return atomic;
      },
    });
    const claimMs = 600;
    const one = await open({ kv: sleepy, claimMs, callMs: 100, pollMs: 50 });
    const two = await open({ claimMs });
    const ear = new Ear();
    one.subscribe(ear);
    assert(await one.claim("ada", ["lobby"], ["ada"]));
    const isFree = () => two.claim("bob", ["lobby"], ["ada"]);
    const end = Date.now() + 3 * claimMs;
    // As long as it lives, it keeps the name.
    while (Date.now() < end) {
      assertEquals(await isFree(), false);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assertEquals(ear.losses, 0);
    isAsleep = true;
    while (!await isFree()) await new Promise((resolve) => setTimeout(resolve, 50));
    isAsleep = false;
    await ear.until(() => ear.losses > 0);
    assertEquals(await one.claim("ada", ["lobby"], ["ada"]), false);
  },
);

testInstances("a subscriber that fails is told that it has lost something", async (open) => {
  const [one, two] = [await open(), await open()];
  const ear = new Ear();
  two.subscribe(ear);
  const { published } = ear;
  ear.published = () => {
    ear.published = published;
    throw new TypeError("Cannot take it");
  };
  await keepOne(one, send("a"));
  await ear.until(() => ear.losses > 0);
  const b = await keepOne(one, send("b"));
  await ear.until(() => ear.positions("lobby").at(-1) === b.position);
});

testInstances("typing leaves place for what instances tell", async (open) => {
  const [one, two] = [await open(), await open()];
  const ear = new Ear();
  two.subscribe(ear);
  for (let i = 0; i < 5_000; i++) {
    one.signal({ kind: "typing", room: "lobby", user: { id: `${i}`, name: "A".repeat(32) } });
  }
  one.signal({ kind: "node", body: "here" });
  await ear.until(() => ear.signals.some(({ kind }) => kind === "node"));
  const typing = ear.signals.filter(({ kind }) => kind === "typing");
  assert(typing.length > 100 && typing.length < 1_000, `${typing.length} are typing`);
});
