/**
 * Hubs of several isolates, which share the broker of one of them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { memoryBounds, MemoryBroker } from "../../chat/broker/memory.ts";
import { RemoteBroker } from "../../chat/broker/remote.ts";
import { ServedBroker } from "../../chat/broker/served.ts";
import { type Config, parseConfig } from "../../chat/config/config.ts";
import {
  type FakeClient,
  FakeHub,
  FakeTimers,
  only,
  settled,
  textsOf,
  UNLIMITED,
} from "../support/fake_hub.ts";

/** The configuration of both hubs. */
interface PairSettings extends Partial<Config> {
  /** Messages that the broker keeps of a room; left out: as many as a hub. */
  readonly roomSize?: number;
}

/** Two hubs: the broker is here, and reached from there. */
class Pair implements AsyncDisposable {
  readonly timers: FakeTimers;
  readonly here: FakeHub;
  readonly there: FakeHub;

  private constructor(timers: FakeTimers, here: FakeHub, there: FakeHub) {
    this.timers = timers;
    this.here = here;
    this.there = there;
  }

  static async make({ roomSize, ...settings }: PairSettings = {}): Promise<Pair> {
    const { port1, port2 } = new MessageChannel();
    const timers = new FakeTimers();
    const config = { ...parseConfig({}), messageRate: UNLIMITED, commandRate: UNLIMITED };
    const all = { ...config, ...settings };
    const clocks = { now: () => timers.now, elapsed: () => timers.now };
    const bounds = { ...memoryBounds(all), ...clocks, ...(roomSize !== undefined && { roomSize }) };
    const served = new ServedBroker(new MemoryBroker(bounds), [port1]);
    const remote = await RemoteBroker.connect(port2);
    // The answer comes after everything that was told before, by the same port.
    const settle = async () => {
      await settled();
      for (let i = 0; i < 4; i++) await remote.get("lobby", "");
      await settled();
    };
    const here = new FakeHub(all, { timers, createBroker: () => served, settle });
    const there = new FakeHub(all, { timers, createBroker: () => remote, settle });
    return new Pair(timers, here, there);
  }

  async settled(): Promise<void> {
    await this.here.turn();
    await this.there.turn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.there.hub.stop();
    await this.here.hub.stop();
  }
}

/** Runs a test with two hubs that share a broker, and again with their roles exchanged. */
function testPair(
  behaviour: string,
  run: (one: FakeHub, other: FakeHub, pair: Pair) => Promise<void>,
  settings: PairSettings = {},
): void {
  Deno.test(`Hubs of two isolates: ${behaviour}`, async (t) => {
    for (const name of ["the broker is at one", "the broker is at the other"]) {
      await t.step(name, async () => {
        await using pair = await Pair.make(settings);
        const hubs = [pair.here, pair.there] as const;
        const [one, other] = name.endsWith("one") ? hubs : [hubs[1], hubs[0]];
        await run(one, other, pair);
      });
    }
  });
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function idsTold(client: FakeClient): Promise<string[]> {
  return (await client.readOf("message")).map(({ id }) => id);
}

testPair(
  "the members at the other are told what was said at one, once",
  async (one, other, pair) => {
    const [ada, bob] = [await one.member("Ada"), await other.member("Bob")];
    ada.say("hi");
    await pair.settled();
    const [message, same] = [only(await ada.read(), "message"), only(await bob.read(), "message")];
    assertEquals(message, same);
    assertEquals([message.text, message.user], ["hi", ada.user]);
  },
);

testPair("a newcomer at the other is given what was said at one", async (one, other) => {
  const ada = await one.member("Ada");
  ada.say("hi");
  await one.turn();
  assertEquals(textsOf((await (await other.client("Bob")).join("lobby")).messages), ["hi"]);
});

testPair(
  "the members at the other are told who is typing, but not the user",
  async (one, other) => {
    const [ada, bob, same] = [
      await one.member("Ada"),
      await other.member("Bob"),
      await other.member("Ada"),
    ];
    ada.send({ type: "typing", room: "lobby" });
    await one.turn();
    assertEquals((await bob.readOf("typing")).map(({ user }) => user), [ada.user]);
    assertEquals(await same.readOf("typing"), []);
  },
);

testPair("everybody is told everything in one order, once", async (one, other, pair) => {
  const clients = [await one.member("Ada"), await other.member("Bob")];
  for (const i of range(50)) {
    for (const client of clients) client.say(`${i}`);
    if (i % 7 === 0) await pair.settled();
  }
  await pair.settled();
  const [told, toldToo] = await Array.fromAsync(clients, idsTold);
  assertEquals([told?.length, new Set(told).size], [100, 100]);
  assertEquals(told, told?.toSorted());
  assertEquals(told, toldToo);
  for (const hub of [one, other]) {
    const { messages } = await (await hub.client("Carol")).join("lobby");
    assertEquals(messages.map(({ id }) => id), told);
  }
});

testPair("nothing of a burst at one is lost for those at the other", async (one, other, pair) => {
  const [ada, bob] = [await one.member("Ada"), await other.member("Bob")];
  for (const i of range(1000)) ada.say(`${i}`);
  await pair.settled();
  assertEquals(textsOf(await bob.readOf("message")).map(Number), range(1000));
});

testPair("one who resumes at the other misses nothing", async (one, other, pair) => {
  const [ada, bob] = [await one.member("Ada"), await other.member("Bob")];
  ada.say("seen");
  await pair.settled();
  const since = only(await bob.read(), "message").id;
  ada.say("missed");
  bob.say("too");
  bob.drop();
  await pair.settled();
  const { complete, messages } = await (await one.client("Bob")).join("lobby", since);
  assertEquals([complete, textsOf(messages).toSorted()], [true, ["missed", "too"]]);
});

testPair("one who was held is given all that was said at both, once", async (one, other, pair) => {
  const [ada, bob, slow] = [
    await one.member("Ada"),
    await other.member("Bob"),
    await one.member("Slow"),
  ];
  ada.say("0");
  await pair.settled();
  await slow.read();
  slow.transport.bufferedAmount = 1e9;
  bob.say("1");
  ada.say("2");
  await pair.settled();
  bob.say("3");
  await pair.settled();
  assertEquals(textsOf(await slow.readOf("message")), []);
  slow.transport.take();
  await one.pass(100);
  assertEquals(textsOf(await slow.readOf("message")).toSorted(), ["1", "2", "3"]);
});

testPair("one whose since was impossible leaves no member behind", async (one, _other, pair) => {
  const bob = await one.client("Bob");
  await bob.ask({ type: "join", room: "lobby", since: "7".padEnd(26, "Z") });
  bob.drop();
  await one.pass(10_000);
  await pair.settled();
  assertEquals((await (await one.client("Carol")).join("lobby")).count, 1);
});

testPair("a message that is sent again at the other is known", async (one, other) => {
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  const first = only(await (await one.member("Ada")).ask(command), "ack");
  const again = await (await other.member("Ada")).ask(command);
  assertEquals(only(again, "ack"), { ...first, duplicate: true });
});

testPair(
  "a ref that is sent to both at the same moment makes one message",
  async (one, other, pair) => {
    const clients = [await one.member("Ada"), await other.member("Ada")];
    for (const client of clients) {
      client.send({
        type: "send",
        ref: "r",
        room: "lobby",
        text: "hi",
      });
    }
    await pair.settled();
    const acks = await Array.fromAsync(clients, async (client) => only(await client.read(), "ack"));
    assertEquals(acks[0]?.id, acks[1]?.id);
    assertEquals(acks.map(({ duplicate }) => duplicate).toSorted(), [false, true]);
  },
);

for (
  const [what, since] of [
    ["newer than all", "7".padEnd(26, "Z")],
    ["newer than can be", "Z".repeat(26)],
    ["older than all", "0".repeat(26)],
  ] as const
) {
  testPair(`a since ${what} is answered with the newest, incomplete`, async (one, other, pair) => {
    const ada = await one.member("Ada");
    ada.say("hi");
    await pair.settled();
    const { complete, messages } = await (await other.client("Bob")).join("lobby", since);
    assertEquals([complete, textsOf(messages)], [false, ["hi"]]);
  });
}

testPair(
  "the head of a room in which nothing was said is vouched for",
  async (one, other, pair) => {
    const { head } = await (await one.client("Ada")).join("lobby");
    const bob = await other.member("Bob");
    bob.say("hi");
    await pair.settled();
    const { complete, messages } = await (await one.client("Ada")).join("lobby", head);
    assertEquals([complete, textsOf(messages)], [true, ["hi"]]);
  },
);

testPair("an instance reads a room that it had no place for", async (one, other, pair) => {
  const [ada, bob] = [await one.member("Ada"), await other.member("Bob", "other")];
  ada.say("one");
  const since = only(await ada.read(), "ack").id;
  ada.say("two");
  await pair.settled();
  await bob.ask({ type: "leave", room: "other" });
  const { complete, messages } = await bob.join("lobby", since);
  assertEquals([complete, textsOf(messages)], [true, ["two"]]);
}, { maxRooms: 1 });

for (const [what, historySize] of [["fewer", 5], ["as many", 10], ["more", 20]] as const) {
  testPair(
    `the floor is that of the broker, of whose messages a ring holds ${what}`,
    async (one, other, pair) => {
      const [ada, bob] = [await one.member("Ada"), await other.member("Bob")];
      for (const i of range(30)) {
        ada.say(`${i}`);
        await pair.settled();
      }
      const told = await bob.readOf("message");
      assertEquals(textsOf(told).map(Number), range(30));
      const carol = await other.client("Carol");
      const { floor, head } = await carol.join("lobby");
      assertEquals(floor, told[19]?.id);
      const ask = { type: "history", room: "lobby", limit: 200 };
      const { messages, moreAfter } = only(await carol.ask({ ...ask, since: floor }), "history");
      assertEquals(textsOf(messages).map(Number), range(30).slice(20));
      assertEquals([moreAfter, messages.at(-1)?.id], [false, head]);
      const all = only(await carol.ask(ask), "history");
      assertEquals([all.messages, all.more], [messages, false]);
    },
    { historySize, roomSize: 10 },
  );
}
