/**
 * Joins of a room in which old messages were changed, with every broker.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Broker, Message, MessagePage, PageBound } from "../../chat/broker/broker.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import { RemoteBroker } from "../../chat/broker/remote.ts";
import { ServedBroker } from "../../chat/broker/served.ts";
import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { keep, put, send } from "../broker/ops.ts";
import { committed, OPTIONS } from "../broker/sqlite_folder.ts";
import { type FakeClient, FakeHub, only, settled, textsOf } from "../support/fake_hub.ts";

const RING = 20;

/** A hub, and how its broker is made. */
interface Scene {
  readonly fake: FakeHub;
  readonly broker: Broker;
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${from + i}`);

/** Runs a test with a hub by each broker, and a room of 100 messages of which 15 old ones were changed. */
function testEach(
  behaviour: string,
  joinHistory: number,
  run: (scene: Scene) => Promise<void>,
): void {
  const make = (createBroker: () => Broker, settle: () => Promise<void>) =>
    new FakeHub({ historySize: RING, joinHistory }, { createBroker, settle });

  Deno.test(`SqliteBroker: ${behaviour}`, async () => {
    const folder = Deno.makeTempDirSync();
    const fake = make(() => new SqliteBroker({ ...OPTIONS, folder }), committed);
    try {
      await run({ fake, broker: fake.broker });
    } finally {
      await fake.hub.stop();
      Deno.removeSync(folder, { recursive: true });
    }
  });

  Deno.test(`RemoteBroker: ${behaviour}`, async () => {
    const { port1, port2 } = new MessageChannel();
    const bounds = { now: Date.now, roomSize: 1000, maxBytes: 1e8, receiptBytes: 1e6 };
    const served = new ServedBroker(new MemoryBroker(bounds), [port1]);
    const remote = await RemoteBroker.connect(port2);
    const settle = async () => {
      for (let i = 0; i < 3; i++) await remote.get("lobby", "");
      await settled();
    };
    const fake = make(() => remote, settle);
    await run({ fake, broker: remote });
    await fake.hub.stop();
    await served.close();
  });
}

Deno.test("MemoryBroker: a newcomer is given everything that is kept, by id", async () => {
  const fake = new FakeHub({ historySize: RING });
  const { broker } = fake;
  await fake.member("Keeper");
  const receipts = await keep(broker, ...numbered(0, 30).map((text) => send(text)));
  await keep(
    broker,
    ...receipts.slice(15, 25).map((receipt, i) => put(receipt, `${15 + i} changed`)),
  );
  await keep(broker, send("30"), send("31"));
  await fake.turn();
  const { messages, more, floor } = await (await fake.client("Bob")).join("lobby");
  const changed = numbered(15, 25).map((text) => `${text} changed`);
  assertEquals(textsOf(messages), [...numbered(12, 15), ...changed, ...numbered(25, 32)]);
  assertEquals([more, floor], [false, receipts[11]?.position]);
});

/** Says 0 to 99, and changes 0 to 14. */
async function fill({ fake, broker }: Scene): Promise<void> {
  await fake.member("Keeper");
  const receipts = await keep(broker, ...numbered(0, 100).map((text) => send(text)));
  await keep(broker, ...receipts.slice(0, 15).map((receipt, i) => put(receipt, `${i} changed`)));
  await fake.turn();
}

testEach(
  "a newcomer is given the newest messages by id, as many as are usual",
  200,
  async (scene) => {
    await fill(scene);
    const bob = await scene.fake.client("Bob");
    const { messages, complete, more } = await bob.join("lobby");
    assertEquals([textsOf(messages), complete, more], [numbered(80, 100), true, true]);
  },
);

testEach("a newcomer is given no more messages than are wanted", 7, async (scene) => {
  await fill(scene);
  const { messages, more } = await (await scene.fake.client("Bob")).join("lobby");
  assertEquals([textsOf(messages), more], [numbered(93, 100), true]);
});

testEach("one whose since is unknown is given the newest by id, incomplete", 200, async (scene) => {
  await fill(scene);
  const bob = await scene.fake.client("Bob");
  const { messages, complete, more } = await bob.join("lobby", "7".padEnd(26, "Z"));
  assertEquals([textsOf(messages), complete, more], [numbered(80, 100), false, true]);
});

testEach("a newcomer is given everything of a room that has little", 200, async (scene) => {
  const { fake, broker } = scene;
  await fake.member("Keeper");
  const receipts = await keep(broker, ...numbered(0, RING + 1).map((text) => send(text)));
  const [first] = receipts;
  await keep(broker, put(first, "0 changed"));
  await fake.turn();
  const { messages, more } = await (await fake.client("Bob")).join("lobby");
  assertEquals([textsOf(messages), more], [numbered(1, RING + 1), true]);
});

/** A broker whose pages wait until they are let go, after they were read. */
class SlowPages extends SqliteBroker {
  gate = Promise.resolve();

  override async page(room: string, bound: PageBound, limit: number): Promise<MessagePage> {
    const page = await super.page(room, bound, limit);
    await this.gate;
    return page;
  }
}

/** Runs a test while the newest messages are read for Bob, who joins. */
function testWhileRead(
  behaviour: string,
  meanwhile: (scene: Scene, receipts: readonly Message[]) => Promise<void>,
  then: (bob: FakeClient, scene: Scene) => Promise<void>,
): void {
  Deno.test(`Hub ${behaviour}`, async () => {
    const folder = Deno.makeTempDirSync();
    const broker = new SlowPages({ ...OPTIONS, folder });
    const fake = new FakeHub({ historySize: RING }, {
      createBroker: () => broker,
      settle: committed,
    });
    try {
      await fill({ fake, broker });
      const { messages } = await broker.page("lobby", {}, 3);
      const { promise, resolve } = Promise.withResolvers<void>();
      broker.gate = promise;
      const bob = await fake.client("Bob");
      bob.send({ type: "join", room: "lobby" });
      await fake.turn();
      await meanwhile({ fake, broker }, messages);
      await fake.turn();
      assertEquals(await bob.read(), []);
      resolve();
      await then(bob, { fake, broker });
    } finally {
      await fake.hub.stop();
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

testWhileRead(
  "gives a newcomer what is said and changed while its messages are read, once",
  async ({ broker }, [, second]) => {
    await keep(broker, send("said"), put(second, "98 changed"));
  },
  async (bob, { fake, broker }) => {
    const { messages, head } = only(await bob.read(), "joined");
    const texts = [...numbered(81, 98), "98 changed", "99", "said"];
    assertEquals(textsOf(messages), texts);
    assertEquals(head, messages.find(({ text }) => text === "98 changed")?.changed);
    await keep(broker, send("next"));
    await fake.turn();
    assertEquals(textsOf(await bob.readOf("message")), ["next"]);
  },
);

testWhileRead(
  "gives a newcomer only what is in memory when much is said while its messages are read",
  async ({ broker }) => {
    await keep(broker, ...numbered(100, 100 + RING + 5).map((text) => send(text)));
  },
  async (bob) => {
    const { messages, complete, more } = only(await bob.read(), "joined");
    assertEquals([textsOf(messages), complete, more], [numbered(105, 125), true, true]);
  },
);

testWhileRead(
  "adds no cursor for a client that is gone when its messages were read",
  () => Promise.resolve(),
  async (bob, { fake }) => {
    bob.drop();
    await fake.turn();
    assertEquals([bob.connection.cursors.size, fake.hub.userCount], [0, 1]);
  },
);
