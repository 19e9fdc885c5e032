/**
 * What survives when connections and servers do not. For longer, and with another seed:
 * `deno task faults 300 7`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { SeededRandom } from "../support/seeded_random.ts";
import {
  ackedBy,
  assertGapsAnnounced,
  assertNothingLost,
  ClientState,
} from "../support/client_state.ts";
import { ANY_PORT, dataFolder, ServerProcess, UNLIMITED } from "../support/server_process.ts";
import { ReconnectingClient } from "../support/reconnecting_client.ts";
import { type Lane, type Link, TcpProxy } from "../support/tcp_proxy.ts";

const [SECONDS = Number(Deno.env.get("FAULTS_SECONDS") ?? 4), SEED = 20_260_801] = Deno.args.map(
  Number,
);

/** How often a server with a data folder is started: less in the short form. */
const LIVES = SECONDS < 10 ? 6 : 20;

/** Short answers, so that much follows a `joined`, and clients who soon ask. */
const SETTINGS = {
  ...ANY_PORT,
  ...UNLIMITED,
  CHAT_HEARTBEAT_MS: "500",
  CHAT_JOIN_HISTORY: "20",
} as const;

/** What a network does to one direction of a connection, until it is mended. */
const AILMENTS: readonly ((lane: Lane, chance: SeededRandom) => void)[] = [
  (lane) => lane.stall(),
  (lane) => lane.maxPieceBytes = 1,
  (lane, chance) => lane.maxPieceBytes = 1 + chance.below(50),
  (lane, chance) => lane.delayMs = 1 + chance.below(50),
];

function mend(lane: Lane): void {
  Object.assign(lane, { delayMs: 0, maxPieceBytes: Infinity });
  lane.resume();
}

/** Ends a connection, or harms it for a while: at times for longer than two heartbeats. */
async function harm(link: Link, chance: SeededRandom): Promise<void> {
  const cut = chance.pick(["fin", "rst"] as const);
  if (chance.chance(0.2)) return link.cut(cut);
  const ailment = chance.pick(AILMENTS);
  const lanes = chance.pick([[link.up], [link.down], [link.up, link.down]]);
  for (const lane of lanes) ailment(lane, chance);
  await delay(chance.below(ailment === AILMENTS[0] ? 1500 : 150));
  if (chance.chance(0.3)) return link.cut(cut);
  for (const lane of lanes) mend(lane);
}

/** Everyone in the room. */
class Crowd implements AsyncDisposable {
  readonly memories: readonly ClientState[];
  readonly #talkers: readonly ReconnectingClient[];
  readonly #chance = new SeededRandom(SEED);

  private constructor(talkers: readonly ReconnectingClient[]) {
    this.#talkers = talkers;
    this.memories = talkers.map(({ state }) => state);
  }

  /** So many users, once they have joined. */
  static async gather(port: number, count: number): Promise<Crowd> {
    const talkers = Array.from(
      { length: count },
      (_, i) =>
        new ReconnectingClient(port, new ClientState(`Talker ${i}`), new SeededRandom(SEED + i)),
    );
    const crowd = new Crowd(talkers);
    await crowd.#all(({ state }) => state.position !== undefined, "join");
    return crowd;
  }

  /** Talks for a time, while the links of a proxy are harmed. */
  async talk(seconds: number, links: ReadonlySet<Link> = new Set()): Promise<void> {
    const harms: Promise<void>[] = [];
    for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
      await delay(this.#chance.below(10));
      for (let i = 0; i < 3; i++) this.#speak();
      if (links.size > 0) harms.push(harm(this.#chance.pick([...links]), this.#chance));
    }
    await Promise.all(harms);
  }

  #speak(): void {
    this.#chance.pick(this.#talkers).send("x".repeat(this.#chance.below(100)));
  }

  /** Waits until every connection was lost. */
  async cutOff(): Promise<void> {
    await this.#all(({ endings }) => endings.length > 0, "be cut off");
  }

  /** Waits until everyone has everything. */
  async settle(): Promise<void> {
    await this.#all(({ state }) => state.isSettled, "get all acks");
    const [last = ""] = ackedBy(this.memories).at(-1) ?? [];
    await this.#all(({ state: { position = "" } }) => position >= last, "hear the last message");
  }

  async #all(isSo: (talker: ReconnectingClient) => boolean, what: string): Promise<void> {
    await Promise.all(this.#talkers.map((each) => each.until(() => isSo(each), what)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#talkers.map((each) => each[Symbol.asyncDispose]()));
  }
}

/** Lets a crowd talk on a bad network. Returns what everyone knows when all is well again. */
async function talkOnBadNetwork(
  count: number,
  seconds: number,
  settings: Readonly<Record<string, string>>,
): Promise<readonly ClientState[]> {
  const environment = { ...SETTINGS, ...settings };
  await using server = await ServerProcess.start({ environment });
  await using proxy = await TcpProxy.listen(await server.port());
  await using crowd = await Crowd.gather(proxy.port, count);
  await crowd.talk(seconds, proxy.links);
  await crowd.settle();
  return crowd.memories;
}

Deno.test(`server with a data folder loses and repeats no message on a bad network (seed ${SEED})`, async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  const settings = { CHAT_DATA, CHAT_HISTORY_SIZE: "1000000" };
  const memories = await talkOnBadNetwork(50, SECONDS, settings);
  assertNothingLost(memories);
  // Else the test has tested nothing.
  assert(memories.some(({ duplicates }) => duplicates > 0), "Nothing was sent twice");
  assert(memories.some(({ recovered }) => recovered > 20), "Nothing was missed");
});

Deno.test(`server announces every gap on a bad network (seed ${SEED})`, async () => {
  const memories = await talkOnBadNetwork(20, SECONDS / 2, { CHAT_HISTORY_SIZE: "30" });
  assertGapsAnnounced(memories);
  assert(memories.some(({ gaps }) => gaps.length > 0), "Nothing was lost");
});

Deno.test("server accepts unacknowledged messages once after it was killed and started again", async () => {
  const environment = { ...SETTINGS, CHAT_JOIN_HISTORY: "10000" };
  await using before = await ServerProcess.start({ environment });
  const port = await before.port();
  await using crowd = await Crowd.gather(port, 20);
  await crowd.talk(0.7);
  before.kill("SIGKILL");
  // Meanwhile everyone goes on talking.
  await Promise.all([crowd.cutOff(), crowd.talk(0.3)]);
  const [lastBefore = ""] = ackedBy(crowd.memories).at(-1) ?? [];
  await using after = await ServerProcess.start({
    environment: { ...environment, PORT: `${port}` },
  });
  await Promise.all([after.port(), crowd.talk(0.7)]);
  await crowd.settle();

  const acked = ackedBy(crowd.memories).filter(([id]) => id > lastBefore);
  assert(acked.length > 0, "Nothing was said after the restart");
  assertEquals(new Set(acked.map(([, text]) => text)).size, acked.length);
  for (const { seen, incompleteJoins } of crowd.memories) {
    assert(incompleteJoins > 0, "A client was not told that something may be missing");
    const ids = [...seen.keys()];
    assertEquals(ids, ids.toSorted());
    const heard = [...seen].map(([id, { text }]) => [id, text] as const);
    assertEquals(heard.slice(-acked.length), acked);
  }
});

Deno.test("server with a data folder loses no acknowledged message, however often it is killed", async () => {
  await using folder = await dataFolder();
  const environment = { ...SETTINGS, CHAT_DATA: folder.CHAT_DATA, CHAT_HISTORY_SIZE: "100000" };
  let server = await ServerProcess.start({ environment });
  const port = await server.port();
  await using crowd = await Crowd.gather(port, 30);
  for (let life = 1; life < LIVES; life++) {
    await crowd.talk(0.2);
    server.kill("SIGKILL");
    await server.exit();
    server = await ServerProcess.start({ environment: { ...environment, PORT: `${port}` } });
    await server.port();
  }
  await using _ = server;
  await crowd.talk(0.2);
  await crowd.settle();
  assertNothingLost(crowd.memories);
  for (const { incompleteJoins } of crowd.memories) assertEquals(incompleteJoins, 0);
});
