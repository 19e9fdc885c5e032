import { assert } from "@std/assert";
import { SeededRandom } from "../support/seeded_random.ts";
import { RawClient, type WireCommand } from "../support/clients.ts";
import {
  assertGapsAnnounced,
  assertNothingLost,
  assertSameStates,
  ClientState,
} from "../support/client_state.ts";
import { RealServer } from "../support/real_server.ts";
import { dataFolder, UNLIMITED } from "../support/server_process.ts";
import { frame, Opcode } from "../support/frames.ts";

const SEED = 20_260_731;
const CLIENTS = 20;
const LIVES = 20;

const PLACES = ["memory", "a data folder"] as const;
type Place = typeof PLACES[number];

/** A client that is cut off again and again. */
class Survivor {
  readonly state: ClientState;
  readonly #port: number;
  readonly #chance: SeededRandom;
  readonly #changes: boolean;

  /** @param changes whether it edits, deletes and reacts, too */
  constructor(port: number, name: string, chance: SeededRandom, changes: boolean) {
    this.#port = port;
    this.state = new ClientState(name);
    this.#chance = chance;
    this.#changes = changes;
  }

  /** Joins for the first time, before anybody says anything. */
  async arrive(): Promise<void> {
    using client = await this.#connect();
    this.state.handle(await client.next("joined"));
  }

  /** Lives all its lives, each of which is cut off: with answers unread, or halfway in a frame. */
  async live(): Promise<void> {
    const chance = this.#chance;
    for (let life = 0; life < LIVES; life++) {
      using client = await this.#connect();
      const count = chance.below(6);
      for (let i = 0; i < count; i++) await this.#say(client);
      if (chance.below(3) > 0) await this.#listen(client, chance.below(300));
      if (chance.below(4) === 0) await this.#say(client);
      if (chance.below(4) === 0) await client.write(frame(Opcode.TEXT, "{}").subarray(0, 5));
    }
  }

  /** Comes back and stays until everything is acknowledged. */
  async settle(): Promise<void> {
    using client = await this.#connect();
    await this.#listen(client, Infinity);
  }

  /** Comes back once more, and listens up to the last message of all. */
  async hear(last: string): Promise<void> {
    using client = await this.#connect();
    for await (const event of client) {
      this.state.handle(event);
      if (this.state.position === last) return;
    }
    throw new Error(`${this.state.name} was cut off by the server`);
  }

  async #connect(): Promise<RawClient> {
    const client = await RawClient.open(this.#port);
    await client.tell(...this.state.firstCommands());
    return client;
  }

  async #say(client: RawClient): Promise<void> {
    const change = this.#changes && this.#chance.below(2) === 0 ? this.#makeChange() : undefined;
    await client.tell(change ?? this.state.makeSend("x".repeat(this.#chance.below(500))));
  }

  /** A change of one of the messages that were seen last, if it can be changed. */
  #makeChange(): WireCommand | undefined {
    const chance = this.#chance;
    const [message] = [...this.state.seen.values()].slice(-1 - chance.below(20));
    if (message === undefined || message.deleted) return undefined;
    const { id, user: { name } } = message;
    const kind = chance.below(name === this.state.name ? 6 : 4);
    if (kind === 5) return this.state.makeChange(id, { type: "delete" });
    if (kind === 4) {
      return this.state.makeChange(id, { type: "edit", text: `edit ${chance.below(1e9)}` });
    }
    const emoji = chance.pick(["👍", "❤", "🎉"]);
    return this.state.makeChange(id, { type: "react", emoji, on: kind > 0 });
  }

  /** Takes so many events, or fewer if all that was sent is acknowledged and has come. */
  async #listen(client: RawClient, count: number): Promise<void> {
    let taken = 0;
    for await (const event of client) {
      this.state.handle(event);
      if (++taken >= count || this.state.isSettled) return;
    }
    throw new Error(`${this.state.name} was cut off by the server`);
  }
}

/**
 * Lets clients talk while they are cut off again and again. Returns what they know in the end.
 *
 * @param place where the server keeps messages
 */
async function torture(
  place: Place,
  { historySize, changes = false }: { readonly historySize: number; readonly changes?: boolean },
): Promise<ClientState[]> {
  await using folder = await dataFolder();
  await using server = await RealServer.start({
    ...UNLIMITED,
    CHAT_DATA: place === "memory" ? "none" : folder.CHAT_DATA,
    CHAT_JOIN_HISTORY: "10",
    CHAT_HISTORY_SIZE: `${historySize}`,
  });
  const survivors = Array.from(
    { length: CLIENTS },
    (_, i) => new Survivor(server.port, `Survivor ${i}`, new SeededRandom(SEED + i), changes),
  );
  const memories = survivors.map(({ state: memory }) => memory);
  await Promise.all(survivors.map((each) => each.arrive()));
  await Promise.all(survivors.map((each) => each.live()));
  await Promise.all(survivors.map((each) => each.settle()));
  const last = memories.map(({ newestAcked }) => newestAcked).toSorted().at(-1) ?? "";
  await Promise.all(survivors.map((each) => each.hear(last)));
  return memories;
}

for (const place of PLACES) {
  Deno.test(`server loses and repeats no message, whatever happens to connections (${place})`, async () => {
    const memories = await torture(place, { historySize: 100_000 });
    assertNothingLost(memories);
    // Else the test has tested nothing.
    assert(memories.some(({ duplicates }) => duplicates > 0), "Nothing was sent twice");
    assert(memories.some(({ recovered }) => recovered > 10), "Nothing was missed");
  });

  Deno.test(`server gives everyone the same state of each message, whatever happens to connections (${place})`, async () => {
    const memories = await torture(place, { historySize: 100_000, changes: true });
    assertSameStates(memories);
    assert(memories.some(({ changes }) => changes > 10), "Nothing was changed");
    const [one] = memories;
    const states = [...one?.seen.values() ?? []];
    assert(states.some(({ deleted }) => deleted), "Nothing was deleted");
    assert(states.some(({ edited }) => edited !== undefined), "Nothing was edited");
    assert(states.some(({ reactions }) => reactions !== undefined), "Nobody has reacted");
  });

  Deno.test(`server announces a gap for every message that it has lost (${place})`, async () => {
    const memories = await torture(place, { historySize: 20 });
    assertGapsAnnounced(memories);
    assert(memories.some(({ gaps }) => gaps.length > 0), "Nothing was lost");
    assert(memories.some(({ recovered }) => recovered > 0), "Nothing was missed");
  });
}
