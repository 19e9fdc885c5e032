/**
 * Joins of a room that is read again after a restart: each client gets all that it has missed, and
 * memory takes no more than that needs.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { OpenedRoom } from "../../chat/broker/broker.ts";
import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { keep, put, send } from "../broker/ops.ts";
import { committed, OPTIONS } from "../broker/sqlite_folder.ts";
import { FakeHub, ofType, only, textsOf, UNLIMITED } from "../support/fake_hub.ts";

const RING = 50;
const JOIN = 10;

/** Counts what is read of rooms, and can be held up. */
class CountingBroker extends SqliteBroker {
  readonly limits: number[] = [];
  gate: Promise<void> = Promise.resolve();

  override async open(room: string, limit: number): Promise<OpenedRoom> {
    this.limits.push(limit);
    const opened = await super.open(room, limit);
    await this.gate;
    return opened;
  }
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${from + i}`);

/** Runs a test with a hub that has read nothing of a lobby with 100 messages, and their positions. */
function testReopened(
  behaviour: string,
  run: (scene: {
    readonly fake: FakeHub;
    readonly broker: CountingBroker;
    readonly positions: readonly string[];
  }) => Promise<void>,
): void {
  Deno.test(behaviour, async () => {
    const folder = Deno.makeTempDirSync();
    const before = new SqliteBroker({ ...OPTIONS, folder });
    const kept = await keep(before, ...numbered(0, 100).map((text) => send(text)));
    await before.close();
    const broker = new CountingBroker({ ...OPTIONS, folder });
    const fake = new FakeHub({
      historySize: RING,
      joinHistory: JOIN,
      messageRate: UNLIMITED,
      commandRate: UNLIMITED,
    }, { createBroker: () => broker, settle: committed });
    try {
      await run({ fake, broker, positions: kept.map(({ position }) => position) });
    } finally {
      await fake.hub.stop();
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

testReopened("join() reads as much of a room as newcomers are given", async ({ fake, broker }) => {
  const { messages, more, complete } = await (await fake.client("Ada")).join("lobby");
  assertEquals([textsOf(messages), more, complete], [numbered(90, 100), true, true]);
  assertEquals([broker.limits, fake.hub.gauges().messagesKept], [[JOIN + 1], JOIN]);
});

for (
  const [missed, reads] of [
    [0, [JOIN + 1]],
    [1, [JOIN + 1]],
    [JOIN, [JOIN + 1]],
    [JOIN + 1, [JOIN + 1, RING + 1]],
    [RING, [JOIN + 1, RING + 1]],
  ] as const
) {
  testReopened(
    `join() gives a client the ${missed} messages that it has missed, once each`,
    async ({ fake, broker, positions }) => {
      const ada = await fake.client("Ada");
      const since = positions[99 - missed];
      const events = await ada.ask({ type: "join", room: "lobby", since });
      const joined = only(events, "joined");
      assertEquals(joined.complete, true);
      assertEquals(joined.follow, Math.max(0, missed - JOIN));
      const texts = [...textsOf(joined.messages), ...textsOf(ofType(events, "message"))];
      assertEquals(texts, numbered(100 - missed, 100));
      assertEquals(broker.limits, reads);
      ada.say("next");
      assertEquals(textsOf(ofType(await ada.read(), "message")), ["next"]);
    },
  );
}

testReopened(
  "join() tells a client that missed more than memory holds so, and reads nothing for it again",
  async ({ fake, broker, positions }) => {
    for (const name of ["Ada", "Bob"]) {
      const joined = await (await fake.client(name)).join("lobby", positions[99 - RING - 1]);
      assertEquals([joined.complete, textsOf(joined.messages)], [false, numbered(90, 100)]);
    }
    assertEquals(broker.limits, [JOIN + 1, RING + 1]);
    assertEquals(fake.hub.gauges().messagesKept, RING);
  },
);

testReopened(
  "join() reads a room further back once for all who wait for it",
  async ({ fake, broker, positions }) => {
    await (await fake.client("First")).join("lobby");
    const clients = [];
    for (let i = 0; i < 5; i++) clients.push(await fake.client(`Client ${i}`));
    for (const [i, client] of clients.entries()) {
      client.send({ type: "join", room: "lobby", since: positions[60 + i] });
    }
    for (const [i, client] of clients.entries()) {
      const events = await client.read();
      const joined = only(events, "joined");
      assertEquals(joined.complete, true);
      const texts = [...textsOf(joined.messages), ...textsOf(ofType(events, "message"))];
      assertEquals(texts, numbered(61 + i, 100));
    }
    assertEquals(broker.limits, [JOIN + 1, RING + 1]);
  },
);

testReopened(
  "join() gives what was said, changed and dropped while the room was read further back",
  async ({ fake, broker, positions }) => {
    const first = await fake.member("First");
    const ada = await fake.client("Ada");
    const { promise, resolve } = Promise.withResolvers<void>();
    broker.gate = promise;
    ada.send({ type: "join", room: "lobby", since: positions[79] });
    await fake.turn();
    const changed = await broker.get("lobby", positions[85] ?? "");
    await keep(broker, put(changed, "85 changed"), send("100"));
    await first.read();
    resolve();
    const events = await ada.read();
    const joined = only(events, "joined");
    assertEquals(joined.complete, true);
    const texts = [...textsOf(joined.messages), ...textsOf(ofType(events, "message"))];
    assertEquals(texts, [
      ...numbered(80, 85),
      ...numbered(86, 100),
      "85 changed",
      "100",
    ]);
  },
);
