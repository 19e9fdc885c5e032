import { assert, assertEquals, assertRejects } from "@std/assert";
import { ORIGIN, Unavailable } from "../../chat/broker/broker.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import { RemoteBroker } from "../../chat/broker/remote.ts";
import type { Port } from "../../chat/broker/remote_messages.ts";
import { ServedBroker } from "../../chat/broker/served.ts";
import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { RECEIPT_BYTES, ROOM_SIZE, testBroker } from "./contract.ts";
import { Ear, inTime } from "./ear.ts";
import { openBroker } from "./kv_store.ts";
import { documentOp, keep, keepOne, send, textOf } from "./ops.ts";
import type { Task } from "./remote_worker.ts";
import { RoomReader } from "./room_reader.ts";
import { OPTIONS } from "./sqlite_folder.ts";

const BOUNDS = { now: Date.now, roomSize: ROOM_SIZE, maxBytes: 1e8, receiptBytes: RECEIPT_BYTES };
const BOUNDED = { roomSize: ROOM_SIZE, receiptBytes: RECEIPT_BYTES };

let channels = 0;

/** A channel of a test's own. */
const nextChannel = (): string => `broker test ${++channels}`;

testBroker("RemoteBroker over a MessagePort", async () => {
  const [{ port1, port2 }, other] = [new MessageChannel(), new MessageChannel()];
  const served = new ServedBroker(new MemoryBroker(BOUNDS), [port1, other.port1]);
  const broker = await RemoteBroker.connect(port2);
  const dispose = async () => {
    await broker.close();
    await served.close();
    other.port2.close();
  };
  return { broker, another: () => RemoteBroker.connect(other.port2), ...BOUNDED, dispose };
});

testBroker("RemoteBroker over a BroadcastChannel", async () => {
  const name = nextChannel();
  const folder = Deno.makeTempDirSync();
  const serve = () => {
    const sqlite = new SqliteBroker({ ...OPTIONS, folder });
    return new ServedBroker(sqlite, [new BroadcastChannel(name)]);
  };
  let served = serve();
  let broker = await RemoteBroker.connect(new BroadcastChannel(name));
  const close = async () => {
    await broker.close();
    await served.close();
  };
  const restart = async () => {
    await close();
    // In the turn in which the last channel of an isolate is closed, Deno can open no working one.
    await new Promise((resolve) => setTimeout(resolve));
    served = serve();
    return broker = await RemoteBroker.connect(new BroadcastChannel(name));
  };
  const dispose = async () => {
    await close();
    Deno.removeSync(folder, { recursive: true });
  };
  const another = () => RemoteBroker.connect(new BroadcastChannel(name));
  return { broker, another, receiptBytes: RECEIPT_BYTES, restart, dispose };
});

testBroker("ServedBroker", () => {
  const { port1, port2 } = new MessageChannel();
  const broker = new ServedBroker(new MemoryBroker(BOUNDS), [port1]);
  const dispose = async () => {
    await broker.close();
    port2.close();
  };
  return { broker, another: () => RemoteBroker.connect(port2), ...BOUNDED, dispose };
});

testBroker("RemoteBroker of a broker that other processes use", async () => {
  const kv = await Deno.openKv(":memory:");
  const another = () => openBroker(kv, { pollMs: 20 });
  let served: ServedBroker;
  const connect = async () => {
    const { port1, port2 } = new MessageChannel();
    served = new ServedBroker(await another(), [port1]);
    return await RemoteBroker.connect(port2);
  };
  let broker = await connect();
  const close = async () => {
    await broker.close();
    await served.close();
  };
  const restart = async () => {
    await close();
    return broker = await connect();
  };
  const dispose = async () => {
    await close();
    kv.close();
  };
  return { broker, another, receiptBytes: RECEIPT_BYTES, restart, dispose };
});

Deno.test("a name that two isolates have claimed at one broker is free when both have given it up", async () => {
  const kv = await Deno.openKv(":memory:");
  const { port1, port2 } = new MessageChannel();
  const served = new ServedBroker(await openBroker(kv), [port1]);
  const remote = await RemoteBroker.connect(port2);
  const other = await openBroker(kv);
  assert(await served.claim("ada", ["lobby"], ["ada"]));
  assert(await remote.claim("ada", ["lobby"], ["ada"]));
  assertEquals(await remote.claim("bob", ["lobby"], ["ada"]), false);
  served.release("ada", ["lobby"]);
  assert(await served.claim("eve", ["lobby"], ["eve"]));
  assertEquals(await other.claim("bob", ["lobby"], ["ada"]), false);
  await remote.close();
  while (!await other.claim("bob", ["lobby"], ["ada"])) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(await served.claim("ada", ["lobby"], ["ada"]), false);
  await other.close();
  await served.close();
  kv.close();
});

/** Two remote brokers of one, each with a port of its own. */
async function makePair(): Promise<{ hub: ServedBroker; one: RemoteBroker; two: RemoteBroker }> {
  const [first, second] = [new MessageChannel(), new MessageChannel()];
  const hub = new ServedBroker(new MemoryBroker(BOUNDS), [first.port1, second.port1]);
  const one = await RemoteBroker.connect(first.port2);
  const two = await RemoteBroker.connect(second.port2);
  return { hub, one, two };
}

Deno.test("RemoteBroker: everybody hears everything in one order, the isolate that holds the broker too", async () => {
  const { hub, one, two } = await makePair();
  const brokers = [hub, one, two];
  const ears = brokers.map((broker) => {
    const ear = new Ear();
    broker.subscribe(ear);
    return ear;
  });
  await Promise.all(brokers.map(async (broker) => {
    for (let i = 0; i < 50; i++) await keep(broker, send(`${i}`));
  }));
  for (const ear of ears) await ear.until(() => ear.heard.length === 150);
  const [expected, ...others] = ears.map((ear) => ear.positions("lobby"));
  assertEquals(expected, expected?.toSorted());
  for (const positions of others) assertEquals(positions, expected);
  one.signal({ kind: "typing", room: "lobby", user: { id: "ada", name: "Ada" } });
  for (const ear of ears) await ear.until(() => ear.signals.length === 1);
  for (const position of expected ?? []) assert(one.vouches(position) && two.vouches(position));
  assertEquals(ears.map(({ losses }) => losses), [0, 0, 0]);
  for (const broker of [one, two, hub]) await broker.close();
});

Deno.test("RemoteBroker.search() is that of the other broker", async () => {
  const folder = Deno.makeTempDirSync();
  const { port1, port2 } = new MessageChannel();
  const sqlite = new SqliteBroker({ ...OPTIONS, folder });
  const served = new ServedBroker(sqlite, [port1]);
  const broker = await RemoteBroker.connect(port2);
  try {
    const { id } = await keepOne(broker, send("some words"));
    while (sqlite.upkeep());
    const result = await broker.search?.(["lobby"], "WORDS", undefined, 5);
    assertEquals(result?.found.map(({ room, message }) => [room, message.id]), [["lobby", id]]);
    const { one, two, hub } = await makePair();
    assertEquals([one.search, hub.search], [undefined, undefined]);
    for (const broker of [one, two, hub]) await broker.close();
  } finally {
    await broker.close();
    await served.close();
    Deno.removeSync(folder, { recursive: true });
  }
});

/** A port that loses some posts. */
class LossyPort implements Port {
  readonly #port: MessagePort;
  readonly #loses: (post: number) => boolean;
  #posts = 0;
  onmessage: ((this: never, event: MessageEvent) => unknown) | null = null;

  constructor(port: MessagePort, loses: (post: number) => boolean) {
    this.#port = port;
    this.#loses = loses;
    port.onmessage = (event) => this.onmessage?.call(this as never, event);
  }

  postMessage(message: unknown): void {
    if (!this.#loses(++this.#posts)) this.#port.postMessage(message);
  }

  close(): void {
    this.#port.close();
  }
}

Deno.test("RemoteBroker: nothing is lost, and nothing done twice, where posts are", async () => {
  const { port1, port2 } = new MessageChannel();
  // Other posts each time, with a period that no exchange has.
  const served = new ServedBroker(new MemoryBroker(BOUNDS), [
    new LossyPort(port1, (i) => i % 7 === 3),
  ]);
  const there = new RoomReader(served, "lobby");
  const lossy = new LossyPort(port2, (i) => i % 5 === 4);
  const broker = await RemoteBroker.connect(lossy, { againMs: 50 });
  const here = new RoomReader(broker, "lobby");
  await here.open();
  for (let i = 0; i < 100; i++) {
    await keep(broker, send(`here ${i}`, { ref: "" }));
    await keep(served, send(`there ${i}`));
  }
  const deadline = performance.now() + 20_000;
  while (here.log.length < 200) {
    assert(performance.now() < deadline, `Only ${here.log.length} have come`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(here.log, there.log);
  assertEquals(new Set(here.log.map(textOf)).size, 200);
  assert(here.losses > 0);
  await broker.close();
  await served.close();
});

Deno.test("RemoteBroker tells by lost() that documents are to be read again", async () => {
  let isDeaf = false;
  const { port1, port2 } = new MessageChannel();
  const served = new ServedBroker(new MemoryBroker(BOUNDS), [new LossyPort(port1, () => isDeaf)]);
  const broker = await RemoteBroker.connect(port2);
  const ear = new Ear();
  broker.subscribe(ear);
  const first = await keepOne(served, documentOp("bans", ORIGIN, [1]));
  await ear.until(() => ear.documents.length === 1);
  isDeaf = true;
  await keepOne(served, documentOp("bans", first.position, [2]));
  // The post with the change goes at the end of the turn.
  await new Promise((resolve) => setTimeout(resolve));
  isDeaf = false;
  await ear.until(() => ear.losses === 1);
  assertEquals(ear.documents.length, 1);
  assertEquals((await broker.document("bans"))?.body, "[2]");
  await broker.close();
  await served.close();
});

Deno.test("RemoteBroker loses its claims when nothing is heard of it, and is told so", async () => {
  let isMute = false;
  const { port1, port2 } = new MessageChannel();
  const memory = new MemoryBroker(BOUNDS);
  const served = new ServedBroker(memory, [port1], { claimMs: 1_500 });
  const broker = await RemoteBroker.connect(new LossyPort(port2, () => isMute), { againMs: 100 });
  const ear = new Ear();
  broker.subscribe(ear);
  assert(await broker.claim("ada", ["lobby"], ["ada"]));
  // Without a call of the hub its claims hold.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  assertEquals(await served.claim("bob", ["lobby"], ["ada"]), false);
  isMute = true;
  while (!await served.claim("bob", ["lobby"], ["ada"])) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assertEquals(ear.losses, 0);
  isMute = false;
  await ear.until(() => ear.losses === 1);
  assertEquals(await broker.claim("ada", ["lobby"], ["ada"]), false);
  await broker.close();
  await served.close();
});

Deno.test("RemoteBroker: claims and releases of a user take effect in their order where posts are lost", async () => {
  let isMute = false;
  const { port1, port2 } = new MessageChannel();
  const served = new ServedBroker(new MemoryBroker(BOUNDS), [port1]);
  const broker = await RemoteBroker.connect(new LossyPort(port2, () => isMute), { againMs: 100 });
  isMute = true;
  const claims = [broker.claim("ada", ["lobby"], ["ada"]), broker.claim("ada", ["den"], ["ada"])];
  isMute = false;
  broker.release("ada", ["lobby"]);
  await Promise.all(claims);
  await broker.claim("ada", ["hall"], ["ada"]);
  assertEquals(await served.claim("bob", ["lobby"], ["ada"]), true);
  assertEquals(await served.claim("eve", ["den"], ["ada"]), false);
  await broker.close();
  await served.close();
});

Deno.test("RemoteBroker.publish() is Unavailable when nothing answers, and so is connect()", async () => {
  let isDeaf = false;
  const { port1, port2 } = new MessageChannel();
  const served = new ServedBroker(new MemoryBroker(BOUNDS), [new LossyPort(port1, () => isDeaf)]);
  const broker = await RemoteBroker.connect(port2, { againMs: 50, deadlineMs: 300 });
  isDeaf = true;
  const op = send("a");
  const error = await assertRejects(() => broker.publish([op]), Unavailable);
  assertEquals(error.kept, "unknown");
  assertEquals((await assertRejects(() => broker.get("lobby", ORIGIN), Unavailable)).kept, "no");
  isDeaf = false;
  assertEquals((await broker.publish([op]))[0]?.as, "known");
  await broker.close();
  await served.close();
  const alone = new BroadcastChannel(nextChannel());
  await assertRejects(
    () => RemoteBroker.connect(alone, { deadlineMs: 100, againMs: 50 }),
    Unavailable,
  );
});

Deno.test("RemoteBroker vouches for nothing of another broker that takes over", async () => {
  const name = nextChannel();
  const first = new ServedBroker(new MemoryBroker(BOUNDS), [new BroadcastChannel(name)]);
  const broker = await RemoteBroker.connect(new BroadcastChannel(name), { againMs: 50 });
  const ear = new Ear();
  broker.subscribe(ear);
  const { position } = await keepOne(broker, send("a"));
  await first.close();
  const second = new ServedBroker(new MemoryBroker(BOUNDS), [new BroadcastChannel(name)]);
  await ear.until(() => ear.losses === 1);
  assert(!broker.vouches(position));
  const next = await keepOne(broker, send("b"));
  assert(broker.vouches(next.position) && !broker.vouches(position));
  await broker.close();
  await second.close();
});

Deno.test("RemoteBroker and ServedBroker ignore what is none of their posts, and other channels", async () => {
  const name = nextChannel();
  const served = new ServedBroker(new MemoryBroker(BOUNDS), [new BroadcastChannel(name)]);
  const broker = await RemoteBroker.connect(new BroadcastChannel(name));
  const ear = new Ear();
  broker.subscribe(ear);
  const [stranger, elsewhere] = [new BroadcastChannel(name), new BroadcastChannel(nextChannel())];
  const post = { to: "all", life: "another", feed: 1, events: [{ tell: "lost" }] };
  elsewhere.postMessage(post);
  const junk = [null, 1, "[]", {}, [], { to: "all" }, { to: "broker" }, { to: "broker", from: 1 }];
  for (const value of [...junk, Array(1000).fill(null)]) stranger.postMessage(value);
  await keep(served, send("a"));
  await keep(broker, send("b"));
  assertEquals(ear.heard.map(({ message }) => textOf(message)), ["a", "b"]);
  assertEquals(ear.losses, 0);
  for (const each of [stranger, elsewhere, broker, served]) await each.close();
});

Deno.test("ServedBroker.close() tells the others what was published before", async () => {
  const { hub, one, two } = await makePair();
  const ear = new Ear();
  one.subscribe(ear);
  const call = hub.publish([send("last words")]);
  await hub.close();
  await call;
  await ear.until(() => ear.heard.length === 1);
  for (const broker of [one, two]) await broker.close();
});

/** The time for a Worker, whose modules are type-checked the first time, on a busy machine. */
const WORK_MS = 120_000;

/** What a Worker says in the end. */
interface Report {
  readonly acked: readonly string[];
  readonly log: readonly (readonly [id: string, text: string])[];
  readonly losses: number;
}

function work(task: Task): Promise<Report> {
  const worker = new Worker(new URL("remote_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  const transfer = typeof task.channel === "string" ? [] : [task.channel];
  worker.postMessage(task, transfer);
  return inTime(promise, `${task.name} does not end`, WORK_MS).finally(() => worker.terminate());
}

for (const kind of ["BroadcastChannel", "MessagePort"] as const) {
  Deno.test(`RemoteBroker over a ${kind}: two Workers have one order and lose nothing, a busy one too`, async () => {
    const name = nextChannel();
    const ports = [new MessageChannel(), new MessageChannel()];
    const served = new ServedBroker(
      new MemoryBroker({ ...BOUNDS, roomSize: 10_000, receiptBytes: 1e8 }),
      kind === "MessagePort" ? ports.map(({ port1 }) => port1) : [new BroadcastChannel(name)],
    );
    const reader = new RoomReader(served, "lobby");
    const [one, two] = await Promise.all(["one", "two"].map((each, i) => {
      const channel = kind === "MessagePort" ? ports[i]?.port2 ?? name : name;
      return work({ name: each, channel, messages: 1000, total: 2000, busyMs: i === 0 ? 0 : 300 });
    }));
    assert(one !== undefined && two !== undefined);
    const log = reader.log.map((message) => [message.id, textOf(message)]);
    assertEquals(log.length, 2000);
    for (const each of [one, two]) {
      assertEquals<unknown>(each?.log, log);
      const ids = new Set(log.map(([id]) => id));
      assertEquals(each?.acked.length, 1000);
      assert(each?.acked.every((id) => ids.has(id)));
    }
    await served.close();
    for (const { port1, port2 } of ports) [port1, port2].forEach((port) => port.close());
  });
}
