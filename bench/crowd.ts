/**
 * The clients of one run: all in one room, the first few of them senders.
 *
 * @module
 */

import { Client, type Target } from "./client.ts";
import { encodeText } from "./frames.ts";
import { sleep } from "./stopwatch.ts";
import { SEQUENCE_DIGITS, stamp, Tally } from "./tally.ts";

/**
 * The length of a text, in bytes: with it a `message` event of this protocol has 240.
 */
const TEXT_LENGTH = 88;

/** How many clients are being connected at a time. */
const CONNECTING = 64;

/** How long to wait for what is still on its way, in milliseconds, while anything comes. */
const PATIENCE_MS = 3000;

/** How many there are, since no two users may have the same name. */
let crowds = 0;

/** Clients in a room. */
export class Crowd {
  readonly clients: readonly Client[];
  readonly senders: readonly Sender[];
  readonly tally: Tally;

  private constructor(target: Target, clients: readonly Client[], senders: number) {
    this.clients = clients;
    const tally = new Tally(clients.length, senders);
    this.tally = tally;
    this.senders = clients.slice(0, senders).map((client, i) =>
      new Sender(target, client, i, tally)
    );
    clients.forEach((client, receiver) => {
      client.reader = (bytes, from, to) => tally.scan(receiver, bytes, from, to);
    });
  }

  /** Connects clients, some at a time, until all have joined the room. */
  static async open(target: Target, size: number, senders = 0): Promise<Crowd> {
    const crowd = crowds++;
    const clients: Client[] = [];
    let next = 0;
    await Promise.all(Array.from({ length: CONNECTING }, async () => {
      while (next < size) {
        const index = next++;
        clients[index] = await Client.open(
          target,
          `user-${crowd}-${String(index).padStart(4, "0")}`,
        );
      }
    }));
    return new Crowd(target, clients, senders);
  }

  /** Waits until everyone has what was sent, or nothing comes any more. Returns what is missing. */
  async settle(): Promise<number> {
    let missing = this.#missing;
    for (let since = performance.now(); missing > 0;) {
      await sleep(20);
      const before = missing;
      missing = this.#missing;
      const now = performance.now();
      if (missing < before) since = now;
      else if (now - since > PATIENCE_MS) break;
    }
    return missing;
  }

  get #missing(): number {
    return this.tally.missing(this.senders.map((sender) => sender.sent));
  }
}

/** A client that sends numbered messages. */
export class Sender {
  /** How many messages it has sent. */
  sent = 0;
  readonly #client: Client;
  readonly #index: number;
  readonly #tally: Tally;
  readonly #frame: Uint8Array;
  /** Where the number stands in the frame: in the ref, and in the text. */
  readonly #numbers: readonly number[];

  constructor({ dialect }: Target, client: Client, index: number, tally: Tally) {
    this.#client = client;
    this.#index = index;
    this.#tally = tally;
    const ref = "0".repeat(SEQUENCE_DIGITS);
    const text = stamp(index);
    this.#frame = encodeText(dialect.message(ref, text.padEnd(TEXT_LENGTH, ".")));
    const frame = new TextDecoder("latin1").decode(this.#frame);
    this.#numbers = [frame.indexOf(ref), frame.indexOf(text) + text.length - ref.length];
  }

  /** Sends the next messages, in one write. */
  send(count: number): void {
    const { length } = this.#frame;
    const frames = new Uint8Array(count * length);
    for (let i = 0; i < count; i++, this.sent++) {
      frames.set(this.#frame, i * length);
      for (const at of this.#numbers) writeNumber(frames, i * length + at, this.sent);
      this.#tally.sent(this.#index, this.sent);
    }
    this.#client.write(frames);
  }

  /** Keeps a number of messages in flight, as the sender's own copies come back. */
  keepInFlight(count: number): void {
    const topUp = (): void => {
      const room = count - (this.sent - this.#tally.received(this.#index, this.#index));
      if (room > 0) this.send(room);
    };
    this.#client.onRead = topUp;
    topUp();
  }

  /** Sends no more. */
  rest(): void {
    this.#client.onRead = undefined;
  }
}

function writeNumber(bytes: Uint8Array, at: number, number: number): void {
  let rest = number;
  for (let i = at + SEQUENCE_DIGITS - 1; i >= at; i--) {
    bytes[i] = "0".charCodeAt(0) + rest % 10;
    rest = Math.floor(rest / 10);
  }
}
