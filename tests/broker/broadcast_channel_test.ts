import { assertEquals } from "@std/assert";
import type { Publication, Subscriber } from "../../chat/broker/bus.ts";
import { BroadcastChannelBus } from "../../chat/broker/broadcast_channel.ts";
import type { Config } from "../../chat/config/config.ts";
import type { JoinedEvent } from "../../chat/protocol/types.ts";
import { junk, messageOf, testBus } from "./bus_test.ts";
import {
  type FakeClient,
  FakeHub,
  FakeTimers,
  ofType,
  only,
  textsOf,
  UNLIMITED,
} from "../support/fake_hub.ts";

const BUSY: Partial<Config> = { messageRate: UNLIMITED, commandRate: UNLIMITED };

/** How long a test waits for what must come. */
const DEADLINE_MS = 10_000;

let channels = 0;

/** A channel of a test's own. */
const nextChannel = (): string => `bus test ${++channels}`;

/** A bus that tells the test when something has come. */
class WatchedBus extends BroadcastChannelBus {
  /** Everything that has come, from here or elsewhere. */
  readonly came: Publication[] = [];
  #wanted = Infinity;
  #onWanted = () => {};

  override subscribe(subscriber: Subscriber = () => {}): void {
    super.subscribe((publication) => {
      this.came.push(publication);
      subscriber(publication);
      if (this.came.length >= this.#wanted) this.#onWanted();
    });
  }

  /** Resolves when so many publications have come. */
  async hasTaken(count: number): Promise<void> {
    if (this.came.length >= count) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = count;
    this.#onWanted = resolve;
    await inTime(promise, () => `Only ${this.came.length} of ${count} publications came`);
  }
}

/** Waits for a promise, but not for ever. */
async function inTime<T>(promise: Promise<T>, complaint: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint())), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Two instances of one server, on one clock. */
class Pair implements Disposable {
  readonly channel = nextChannel();
  readonly buses = [new WatchedBus(this.channel), new WatchedBus(this.channel)] as const;
  readonly timers = new FakeTimers();
  readonly here: FakeHub;
  readonly there: FakeHub;

  constructor(settings: Partial<Config> = BUSY) {
    const [bus, otherBus] = this.buses;
    this.here = new FakeHub(settings, { bus, timers: this.timers });
    this.there = new FakeHub(settings, { bus: otherBus, timers: this.timers });
  }

  /** Resolves when both have taken all that was published until now. */
  async settled(): Promise<void> {
    const [bus, otherBus] = this.buses;
    const typing = { kind: "typing", room: "nowhere", user: { id: "", name: "" } } as const;
    // Those of one publisher come in their order: these come last.
    const counts = this.buses.map(({ came }) => came.filter(isMarker).length + 2);
    for (const each of this.buses) each.publish(typing);
    for (const [i, each] of [bus, otherBus].entries()) {
      while (each.came.filter(isMarker).length < (counts[i] ?? 0)) {
        await each.hasTaken(each.came.length + 1);
      }
    }
    this.timers.turn();
  }

  [Symbol.dispose](): void {
    this.here.hub.stop();
    this.there.hub.stop();
  }
}

const isMarker = ({ room }: Publication): boolean => room === "nowhere";

const numbersOf = (messages: readonly { readonly text: string }[]): number[] =>
  messages.map(({ text }) => Number(text));

/** The log of a room as `history` pages give it. */
function historyOf(client: FakeClient): string[] {
  const command = { type: "history", room: "lobby", limit: 200 };
  return only(client.ask(command), "history").messages.map(({ id }) => id);
}

const idsOf = ({ messages }: JoinedEvent): string[] => messages.map(({ id }) => id);

testBus("BroadcastChannelBus", () => new BroadcastChannelBus(nextChannel()));

/** Runs a test with two buses of one channel, each of which is subscribed to. */
function testTwo(
  behaviour: string,
  run: (one: WatchedBus, other: WatchedBus, channel: string) => Promise<void>,
): void {
  Deno.test(`BroadcastChannelBus.${behaviour}`, async () => {
    const channel = nextChannel();
    const buses = [new WatchedBus(channel), new WatchedBus(channel)] as const;
    try {
      for (const bus of buses) bus.subscribe();
      await run(...buses, channel);
    } finally {
      for (const bus of buses) bus.close();
    }
  });
}

testTwo("publish() reaches the other instance, and is echoed to neither", async (one, other) => {
  one.publish(messageOf("one"));
  await other.hasTaken(1);
  other.publish(messageOf("two"));
  await one.hasTaken(2);
  assertEquals([one.came, other.came], [
    [messageOf("one"), messageOf("two")],
    [messageOf("one"), messageOf("two")],
  ]);
});

testTwo("publish() carries typing over", async (one, other) => {
  const typing = { kind: "typing", room: "lobby", user: { id: "a", name: "Ada" } } as const;
  one.publish(typing);
  await other.hasTaken(1);
  assertEquals(other.came, [typing]);
});

testTwo("publish() loses nothing of a burst of 10,000, and keeps its order", async (one, other) => {
  const publications = Array.from({ length: 10_000 }, (_, i) => messageOf(`${i}`));
  for (const publication of publications) one.publish(publication);
  await other.hasTaken(10_000);
  assertEquals(other.came, publications);
});

testTwo("close() posts what still waits", async (one, other) => {
  one.publish(messageOf("last words"));
  one.close();
  await other.hasTaken(1);
  assertEquals(other.came, [messageOf("last words")]);
});

testTwo("publish() does not reach another channel", async (one, other, channel) => {
  const stranger = new WatchedBus(`${channel} of another server`);
  stranger.subscribe();
  one.publish(messageOf("hi"));
  await other.hasTaken(1);
  stranger.close();
  assertEquals(stranger.came, []);
});

testTwo("subscribe() ignores what is no publication", async (one, other, channel) => {
  const stranger = new BroadcastChannel(channel);
  for (const value of [null, 1, "[]", {}, [], junk(), [junk()], Array(100_000).fill(null)]) {
    stranger.postMessage(value);
  }
  stranger.postMessage([null, messageOf("first"), {}, messageOf("second")]);
  await Promise.all([one.hasTaken(2), other.hasTaken(2)]);
  stranger.close();
  assertEquals([one.came, other.came], [
    [messageOf("first"), messageOf("second")],
    [messageOf("first"), messageOf("second")],
  ]);
});

/** Runs a test with two hubs that share a bus. */
function testPair(behaviour: string, run: (pair: Pair) => Promise<void>): void {
  Deno.test(`Hub of two instances ${behaviour}`, async () => {
    using pair = new Pair();
    await run(pair);
  });
}

testPair("tells the members at the other what was said at one, once", async (pair) => {
  const [ada, bob] = [pair.here.member("Ada"), pair.there.member("Bob")];
  ada.say("hi");
  await pair.settled();
  const [message, same] = [only(ada.read(), "message"), only(bob.read(), "message")];
  assertEquals(message, same);
  assertEquals([message.text, message.user], ["hi", ada.user]);
});

testPair("gives a newcomer at the other what was said at one", async (pair) => {
  pair.here.member("Ada").say("hi");
  await pair.settled();
  assertEquals(textsOf(pair.there.client("Bob").join("lobby").messages), ["hi"]);
});

testPair("tells the members at the other who is typing", async (pair) => {
  const [ada, bob] = [pair.here.member("Ada"), pair.there.member("Bob")];
  ada.send({ type: "typing", room: "lobby" });
  await pair.settled();
  assertEquals(bob.readOf("typing").map(({ user }) => user), [ada.user]);
});

testPair("does not tell a user at the other that the user is typing", async (pair) => {
  const [ada, other] = [pair.here.member("Ada"), pair.there.member("Ada")];
  ada.send({ type: "typing", room: "lobby" });
  await pair.settled();
  assertEquals(other.readOf("typing"), []);
});

testPair("keeps both logs in the order of their ids", async (pair) => {
  const clients = [pair.here.member("Ada"), pair.there.member("Bob")];
  for (let i = 0; i < 50; i++) {
    for (const client of clients) client.say(`${i}`);
    if (i % 7 === 0) await pair.settled();
  }
  await pair.settled();
  const [log, otherLog] = clients.map(historyOf);
  assertEquals(log?.length, 100);
  assertEquals(log, log?.toSorted());
  assertEquals(log, otherLog);
  const joined = [pair.here, pair.there].map((fake) => idsOf(fake.client("Carol").join("lobby")));
  assertEquals(joined, [log, log]);
});

testPair("gives each message once to each, in whatever order they come", async (pair) => {
  const clients = [pair.here.member("Ada"), pair.there.member("Bob")];
  for (let i = 0; i < 50; i++) {
    for (const [at, client] of clients.entries()) client.say(`${2 * i + at}`);
  }
  await pair.settled();
  for (const client of clients) {
    const numbers = numbersOf(client.readOf("message"));
    assertEquals(numbers.toSorted((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  }
});

testPair("gives late messages once to one who was held", async (pair) => {
  const [ada, bob, slow] = [
    pair.here.member("Ada"),
    pair.there.member("Bob"),
    pair.here.member("Slow"),
  ];
  ada.say("0");
  slow.read();
  bob.say("1");
  ada.say("2");
  pair.timers.turn();
  slow.transport.bufferedAmount = 1e9;
  await pair.settled();
  ada.say("3");
  await pair.settled();
  slow.transport.take();
  pair.timers.pass(100);
  assertEquals(numbersOf(slow.readOf("message")).toSorted(), [1, 2, 3]);
});

testPair("repeats to one who resumes what may have come late, and misses nothing", async (pair) => {
  const [ada, bob] = [pair.here.member("Ada"), pair.there.member("Bob")];
  pair.timers.pass(5000);
  ada.say("late");
  // Of one millisecond, either could be the older one.
  pair.timers.pass(1);
  bob.say("seen");
  const since = only(bob.read(), "ack").id;
  bob.drop();
  await pair.settled();
  const { complete, messages } = pair.there.client("Bob").join("lobby", since);
  assertEquals([complete, textsOf(messages)], [true, ["late", "seen"]]);
});

testPair("knows a message at the other that is sent again", async (pair) => {
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  const first = only(pair.here.member("Ada").ask(command), "ack");
  await pair.settled();
  const again = pair.there.member("Ada").ask(command);
  assertEquals(again, [{ ...first, duplicate: true }]);
});

testPair("makes newer ids than those that came from the other", async (pair) => {
  pair.there.clockError = 60_000;
  pair.there.member("Bob").say("question");
  await pair.settled();
  const ada = pair.here.member("Ada");
  ada.say("answer");
  await pair.settled();
  assertEquals(textsOf(pair.there.client("Carol").join("lobby").messages), ["question", "answer"]);
  assertEquals(historyOf(ada), historyOf(ada).toSorted());
});

for (
  const [what, since] of [
    ["newer than all", "7".padEnd(26, "Z")],
    ["newer than can be", "Z".repeat(26)],
    ["older than all", "0".repeat(26)],
  ] as const
) {
  testPair(`answers a since ${what} with the newest, incomplete`, async (pair) => {
    pair.here.member("Ada").say("hi");
    await pair.settled();
    const { complete, messages } = pair.here.client("Bob").join("lobby", since);
    assertEquals([complete, textsOf(messages)], [false, ["hi"]]);
  });
}

testPair("leaves no member behind whose since was impossible", async (pair) => {
  const bob = pair.here.client("Bob");
  bob.ask({ type: "join", room: "lobby", since: "Z".repeat(26) });
  bob.drop();
  pair.timers.pass(10_000);
  await pair.settled();
  assertEquals(pair.here.client("Carol").join("lobby").count, 1);
});

testPair("vouches for the head of a room in which nothing was said", async (pair) => {
  pair.timers.pass(60_000);
  const { head } = pair.here.client("Ada").join("lobby");
  pair.timers.pass(60_000);
  pair.there.member("Bob").say("hi");
  await pair.settled();
  const { complete, messages } = pair.here.client("Ada").join("lobby", head);
  assertEquals([complete, textsOf(messages)], [true, ["hi"]]);
});

testPair("vouches for the newest message after the clock was set back", async (pair) => {
  pair.timers.pass(60_000);
  const ada = pair.here.member("Ada");
  ada.say("hi");
  const { id } = only(ada.read(), "ack");
  pair.here.clockError = -60_000;
  await pair.settled();
  assertEquals(pair.here.client("Bob").join("lobby", id).complete, true);
});

Deno.test("Hub of two instances does not vouch for messages for which it had no room", async () => {
  using pair = new Pair({ maxRooms: 1 });
  const [ada, bob] = [pair.here.member("Ada"), pair.there.member("Bob", "other")];
  pair.timers.pass(5000);
  ada.say("one");
  const since = only(ada.read(), "ack").id;
  ada.say("two");
  await pair.settled();
  bob.ask({ type: "leave", room: "other" });
  assertEquals(bob.join("lobby", since).complete, false);
});

testPair("goes on after junk that looks like messages", async (pair) => {
  const ada = pair.here.member("Ada");
  const stranger = new BroadcastChannel(pair.channel);
  stranger.postMessage([...junk(), messageOf("from elsewhere")]);
  await pair.buses[0].hasTaken(1);
  stranger.close();
  const events = ada.ask({ type: "send", ref: "r", room: "lobby", text: "hi" });
  await pair.settled();
  assertEquals(ofType(events, "ack").length, 1);
});

testPair("loses nothing of a burst at one for those at the other", async (pair) => {
  const [ada, bob] = [pair.here.member("Ada"), pair.there.member("Bob")];
  for (let i = 0; i < 1000; i++) ada.say(`${i}`);
  await pair.settled();
  assertEquals(numbersOf(bob.readOf("message")), Array.from({ length: 1000 }, (_, i) => i));
});

/** The other instance: Bob, who answers the first message that he is told. */
const WORKER = `
  import { BroadcastChannelBus } from "${new URL(
  "../../chat/broker/broadcast_channel.ts",
  import.meta.url,
)}";
  import { FakeHub, FakeTimers } from "${new URL("../support/fake_hub.ts", import.meta.url)}";

  self.onmessage = ({ data: { channel, now } }) => {
    const bus = new BroadcastChannelBus(channel);
    const fake = new FakeHub({}, { bus, timers: new FakeTimers(now) });
    const bob = fake.member("Bob");
    bob.transport.send = (frame) => {
      if (frame.includes("question")) queueMicrotask(() => bob.say("answer"));
    };
    fake.timers.soon = (callback) => callback();
    self.postMessage("ready");
  };
`;

Deno.test("Hub of two isolates delivers the messages of each to the members at the other", async () => {
  const channel = nextChannel();
  const bus = new WatchedBus(channel);
  const fake = new FakeHub({}, { bus });
  const ada = fake.member("Ada");
  const url = `data:application/javascript,${encodeURIComponent(WORKER)}`;
  const worker = new Worker(url, { type: "module" });
  try {
    const { promise, resolve } = Promise.withResolvers<MessageEvent>();
    worker.onmessage = resolve;
    worker.postMessage({ channel, now: fake.timers.now });
    await inTime(promise, () => "The worker did not start");
    ada.say("question");
    await bus.hasTaken(2);
    assertEquals(ada.readOf("message").map(({ text, user }) => [user.name, text]), [
      ["Ada", "question"],
      ["Bob", "answer"],
    ]);
  } finally {
    worker.terminate();
    fake.hub.stop();
  }
});
