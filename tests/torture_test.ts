import { assert, assertEquals } from "@std/assert";
import type { Message, ServerEvent } from "../chat/protocol.ts";
import { type EventOf, RawClient, type WireCommand } from "./clients.ts";
import { RealServer } from "./real_server.ts";
import { frame, Opcode } from "./wire.ts";

const SEED = 20_260_731;
const CLIENTS = 20;
const LIVES = 20;
const ROOM = "lobby";

/** Nobody is to be kept from talking, or from coming back before it was missed. */
const UNLIMITED = {
  CHAT_MESSAGE_BURST: "0",
  CHAT_COMMANDS_PER_SECOND: "0",
  CHAT_CONNECTIONS_PER_ADDRESS: "0",
} as const;

/** What is missing between two positions, as the server has said. */
interface Gap {
  readonly after: string;
  readonly before: string;
}

/** A client that is cut off again and again, and does what the protocol asks of it. */
class Survivor {
  /** Every message that came, in the order in which it came. */
  readonly seen = new Map<string, Message>();
  readonly gaps: Gap[] = [];
  /** The text of each message that was acknowledged, by id. */
  readonly acked = new Map<string, string>();
  /** How often the server knew a message that was sent again. */
  duplicates = 0;
  /** How many messages came because they were missed. */
  recovered = 0;
  readonly #port: number;
  readonly #name: string;
  readonly #random: (below: number) => number;
  /** The texts that were sent and not acknowledged, by ref. */
  readonly #outbox = new Map<string, string>();
  #position: string | undefined;
  #newestAcked = "";
  #lastOnConnection = "";
  #sent = 0;

  constructor(port: number, name: string, random: (below: number) => number) {
    this.#port = port;
    this.#name = name;
    this.#random = random;
  }

  /** Joins for the first time, before anybody says anything. */
  async arrive(): Promise<void> {
    using client = await this.#connect();
    this.#takeJoined(await client.next("joined"));
  }

  /** Lives all its lives, each of which is cut off: with answers unread, or halfway in a frame. */
  async live(): Promise<void> {
    for (let life = 0; life < LIVES; life++) {
      using client = await this.#connect();
      const count = this.#random(6);
      for (let i = 0; i < count; i++) await this.#say(client);
      if (this.#random(3) > 0) await this.#listen(client, this.#random(300));
      if (this.#random(4) === 0) await this.#say(client);
      if (this.#random(4) === 0) await client.write(frame(Opcode.TEXT, "{}").subarray(0, 5));
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
      this.#take(event);
      if (this.#position === last) return;
    }
    throw new Error(`${this.#name} was cut off by the server`);
  }

  async #connect(): Promise<RawClient> {
    const client = await RawClient.open(this.#port);
    this.#lastOnConnection = "";
    await client.tell(
      { type: "hello", name: this.#name, key: `the secret key of ${this.#name}` },
      { type: "join", room: ROOM, ...(this.#position !== undefined && { since: this.#position }) },
      ...[...this.#outbox].map(([ref, text]) => sendOf(ref, text)),
    );
    return client;
  }

  async #say(client: RawClient): Promise<void> {
    const ref = `${this.#sent++}`;
    const text = `${this.#name} says ${ref} ${"x".repeat(this.#random(500))}`;
    this.#outbox.set(ref, text);
    await client.tell(sendOf(ref, text));
  }

  /** Takes so many events, or fewer if all that was sent is acknowledged and has come. */
  async #listen(client: RawClient, count: number): Promise<void> {
    let taken = 0;
    for await (const event of client) {
      this.#take(event);
      const settled = this.#outbox.size === 0 && (this.#position ?? "") >= this.#newestAcked;
      if (++taken >= count || settled) return;
    }
    throw new Error(`${this.#name} was cut off by the server`);
  }

  #take(event: ServerEvent): void {
    switch (event.type) {
      case "joined":
        return this.#takeJoined(event);
      case "message":
        return this.#see(event);
      case "gap":
        return void this.gaps.push(event);
      case "ack":
        return this.#takeAck(event);
      case "error":
        throw new Error(`${this.#name} was refused: ${JSON.stringify(event)}`);
    }
  }

  #takeJoined({ complete, messages, follow, head }: EventOf<"joined">): void {
    const [first] = messages;
    const after = this.#position;
    if (!complete && after !== undefined && first !== undefined) {
      this.gaps.push({ after, before: first.id });
    }
    if (after !== undefined) this.recovered += messages.length + follow;
    for (const message of messages) this.#see(message);
    if (follow === 0) this.#position = head;
  }

  #takeAck({ ref, id, duplicate }: EventOf<"ack">): void {
    const text = this.#outbox.get(ref);
    if (text === undefined) throw new Error(`${this.#name} got another ack of ${ref}`);
    this.#outbox.delete(ref);
    this.acked.set(id, text);
    if (id > this.#newestAcked) this.#newestAcked = id;
    if (duplicate) this.duplicates++;
  }

  #see({ id, time, user, text }: Message): void {
    assert(id > this.#lastOnConnection, `${this.#name} got ${id} after ${this.#lastOnConnection}`);
    this.#lastOnConnection = id;
    this.#position = id;
    if (!this.seen.has(id)) this.seen.set(id, { id, time, user, text });
  }
}

/** Lets clients talk while they are cut off again and again. Returns them when all is settled. */
async function torture(server: RealServer): Promise<Survivor[]> {
  const survivors = Array.from(
    { length: CLIENTS },
    (_, i) => new Survivor(server.port, `Survivor ${i}`, createRandom(SEED + i)),
  );
  await Promise.all(survivors.map((each) => each.arrive()));
  await Promise.all(survivors.map((each) => each.live()));
  await Promise.all(survivors.map((each) => each.settle()));
  const last = ackedBy(survivors).keys().toArray().toSorted().at(-1) ?? "";
  await Promise.all(survivors.map((each) => each.hear(last)));
  return survivors;
}

/** All messages that were acknowledged to anyone: text by id. */
function ackedBy(survivors: readonly Survivor[]): Map<string, string> {
  return new Map(survivors.flatMap(({ acked }) => [...acked]));
}

Deno.test("server loses nothing and repeats nothing, whatever happens to connections", async () => {
  await using server = await RealServer.start({
    ...UNLIMITED,
    CHAT_JOIN_HISTORY: "10",
    CHAT_HISTORY_SIZE: "100000",
  });
  const survivors = await torture(server);
  const acked = [...ackedBy(survivors)].toSorted(([a], [b]) => a < b ? -1 : 1);
  assertEquals(new Set(acked.map(([, text]) => text)).size, acked.length);
  for (const { seen, gaps } of survivors) {
    assertEquals(gaps, []);
    assertEquals([...seen].map(([id, { text }]) => [id, text] as const), acked);
  }
  // Else the test has tested nothing.
  assert(survivors.some(({ duplicates }) => duplicates > 0), "Nothing was sent twice");
  assert(survivors.some(({ recovered }) => recovered > 10), "Nothing was missed");
});

Deno.test("server says of every message that it has lost that there is a gap", async () => {
  await using server = await RealServer.start({
    ...UNLIMITED,
    CHAT_JOIN_HISTORY: "10",
    CHAT_HISTORY_SIZE: "20",
  });
  const survivors = await torture(server);
  const acked = ackedBy(survivors);
  for (const { seen, gaps } of survivors) {
    const ids = [...seen.keys()];
    assertEquals(ids, ids.toSorted());
    const lost = [...acked.keys()].filter((id) => !seen.has(id));
    const isInGap = (id: string): boolean =>
      gaps.some(({ after, before }) => after < id && id < before);
    assertEquals(lost.filter((id) => !isInGap(id)), []);
    assertEquals(ids.filter((id) => isInGap(id)), []);
  }
  assert(survivors.some(({ gaps }) => gaps.length > 0), "Nothing was lost");
  assert(survivors.some(({ recovered }) => recovered > 0), "Nothing was missed");
});

function sendOf(ref: string, text: string): WireCommand {
  return { type: "send", room: ROOM, ref, text };
}

/** Chance that repeats itself: mulberry32. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor(((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}
