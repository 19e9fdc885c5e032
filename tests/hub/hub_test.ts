import { assert, assertEquals } from "@std/assert";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import type { Config } from "../../chat/config/config.ts";
import { retryMs } from "../../chat/departure.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import {
  decode,
  type FakeClient,
  FakeHub,
  FakeTransport,
  ofType,
  only,
  settled,
  textsOf,
  UNLIMITED,
} from "../support/fake_hub.ts";

/** Much may be said. */
const BUSY: Partial<Config> = { messageRate: UNLIMITED, commandRate: UNLIMITED };

/** Much may be said, and a client that does not read is held soon. */
const TIGHT: Partial<Config> = { ...BUSY, sendBufferBytes: 1024 };

/** What one frame may hold at most, with the message that goes beyond. */
const FRAME_LENGTH = 65_536 + 5000;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Says the numbers of a range, each in a turn of its own. */
async function count(client: FakeClient, from: number, to: number, length = 1): Promise<void> {
  for (let i = from; i < to; i++) {
    client.say(`${i} `.padEnd(length, "x"));
    await client.readFrames();
  }
}

/** The numbers that a client was told. */
async function numbersTold(client: FakeClient): Promise<number[]> {
  return textsOf(await client.readOf("message")).map((text) => parseInt(text));
}

Deno.test("Hub.connect() counts the connection until it is gone", () => {
  const fake = new FakeHub();
  const client = fake.connect();
  assertEquals(fake.hub.connectionCount, 1);
  client.drop();
  client.drop();
  assertEquals(fake.hub.connectionCount, 0);
});

Deno.test("Hub.tick() closes with 4001 when a client sends no hello in time", async () => {
  const fake = new FakeHub();
  const client = fake.connect();
  await fake.pass(9900);
  assertEquals(client.closeCode, undefined);
  await fake.pass(200);
  assertEquals([client.closeCode, fake.hub.connectionCount], [4001, 0]);
});

Deno.test("Hub.tick() waits for a hello that came while the server was blocked", async () => {
  const fake = new FakeHub();
  const [polite, silent] = [fake.connect(), fake.connect()];
  fake.timers.block(12_000);
  await fake.pass(0);
  await polite.ask({ type: "hello", name: "Ada" });
  await fake.pass(2000);
  assertEquals([polite.closeCode, silent.closeCode], [undefined, 4001]);
});

for (const when of ["before", "after"] as const) {
  Deno.test(`Hub.receive() admits all frames that came while the server was blocked, ${when} the tick`, async () => {
    const fake = new FakeHub();
    const ada = await fake.member("Ada");
    await fake.pass(60_000);
    fake.timers.block(2100);
    if (when === "after") await fake.pass(0);
    for (let i = 0; i < 20; i++) ada.say(`${i}`);
    for (let i = 0; i < 170; i++) ada.send({ type: "ping" });
    assertEquals((await ada.readOf("ack")).length, 20);
    assertEquals(ada.closeCode, undefined);
    for (let i = 0; i < 20; i++) ada.send({ type: "ping" });
    assertEquals(ada.closeCode, 4501);
  });
}

Deno.test("Hub.receive() admits no more frames than usual once the server has caught up", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  fake.timers.block(2000);
  await fake.pass(2000);
  for (let i = 0; i < 100; i++) ada.send({ type: "ping" });
  assertEquals(ada.closeCode, undefined);
  ada.send({ type: "ping" });
  assertEquals(ada.closeCode, 4501);
});

Deno.test("Hub.tick() does not count a refused hello", async () => {
  const fake = new FakeHub();
  const client = fake.connect();
  await client.ask({ type: "hello", name: "" });
  await fake.pass(10_100);
  assertEquals(client.closeCode, 4001);
});

Deno.test("Hub.tick() keeps a connection with a session", async () => {
  const fake = new FakeHub();
  const [silent, client] = [fake.connect(), await fake.client("Ada")];
  await fake.pass(60_000);
  assertEquals([silent.closeCode, client.closeCode], [4001, undefined]);
});

for (
  const [what, frame, code] of [
    ["a binary frame", new ArrayBuffer(1), 1003],
    ["a frame over the limit", "x".repeat(16_385), 1009],
  ] as const
) {
  Deno.test(`Hub.receive() closes with ${code} on ${what}, and forgets the connection`, async () => {
    const fake = new FakeHub();
    const client = await fake.member("Ada");
    client.sendFrame(frame);
    assertEquals([client.closeCode, fake.hub.connectionCount], [code, 0]);
  });
}

/** Whether a frame is too large for a limit. */
function exceeds(frame: string, frameBytes: number): boolean {
  const client = new FakeHub({ frameBytes }).connect();
  client.sendFrame(frame);
  return client.closeCode === 1009;
}

Deno.test("Hub.receive() counts the bytes of a frame exactly at the border of every kind of character", () => {
  const encoder = new TextEncoder();
  const texts = [
    ...["", "a", "\u0000", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff"],
    ...["\u{10000}", "\u{10ffff}", "ä€🙂a".repeat(50), "🙂".repeat(99), "€".repeat(99)],
  ];
  for (const text of texts) {
    const bytes = encoder.encode(text).length;
    const around = [bytes - 1, bytes, bytes + 1].map((max) => exceeds(text, max));
    assertEquals(around, [true, false, false], JSON.stringify(text));
  }
});

Deno.test("Hub.receive() counts as TextEncoder does on random texts", () => {
  const chance = new SeededRandom(1);
  const encoder = new TextEncoder();
  const ranges = [[0, 0x80], [0x80, 0x800], [0x800, 0xd800], [0xe000, 0x10000], [
    0x10000,
    0x110000,
  ]];
  for (let run = 0; run < 500; run++) {
    let text = "";
    for (let length = chance.below(40); length > 0; length--) {
      const [from = 0, to = 0] = ranges[chance.below(ranges.length)] ?? [];
      text += String.fromCodePoint(from + chance.below(to - from));
    }
    const bytes = encoder.encode(text).length;
    for (const max of [bytes - 1, bytes, chance.below(160)]) {
      assertEquals(exceeds(text, max), bytes > max, JSON.stringify({ text, max }));
    }
  }
});

Deno.test("Hub.receive() closes with 4500 after twenty bad commands, all of them answered", async () => {
  const client = await new FakeHub().client("Ada");
  for (let i = 0; i < 19; i++) client.sendFrame("{");
  assertEquals([(await client.readOf("error")).length, client.closeCode], [19, undefined]);
  client.sendFrame("{");
  assertEquals([(await client.readOf("error")).length, client.closeCode], [1, 4500]);
});

Deno.test("Hub.receive() closes with 4501 on a flood", async () => {
  const client = await new FakeHub().client("Ada");
  for (let i = 0; i < 99; i++) client.send({ type: "ping" });
  assertEquals([(await client.readOf("pong")).length, client.closeCode], [99, undefined]);
  client.send({ type: "ping" });
  assertEquals(client.closeCode, 4501);
});

Deno.test("Hub.receive() counts a flood on each connection of a user by itself", async () => {
  const fake = new FakeHub();
  const clients = [await fake.client("Ada"), await fake.client("Ada")];
  for (const client of clients) {
    for (let i = 0; i < 99; i++) client.send({ type: "ping" });
  }
  assertEquals(clients.map(({ closeCode }) => closeCode), [undefined, undefined]);
});

Deno.test("Hub.receive() does nothing for a connection that is closed", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  ada.sendFrame(new ArrayBuffer(0));
  ada.say("hi");
  assertEquals(await bob.readOf("message"), []);
});

Deno.test("Hub.refuse() says why an address may have no more connections", () => {
  const fake = new FakeHub({ connectionsPerAddress: 1, maxConnections: 2 });
  const client = fake.connect("192.0.2.1");
  assertEquals(fake.hub.refuse("192.0.2.1")?.reason, "too_many_from_address");
  assertEquals(fake.hub.refuse("192.0.2.2"), undefined);
  client.drop();
  assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
});

Deno.test("Hub.refuse() says that the server is full", () => {
  const fake = new FakeHub({ maxConnections: 1 });
  fake.connect();
  assertEquals(fake.hub.refuse("192.0.2.2")?.reason, "full");
});

Deno.test("Hub.refuse() refuses every connection while memory is short", () => {
  let isShort = true;
  const fake = new FakeHub({}, { isShortOfMemory: () => isShort });
  assertEquals(fake.hub.refuse("192.0.2.1")?.reason, "memory");
  isShort = false;
  assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
});

Deno.test("Hub.refuse() counts a closed connection until its socket is gone", () => {
  const fake = new FakeHub({ connectionsPerAddress: 1, maxConnections: 1 });
  const client = fake.connect();
  client.sendFrame(new ArrayBuffer(0));
  assertEquals([client.closeCode, fake.hub.connectionCount], [1003, 0]);
  assertEquals(fake.hub.refuse("192.0.2.2")?.reason, "full");
  client.drop();
  assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
});

Deno.test("Hub.reserve() takes a place before there is a connection", () => {
  const fake = new FakeHub({ connectionsPerAddress: 1, maxConnections: 1 });
  const place = fake.hub.reserve("192.0.2.1");
  assertEquals(fake.hub.refuse("192.0.2.2")?.reason, "full");
  const { connections, sockets } = fake.hub.gauges();
  assertEquals([connections, sockets], [0, 1]);
  const connection = fake.hub.connect(new FakeTransport(), place);
  assertEquals(fake.hub.gauges().sockets, 1);
  fake.hub.disconnect(connection);
  assertEquals([fake.hub.gauges().sockets, fake.hub.refuse("192.0.2.1")], [0, undefined]);
});

Deno.test("Hub.release() gives back a place that was not used", () => {
  const fake = new FakeHub({ connectionsPerAddress: 1, maxConnections: 1 });
  fake.hub.release(fake.hub.reserve("192.0.2.1"));
  assertEquals([fake.hub.gauges().sockets, fake.hub.refuse("192.0.2.1")], [0, undefined]);
});

Deno.test("Hub.abandon() gives a place back, and counts a socket until it is recovered", () => {
  const fake = new FakeHub({ connectionsPerAddress: 1, maxConnections: 1 });
  fake.hub.abandon(fake.hub.reserve("192.0.2.1"));
  const { sockets, abandonedSockets } = fake.hub.gauges();
  assertEquals([sockets, abandonedSockets, fake.hub.refuse("192.0.2.1")], [0, 1, undefined]);
  fake.hub.recover();
  assertEquals(fake.hub.gauges().abandonedSockets, 0);
  assertEquals(fake.logged, ["socket_abandoned"]);
});

Deno.test("Hub.refuse() lets an address abandon 100 sockets, then one a minute", async () => {
  const fake = new FakeHub();
  const abandon = () => fake.hub.abandon(fake.hub.reserve("192.0.2.1"));
  for (let i = 0; i < 100; i++) {
    assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
    abandon();
  }
  const refusal = { reason: "too_fast_from_address", retryMs: 60_000 };
  assertEquals(fake.hub.refuse("192.0.2.1"), refusal);
  assertEquals(fake.hub.refuse("192.0.2.2"), undefined);
  await fake.pass(60_000);
  assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
  abandon();
  assertEquals(fake.hub.refuse("192.0.2.1"), refusal);
});

Deno.test("Hub.connect() sends away whose socket opens after the server began to drain", () => {
  const fake = new FakeHub();
  const place = fake.hub.reserve("192.0.2.1");
  fake.hub.drain();
  const transport = new FakeTransport();
  fake.hub.connect(transport, place);
  assertEquals(transport.closing?.code, 1001);
  assertEquals(transport.frames.flatMap(decode).map(({ type }) => type), ["bye"]);
});

Deno.test("Hub.disconnect() frees one place, though it is called again", () => {
  const fake = new FakeHub({ connectionsPerAddress: 2 });
  const [client] = [fake.connect(), fake.connect()];
  client.drop();
  client.drop();
  fake.connect();
  assertEquals(fake.hub.refuse("192.0.2.1")?.reason, "too_many_from_address");
});

/** A client that floods, or talks nonsense, until it is sent away. */
function misbehave(fake: FakeHub, command: string): FakeClient {
  const client = fake.connect();
  client.send({ type: "hello", name: "Eve" });
  for (let i = 0; i < 100 && client.closeCode === undefined; i++) client.sendFrame(command);
  client.drop();
  return client;
}

for (
  const [what, command, code] of [["floods", '{"type":"ping"}', 4501], ["nonsense", "{", 4500]]
) {
  Deno.test(`Hub.refuse() blocks an address after six times of ${what}, and no other`, async () => {
    const fake = new FakeHub();
    const neighbour = await fake.member("Ada");
    const codes = Array.from({ length: 6 }, () => {
      assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
      return misbehave(fake, `${command}`).closeCode;
    });
    assertEquals(codes, Array(6).fill(code));
    assertEquals(fake.hub.refuse("192.0.2.1"), { reason: "kept_out", retryMs: 10_000 });
    assertEquals(fake.hub.refuse("192.0.2.2"), undefined);
    neighbour.say("I am still here");
    assertEquals((await neighbour.readOf("ack")).length, 1);
    await fake.pass(10_000);
    assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
    misbehave(fake, `${command}`);
    assertEquals(fake.hub.refuse("192.0.2.1"), { reason: "kept_out", retryMs: 20_000 });
    assertEquals(fake.logged.filter((event) => event === "address_blocked").length, 2);
  });
}

Deno.test("Hub.refuse() blocks no address for other closes", () => {
  const fake = new FakeHub();
  for (let i = 0; i < 20; i++) {
    const client = fake.connect();
    client.sendFrame(i % 2 === 0 ? new ArrayBuffer(0) : "x".repeat(20_000));
    client.drop();
  }
  assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
});

Deno.test("Hub.tick() forgets the addresses that were left alone", async () => {
  const fake = new FakeHub();
  fake.connect().drop();
  assertEquals(fake.hub.gauges().addresses, 1);
  await fake.pass(1000);
  assertEquals(fake.hub.gauges().addresses, 0);
});

Deno.test("Hub.drain() sends each client bye with a time of its own, and closes with 1001", async () => {
  const chances = [0, 0.5, 0.999];
  const fake = new FakeHub({}, { random: () => chances.shift() ?? 0 });
  const clients = [await fake.member("Ada"), await fake.client("Bob"), fake.connect()];
  fake.hub.drain();
  const retries = await Array.fromAsync(
    clients,
    async (client) => only(await client.read(), "bye").retryMs,
  );
  assertEquals(clients.map(({ closeCode }) => closeCode), [1001, 1001, 1001]);
  assertEquals(new Set(retries).size, 3);
  assert(retries.every((retryMs) => Number.isInteger(retryMs) && retryMs > 0), `${retries}`);
});

Deno.test("Hub.drain() refuses commands that wait, and those that come after bye", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const fake = new FakeHub({}, {
    createBroker: (options) => {
      const broker = new MemoryBroker(options);
      const openRoom = broker.open.bind(broker);
      broker.open = (...args) => gate.then(() => openRoom(...args));
      return broker;
    },
  });
  const ada = await fake.client("Ada");
  ada.send({ type: "join", ref: "1", room: "lobby" });
  ada.send({ type: "send", ref: "2", room: "lobby", text: "behind the join" });
  const sentAway = fake.hub.drain();
  assertEquals((await ada.readOf("error")).map(({ code, ref }) => [code, ref]), [
    ["unavailable", "2"],
  ]);
  open();
  assertEquals((await ada.read()).map(({ type }) => type), ["joined", "bye"]);
  await sentAway;
  const late = { type: "send", ref: "3", room: "lobby", text: "too late" };
  const events = decode(ada.transport.answerLate(JSON.stringify(late)) ?? "[]");
  assertEquals(events.map((event) => "code" in event && [event.code, event.ref]), [
    ["unavailable", "3"],
  ]);
  const noAnswer = [new ArrayBuffer(0), "x".repeat(20_000), '{"type":"typing","room":"lobby"}'];
  assertEquals(noAnswer.map((frame) => ada.transport.answerLate(frame)), Array(3).fill(undefined));
  ada.transport.bufferedAmount = 1_000_000;
  assertEquals(ada.transport.answerLate(JSON.stringify(late)), undefined);
});

Deno.test("Hub.drain() answers no client that goes on sending without end", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  fake.hub.drain();
  const answers = Array.from({ length: 1001 }, () => ada.transport.answerLate('{"type":"ping"}'));
  assertEquals(answers.indexOf(undefined), 1000);
});

Deno.test("retryMs() spreads many clients over 0.5 to 5 s, and a few over less", () => {
  const table: [clients: number, earliest: number, latest: number][] = [
    [1, 500, 502],
    [200, 500, 900],
    [1000, 500, 2500],
    [2250, 500, 5000],
    [100_000, 500, 5000],
  ];
  for (const [clients, earliest, latest] of table) {
    assertEquals([retryMs(clients, 0), retryMs(clients, 1)], [earliest, latest]);
  }
});

Deno.test("Hub.drain() delivers the messages of the same turn before bye", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  for (const client of [ada, bob]) await client.read();
  await fake.pass(1000);
  ada.say("last words");
  fake.hub.drain();
  assertEquals((await ada.readOf("ack")).length, 1);
  assertEquals((await bob.read()).slice(-2).map(({ type }) => type), ["message", "bye"]);
});

Deno.test("Hub.drain() refuses new connections", () => {
  const fake = new FakeHub();
  fake.hub.drain();
  assertEquals([fake.hub.draining, fake.hub.refuse("192.0.2.1")?.reason], [true, "draining"]);
});

Deno.test("Hub.sendAway() sends every client bye, and does not refuse new connections", async () => {
  const fake = new FakeHub();
  const clients = await Array.fromAsync(["Ada", "Bob"], async (name) => await fake.member(name));
  fake.hub.sendAway();
  assertEquals(
    await Array.fromAsync(clients, async (client) => (await client.read()).at(-1)?.type),
    ["bye", "bye"],
  );
  assertEquals(clients.map(({ transport }) => transport.closing?.code), [1001, 1001]);
  assertEquals([fake.hub.connectionCount, fake.hub.refuse("192.0.2.1")], [0, undefined]);
});

Deno.test("Hub.stop() leaves nothing running", async () => {
  const fake = new FakeHub();
  await fake.member("Ada");
  fake.hub.stop();
  assertEquals(fake.timers.intervalCount, 0);
});

Deno.test("Hub.stop() leaves nothing running while a client is held", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  ada.transport.bufferedAmount = 1e6;
  ada.say("hi");
  await fake.turn();
  fake.hub.stop();
  assertEquals(fake.timers.intervalCount, 0);
});

Deno.test("Hub sends each connection the messages of a turn in one frame", async () => {
  const fake = new FakeHub(BUSY);
  const [ada, bob, carol] = [
    await fake.member("Ada"),
    await fake.member("Bob"),
    await fake.member("Carol"),
  ];
  await fake.pass(2000);
  for (const client of [ada, bob, carol]) await client.readFrames();
  for (const text of ["one", "two"]) {
    ada.say(text);
    bob.say(text);
  }
  const frames = await Array.fromAsync(
    [ada, bob, carol],
    async (client) => await client.readFrames(),
  );
  assertEquals(frames.map(({ length }) => length), [1, 1, 1]);
  assertEquals(
    frames.flat().map((frame) => textsOf(decode(frame))),
    Array(3).fill([
      "one",
      "one",
      "two",
      "two",
    ]),
  );
});

Deno.test("Hub sends a JSON array of events in every frame", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  ada.say('"quotes", commas and [brackets]');
  await ada.ask({ type: "rename", name: "Ada L" });
  await ada.ask({ type: "leave", room: "lobby" });
  await fake.pass(10_000);
  const frames = [ada, bob].flatMap(({ transport }) => transport.frames);
  assert(frames.every((frame) => {
    const events = decode(frame);
    return Array.isArray(events) && events.length > 0 && events.every((event) => event.type);
  }));
});

for (const historySize of [1, 3]) {
  Deno.test(`Hub loses nothing of a burst in one turn with a history of ${historySize}`, async () => {
    const fake = new FakeHub({ ...BUSY, historySize });
    const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
    for (const i of upTo(20)) ada.say(`${i}`);
    assertEquals([await numbersTold(ada), await numbersTold(bob)], [upTo(20), upTo(20)]);
  });
}

Deno.test("Hub loses no message for a client that joins in the turn of a burst beyond the ring", async () => {
  const fake = new FakeHub({ ...BUSY, historySize: 3 });
  const [ada, bob] = [await fake.member("Ada"), await fake.client("Bob")];
  for (const i of upTo(10)) ada.say(`${i}`);
  await settled();
  bob.send({ type: "join", room: "lobby" });
  for (let i = 10; i < 20; i++) ada.say(`${i}`);
  const events = await bob.read();
  const { messages } = only(events, "joined");
  const texts = textsOf([...messages, ...ofType(events, "message")]);
  assertEquals(texts.map(Number), upTo(20).slice(7));
});

Deno.test("Hub holds a client that is over the mark, and no other", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, slow, bob] = [
    await fake.member("Ada"),
    await fake.member("Slow"),
    await fake.member("Bob"),
  ];
  slow.transport.stall();
  await count(ada, 0, 100, 200);
  assert(slow.transport.bufferedAmount < 1024 + 500);
  assertEquals(await numbersTold(bob), upTo(100));
});

Deno.test("Hub catches up a client that has read, with nothing lost or doubled", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  slow.transport.stall();
  await count(ada, 0, 100, 200);
  slow.transport.take();
  await fake.pass(100);
  await count(ada, 100, 110);
  assertEquals(await numbersTold(slow), upTo(110));
});

Deno.test("Hub catches up a client in batches of bounded length", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  // Nobody is owed anything else, for which the room would be flushed.
  await fake.pass(2000);
  slow.transport.stall();
  await count(ada, 0, 500, 1000);
  const lengths: number[] = [];
  for (let i = 0; i < 50; i++) {
    slow.transport.take({ goesOn: false });
    await fake.pass(20);
    lengths.push(slow.transport.bufferedAmount);
  }
  assert(lengths.every((length) => length < FRAME_LENGTH), `${lengths}`);
  assertEquals(await numbersTold(slow), upTo(500));
});

Deno.test("Hub announces exactly the messages that a slow client misses as a gap", async () => {
  const fake = new FakeHub({ ...TIGHT, historySize: 10 });
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  const ids = await Array.fromAsync(upTo(50), async (i) => {
    if (i === 1) slow.transport.bufferedAmount = 2000;
    ada.say("hi");
    return only(await ada.read(), "ack").id;
  });
  slow.transport.take();
  await fake.pass(100);
  const events = (await slow.read()).filter(({ type }) => type !== "presence");
  const { after, before } = only(events, "gap");
  assertEquals([after, before], [ids[0], ids[40]]);
  assertEquals(ofType(events, "message").map(({ id }) => id), [ids[0], ...ids.slice(40)]);
});

Deno.test("Hub sends a held client later the net change of presence", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, bob, slow] = [
    await fake.member("Ada"),
    await fake.member("Bob"),
    await fake.member("Slow"),
  ];
  await fake.pass(2000);
  await slow.read();
  slow.transport.bufferedAmount = 2000;
  await ada.ask({ type: "rename", name: "Ada L" });
  await fake.pass(2000);
  await bob.ask({ type: "leave", room: "lobby" });
  await fake.pass(2000);
  const carol = await fake.member("Carol");
  await fake.pass(2000);
  slow.transport.take();
  await fake.pass(100);
  assertEquals(await slow.read(), [{
    type: "presence",
    room: "lobby",
    joined: [carol.user],
    left: [bob.user.id],
    renamed: [{ id: ada.user.id, name: "Ada L" }],
    count: 3,
  }]);
});

Deno.test("Hub sends a held client no presence of a user who came and went meanwhile", async () => {
  const fake = new FakeHub(TIGHT);
  const [slow, ada] = [await fake.member("Slow"), await fake.member("Ada")];
  await fake.pass(2000);
  await slow.read();
  slow.transport.bufferedAmount = 2000;
  const bob = await fake.member("Bob");
  await fake.pass(2000);
  await bob.ask({ type: "leave", room: "lobby" });
  await fake.pass(2000);
  slow.transport.take();
  await fake.pass(2000);
  assertEquals([await slow.read(), ada.closeCode], [[], undefined]);
});

Deno.test("Hub holds all rooms of a slow client, and loses nothing in any", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  for (const client of [ada, slow]) await client.join("other");
  slow.transport.stall();
  for (const i of upTo(100)) {
    ada.say(`${i} `.padEnd(200, "x"), i % 2 === 0 ? "lobby" : "other");
    await fake.turn();
  }
  slow.transport.take();
  await fake.pass(100);
  const told = await slow.readOf("message");
  const numbersIn = (name: string) =>
    textsOf(told.filter(({ room }) => room === name)).map((text) => parseInt(text));
  assertEquals(numbersIn("lobby"), upTo(50).map((i) => 2 * i));
  assertEquals(numbersIn("other"), upTo(50).map((i) => 2 * i + 1));
});

Deno.test("Hub closes with 4000 when a client's cursor can't move for 30 s", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  slow.transport.bufferedAmount = 2000;
  await count(ada, 0, 1);
  await fake.pass(29_900);
  assertEquals(slow.closeCode, undefined);
  await fake.pass(1200);
  assertEquals([slow.closeCode, fake.hub.connectionCount], [4000, 1]);
});

Deno.test("Hub closes with 4000 when a client below the mark takes no bytes for 30 s", async () => {
  const fake = new FakeHub(TIGHT);
  const slow = await fake.member("Slow");
  slow.transport.bufferedAmount = 10;
  await fake.pass(29_000);
  assertEquals(slow.closeCode, undefined);
  await fake.pass(3000);
  assertEquals(slow.closeCode, 4000);
});

Deno.test("Hub keeps a slow client that takes something now and then", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  slow.transport.stall();
  for (const i of upTo(10)) {
    await count(ada, 10 * i, 10 * i + 10, 200 + i);
    await fake.pass(25_000);
    slow.transport.take({ goesOn: false });
    await fake.pass(100);
  }
  slow.transport.take();
  await fake.pass(100);
  assertEquals([slow.closeCode, await numbersTold(slow)], [undefined, upTo(100)]);
});

Deno.test("Hub keeps a slow client that takes something just before the room is flushed", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  slow.transport.stall();
  for (const i of upTo(10)) {
    await count(ada, 10 * i, 10 * i + 10, 200 + i);
    await fake.pass(25_000);
    slow.transport.take({ goesOn: false });
  }
  assertEquals(slow.closeCode, undefined);
});

Deno.test("Hub lets the commands of a client that does not read wait, and answers them in order", async () => {
  const fake = new FakeHub(TIGHT);
  const slow = await fake.member("Slow");
  slow.transport.bufferedAmount = 2000;
  for (const ref of ["1", "2", "3"]) slow.send({ type: "ping", ref });
  assertEquals(await slow.read(), []);
  slow.transport.take();
  slow.send({ type: "ping", ref: "4" });
  await fake.pass(100);
  assertEquals((await slow.readOf("pong")).map(({ ref }) => ref), ["1", "2", "3", "4"]);
});

Deno.test("Hub catches up a client that has read before it answers the commands that waited", async () => {
  const fake = new FakeHub({ sendBufferBytes: 1000 });
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await ada.read();
  ada.transport.stall();
  bob.say("x".repeat(1000));
  await fake.turn();
  bob.say("missed");
  ada.send({ type: "ping", ref: "1" });
  await fake.turn();
  ada.transport.take();
  ada.send({ type: "ping", ref: "2" });
  await fake.pass(100);
  const events = (await ada.read()).map((event) => event.type === "pong" ? event.ref : event.type);
  assertEquals(events, ["message", "message", "1", "2"]);
});

Deno.test("Hub closes with 4000 when a client sends on and on, and never reads", async () => {
  const fake = new FakeHub(TIGHT);
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  await count(ada, 0, 100, 500);
  slow.transport.stall();
  let sent = 0;
  while (slow.closeCode === undefined && sent < 1000) {
    slow.send({ type: "history", room: "lobby", limit: 200 });
    await fake.turn();
    sent++;
  }
  assertEquals(slow.closeCode, 4000);
  assert(sent < 50, `${sent} commands were taken`);
});

Deno.test("Hub closes with 4002 when a transport throws, and delivers to all others", async () => {
  const fake = new FakeHub();
  const [ada, bob, carol] = [
    await fake.member("Ada"),
    await fake.member("Bob"),
    await fake.member("Carol"),
  ];
  bob.transport.broken = true;
  ada.say("hi");
  await fake.turn();
  assertEquals(bob.closeCode, 4002);
  assertEquals([textsOf(await ada.read()), textsOf(await carol.read())], [["hi"], ["hi"]]);
});

Deno.test("Hub removes a user whose transport threw from the rooms after the grace period", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await ada.read();
  bob.transport.broken = true;
  ada.say("hi");
  await fake.pass(6000);
  assertEquals((await ada.readOf("presence")).map(({ left }) => left), [[bob.user.id]]);
});

Deno.test("Hub closes a connection whose transport throws at an answer", async () => {
  const fake = new FakeHub();
  const ada = await fake.client("Ada");
  ada.transport.broken = true;
  ada.send({ type: "ping" });
  await fake.turn();
  assertEquals([ada.closeCode, fake.hub.connectionCount], [4002, 0]);
});

Deno.test("Hub answers a command that throws with internal, keeps the connection and logs the error", async () => {
  const fake = new FakeHub({}, {
    createBroker: (options) =>
      new class extends MemoryBroker {
        override publish(): Promise<never> {
          return Promise.reject(new Error("The broker is broken"));
        }
      }(options),
  });
  const ada = await fake.member("Ada");
  const error = only(await ada.ask({ type: "send", ref: "1", room: "lobby", text: "hi" }), "error");
  assertEquals([error.code, error.ref, ada.closeCode], ["internal", "1", undefined]);
  assert(!error.message.includes("broker"), error.message);
  assertEquals(fake.logged, ["command_failed"]);
});

Deno.test("Hub.userCount counts each user once, also within the grace period", async () => {
  const fake = new FakeHub();
  const clients = [await fake.member("Ada"), await fake.member("Ada"), await fake.member("Bob")];
  assertEquals(fake.hub.userCount, 2);
  for (const client of clients) client.drop();
  assertEquals(fake.hub.userCount, 2);
  await fake.pass(5100);
  assertEquals(fake.hub.userCount, 0);
});

Deno.test("Hub.userCount counts a user who is in no room", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  await ada.ask({ type: "leave", room: "lobby" });
  assertEquals(fake.hub.userCount, 1);
  ada.drop();
  assertEquals(fake.hub.userCount, 0);
});
