/**
 * The clients of one workload: all are in one room, and the first few of them send.
 *
 * @module
 */

import { textFrame } from "../../tests/support/frames.ts";
import type { LoadClient } from "../../tests/support/load_client.ts";
import { sleep } from "../support/stopwatch.ts";
import { OrderCheck, SEQUENCE_DIGITS, stamp } from "./order_check.ts";
import { join, type Target } from "./protocols.ts";

/** The length of a text in bytes, which makes a `message` event of this protocol 240 bytes long. */
const TEXT_LENGTH = 88;

/** The number of clients that connect at the same time. */
const CONNECTING = 64;

/** How long to wait for outstanding deliveries after the last one came, in milliseconds. */
const SETTLE_MS = 3000;

/** The number of groups so far, which keeps the names of users unique. */
let groups = 0;

/** Clients in a room. */
export class ClientGroup {
  readonly clients: readonly LoadClient[];
  readonly senders: readonly Sender[];
  readonly orderCheck: OrderCheck;

  private constructor(target: Target, clients: readonly LoadClient[], senders: number) {
    this.clients = clients;
    const orderCheck = new OrderCheck(clients.length, senders);
    this.orderCheck = orderCheck;
    this.senders = clients.slice(0, senders).map((client, i) =>
      new Sender(target, client, i, orderCheck)
    );
    clients.forEach((client, receiver) => {
      client.reader = (bytes, from, to) => orderCheck.scan(receiver, bytes, from, to);
    });
  }

  /** Connects clients, {@linkcode CONNECTING} at a time, until all have joined the room. */
  static async join(target: Target, size: number, senders = 0): Promise<ClientGroup> {
    const group = groups++;
    const ports = [target.port, ...target.otherPorts ?? []];
    const clients: LoadClient[] = [];
    let next = 0;
    await Promise.all(Array.from({ length: CONNECTING }, async () => {
      while (next < size) {
        const index = next++;
        const port = ports[index % ports.length] ?? target.port;
        clients[index] = await join(
          { ...target, port },
          `user-${group}-${String(index).padStart(4, "0")}`,
        );
      }
    }));
    return new ClientGroup(target, clients, senders);
  }

  /** Waits until all deliveries came, or none comes any more. Returns how many are missing. */
  async settle(): Promise<number> {
    let missing = this.#missing;
    for (let since = performance.now(); missing > 0;) {
      await sleep(20);
      const before = missing;
      missing = this.#missing;
      const now = performance.now();
      if (missing < before) since = now;
      else if (now - since > SETTLE_MS) break;
    }
    return missing;
  }

  get #missing(): number {
    return this.orderCheck.missing(this.senders.map((sender) => sender.sent));
  }
}

/** A client that sends numbered messages. */
export class Sender {
  /** The number of messages that were sent. */
  sent = 0;
  readonly #client: LoadClient;
  readonly #index: number;
  readonly #orderCheck: OrderCheck;
  readonly #frame: Uint8Array;
  /** The positions of the sequence number in the frame: in the ref, and in the text. */
  readonly #numbers: readonly number[];

  constructor({ protocol }: Target, client: LoadClient, index: number, orderCheck: OrderCheck) {
    this.#client = client;
    this.#index = index;
    this.#orderCheck = orderCheck;
    const ref = "0".repeat(SEQUENCE_DIGITS);
    const text = stamp(index);
    this.#frame = textFrame(protocol.message(ref, text.padEnd(TEXT_LENGTH, ".")));
    const frame = new TextDecoder("latin1").decode(this.#frame);
    this.#numbers = [frame.indexOf(ref), frame.indexOf(text) + text.length - ref.length];
  }

  /** Sends the next `count` messages, in one write. */
  send(count: number): void {
    const { length } = this.#frame;
    const frames = new Uint8Array(count * length);
    for (let i = 0; i < count; i++, this.sent++) {
      frames.set(this.#frame, i * length);
      for (const at of this.#numbers) writeNumber(frames, i * length + at, this.sent);
      this.#orderCheck.sent(this.#index, this.sent);
    }
    this.#client.write(frames);
  }

  /** Keeps `count` messages in flight: each of the sender's own deliveries lets it send another. */
  keepInFlight(count: number): void {
    const topUp = (): void => {
      const due = count - (this.sent - this.#orderCheck.received(this.#index, this.#index));
      if (due > 0) this.send(due);
    };
    this.#client.onRead = topUp;
    topUp();
  }

  /** Stops sending. */
  stop(): void {
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
