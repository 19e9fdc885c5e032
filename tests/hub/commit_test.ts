/**
 * Commit before anything leaves: what a hub does while its broker has not answered.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Op, type OpenedRoom, type Outcome, Unavailable } from "../../chat/broker/broker.ts";
import { MemoryBroker, type MemoryOptions } from "../../chat/broker/memory.ts";
import type { Config } from "../../chat/config/config.ts";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import { type FakeClient, FakeHub, ofType, textsOf, UNLIMITED } from "../support/fake_hub.ts";

const BUSY: Partial<Config> = { messageRate: UNLIMITED, commandRate: UNLIMITED };

/** A broker that does nothing while it is shut. */
class GatedBroker extends MemoryBroker {
  #gate = Promise.resolve();
  unlock = (): void => {};
  /** Why calls fail, if they do. */
  error: Error | undefined;
  opened = 0;

  lock(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.unlock = resolve;
  }

  override async publish(ops: readonly Op[]): Promise<Outcome[]> {
    await this.#gate;
    if (this.error !== undefined) throw this.error;
    return await super.publish(ops);
  }

  override async open(room: string, limit: number): Promise<OpenedRoom> {
    this.opened++;
    await this.#gate;
    if (this.error !== undefined) throw this.error;
    return await super.open(room, limit);
  }
}

/** A hub whose broker the test opens and shuts. */
function gated(settings: Partial<Config> = BUSY): { fake: FakeHub; broker: GatedBroker } {
  let broker: GatedBroker | undefined;
  const createBroker = (options: MemoryOptions) => broker = new GatedBroker(options);
  const fake = new FakeHub(settings, { createBroker });
  if (broker === undefined) throw new TypeError("The hub has made no broker");
  return { fake, broker };
}

const typesOf = (events: readonly ServerEvent[]): string[] => events.map(({ type }) => type);

async function dropPresence(...clients: readonly FakeClient[]): Promise<void> {
  for (const client of clients) await client.read();
}

Deno.test("Hub tells nobody of a message before it is kept", async () => {
  const { fake, broker } = gated({ ...BUSY, historySize: 2, sendBufferBytes: 1024 });
  const [ada, bob, slow] = [
    await fake.member("Ada"),
    await fake.member("Bob"),
    await fake.member("Slow"),
  ];
  await fake.pass(2000);
  await dropPresence(ada, bob, slow);
  slow.transport.bufferedAmount = 1e6;
  broker.lock();
  // More than the ring holds.
  for (let i = 0; i < 10; i++) ada.say(`${i}`);
  await fake.pass(5000);
  slow.transport.take();
  await fake.pass(1000);
  assertEquals([await ada.read(), await bob.read(), await slow.read()], [[], [], []]);
  assertEquals((await (await fake.client("Carol")).join("lobby")).messages, []);
  const { metrics } = fake.hub;
  assertEquals([metrics.messages, metrics.commands.send, fake.hub.gauges().messagesKept], [
    0,
    0,
    0,
  ]);
  broker.unlock();
  assertEquals(ofType(await ada.read(), "ack").length, 10);
  assertEquals(textsOf(await bob.read()).map(Number), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals([metrics.messages, metrics.commands.send], [10, 10]);
});

Deno.test("Hub tells nobody of a message that could not be kept, and keeps the ref for another try", async () => {
  const { fake, broker } = gated();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await dropPresence(ada, bob);
  broker.error = new Unavailable("The disk is full", "no");
  const send = { type: "send", ref: "1", room: "lobby", text: "hi" };
  const [error] = ofType(await ada.ask(send), "error");
  assertEquals([error?.code, error?.ref, error?.retryMs], ["unavailable", "1", 1000]);
  assertEquals([await bob.read(), fake.hub.metrics.messages, fake.logged], [[], 0, []]);
  broker.error = undefined;
  assertEquals(ofType(await ada.ask(send), "ack").map(({ duplicate }) => duplicate), [false]);
  assertEquals(textsOf(await bob.read()), ["hi"]);
});

Deno.test("Hub lets sends of a connection overtake nothing and other commands wait for them", async () => {
  const { fake, broker } = gated();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await dropPresence(ada, bob);
  broker.lock();
  ada.say("1");
  ada.say("2");
  ada.send({ type: "ping" });
  ada.say("3");
  ada.send({ type: "leave", room: "lobby" });
  assertEquals([await ada.read(), typesOf(await bob.ask({ type: "ping" }))], [[], ["pong"]]);
  broker.unlock();
  const events = await ada.read();
  assertEquals(typesOf(events.filter(({ type }) => type !== "message")), [
    "ack",
    "ack",
    "pong",
    "ack",
    "left",
  ]);
  assertEquals(textsOf(events), ["1", "2", "3"]);
});

for (const behind of ["a new command", "a command behind a send"]) {
  Deno.test(`Hub answers ${behind} of a client that was held after what it missed`, async () => {
    const { fake, broker } = gated();
    const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
    await fake.pass(2000);
    broker.lock();
    const keepOwn = broker.unlock;
    if (behind !== "a new command") ada.say("own");
    broker.lock();
    broker.unlock();
    await dropPresence(ada, bob);
    ada.transport.bufferedAmount = 1e9;
    bob.say("missed");
    await fake.turn();
    ada.transport.take();
    ada.send({ type: "ping" });
    keepOwn();
    await fake.pass(100);
    const events = (await ada.read()).filter(({ type }) => type !== "ack");
    const own = behind === "a new command" ? [] : ["own"];
    assertEquals(textsOf(events), ["missed", ...own]);
    assertEquals(events.at(-1)?.type, "pong");
  });
}

Deno.test("Hub takes a bounded number of sends of a connection before they are kept", async () => {
  const { fake, broker } = gated();
  const ada = await fake.member("Ada");
  broker.lock();
  for (let i = 0; i < 1100; i++) ada.say(`${i}`);
  await fake.turn();
  assertEquals(ada.connection.queue.length, 1100 - 1000);
  broker.unlock();
  assertEquals(ofType(await ada.read(), "ack").length, 1100);
});

Deno.test("Hub reads a room once for all who join it meanwhile, and nobody else waits", async () => {
  const { fake, broker } = gated();
  const [ada, bob, carol] = [
    await fake.client("Ada"),
    await fake.client("Bob"),
    await fake.member("Carol", "garden"),
  ];
  await carol.read();
  broker.lock();
  for (const client of [ada, bob]) client.send({ type: "join", room: "lobby" });
  ada.send({ type: "typing", room: "lobby" });
  bob.send({ type: "ping" });
  assertEquals(typesOf(await carol.ask({ type: "ping" })), ["pong"]);
  assertEquals([await ada.read(), await bob.read(), broker.opened], [[], [], 2]);
  broker.unlock();
  const told = typesOf(await ada.read()).filter((type) => type !== "presence");
  assertEquals(told, ["joined"]);
  assertEquals(typesOf(await bob.read()).slice(0, 2), ["joined", "pong"]);
});

Deno.test("Hub adds no cursor for a client that is gone when its room was read", async () => {
  const { fake, broker } = gated();
  const ada = await fake.client("Ada");
  broker.lock();
  ada.send({ type: "join", room: "lobby" });
  await fake.turn();
  ada.drop();
  broker.unlock();
  await fake.pass(10_000);
  assertEquals([fake.hub.roomCount, fake.hub.userCount, ada.connection.cursors.size], [0, 0, 0]);
});

Deno.test("Hub answers a join with unavailable whose room can't be read, and the next one", async () => {
  const { fake, broker } = gated();
  const ada = await fake.client("Ada");
  broker.error = new Unavailable("The disk is broken", "no");
  const [error] = ofType(await ada.ask({ type: "join", room: "lobby" }), "error");
  assertEquals([error?.code, fake.hub.roomCount], ["unavailable", 0]);
  broker.error = undefined;
  assertEquals((await ada.join("lobby")).complete, true);
});

Deno.test("Hub.drain() refuses commands, and sends clients away in a second at last", async () => {
  const { fake, broker } = gated();
  const ada = await fake.member("Ada");
  await ada.read();
  broker.lock();
  ada.say("hi");
  fake.hub.drain();
  ada.send({ type: "send", ref: "late", room: "lobby", text: "and again" });
  ada.send({ type: "typing", room: "lobby" });
  ada.send({ type: "ping", ref: "alive?" });
  const answers = await ada.read();
  assertEquals(typesOf(answers), ["error", "pong"]);
  assertEquals(ofType(answers, "error").map(({ code, ref }) => [code, ref]), [
    ["unavailable", "late"],
  ]);
  await fake.pass(1500);
  assertEquals([typesOf(await ada.read()), ada.closeCode], [["bye"], 1001]);
  broker.unlock();
  await fake.turn();
});

Deno.test("Hub takes nothing of a user's rate for a message that is known", async () => {
  const { fake } = gated({ messageRate: { burst: 2, perSecond: 1 } });
  const ada = await fake.member("Ada");
  const send = (ref: string) => ada.ask({ type: "send", ref, room: "lobby", text: "hi" });
  await send("1");
  for (let i = 0; i < 5; i++) {
    assertEquals(ofType(await send("1"), "ack").map(({ duplicate }) => duplicate), [true]);
  }
  assertEquals(ofType(await send("2"), "ack").length, 1);
  assertEquals(ofType(await send("3"), "error").map(({ code }) => code), ["rate_limited"]);
});
