/**
 * A load generator: clients at all nodes, of whom some send at a steady rate, as a
 * {@linkcode TalkLoad} says.
 *
 * @module
 */

import type { ServerEvent } from "../../chat/protocol/types.ts";
import { Histogram } from "../support/histogram.ts";
import { work } from "../support/processes.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";

/** A steady load of some nodes. */
export interface TalkLoad {
  readonly ports: readonly number[];
  readonly perSecond: number;
  readonly seconds: number;
}

/** From sending to the ack, and to each receipt, in milliseconds; and receipts that never came. */
export interface TalkFigures {
  readonly ackP50: number;
  readonly ackP99: number;
  readonly heardP50: number;
  readonly heardP99: number;
  readonly missing: number;
}

const CLIENTS = 24;
const SENDERS = 12;
const WARM_UP_SECONDS = 2;
const SETTLE_MS = 5000;

/** As long as the texts of the other benchmarks. */
const TEXT_LENGTH = 88;

/** One measurement. */
class Talk {
  readonly acks = new Histogram();
  readonly receipts = new Histogram();
  missing = 0;
  readonly #sockets: WebSocket[];
  readonly #sentAt = new Map<string, number>();
  #isTiming = false;

  private constructor(sockets: WebSocket[]) {
    this.#sockets = sockets;
  }

  /** Connects the clients, in turn to each node. */
  static async join(ports: readonly number[]): Promise<Talk> {
    const sockets: WebSocket[] = [];
    const talk = new Talk(sockets);
    for (let i = 0; i < CLIENTS; i++) {
      const socket = new WebSocket(`ws://127.0.0.1:${ports[i % ports.length]}/ws`);
      await new Promise((resolve) => socket.onopen = resolve);
      const joined = Promise.withResolvers<void>();
      socket.onmessage = ({ data }) => {
        const now = performance.now();
        for (const event of JSON.parse(data)) talk.#take(event, now, joined.resolve);
      };
      socket.send(JSON.stringify({ type: "hello", name: `Talker ${i + 10}` }));
      socket.send(JSON.stringify({ type: "join", room: "lobby" }));
      await joined.promise;
      sockets.push(socket);
    }
    return talk;
  }

  #take(event: ServerEvent, now: number, joined: () => void): void {
    if (event.type === "joined") joined();
    if (event.type === "error") throw new Error(JSON.stringify(event));
    if (event.type === "ack" && this.#isTiming) {
      this.acks.add(now - (this.#sentAt.get(event.ref) ?? now));
    }
    if (event.type !== "message") return;
    this.missing--;
    const ref = event.text.slice(0, event.text.indexOf(" "));
    if (this.#isTiming) this.receipts.add(now - (this.#sentAt.get(ref) ?? now));
  }

  /** Sends for a time, the senders in turn, and waits for all that was sent. */
  async run(perSecond: number, seconds: number, isTiming: boolean): Promise<void> {
    this.#isTiming = isTiming;
    const stopwatch = new Stopwatch();
    let sent = 0;
    for (; sent < seconds * perSecond; await sleep(1)) {
      const due = Math.min(stopwatch.seconds, seconds) * perSecond;
      for (; sent < due; sent++) this.#send(sent);
    }
    const end = performance.now() + SETTLE_MS;
    while (this.missing > 0 && performance.now() < end) await sleep(20);
  }

  #send(number: number): void {
    const ref = crypto.randomUUID();
    this.#sentAt.set(ref, performance.now());
    this.missing += CLIENTS;
    const text = `${ref} `.padEnd(TEXT_LENGTH, ".");
    this.#sockets[number % SENDERS]?.send(
      JSON.stringify({ type: "send", ref, room: "lobby", text }),
    );
  }
}

await work(async ({ ports, perSecond, seconds }: TalkLoad): Promise<TalkFigures> => {
  const talk = await Talk.join(ports);
  await talk.run(perSecond, WARM_UP_SECONDS, false);
  await talk.run(perSecond, seconds, true);
  const { acks, receipts, missing } = talk;
  return {
    ackP50: acks.quantile(0.5),
    ackP99: acks.quantile(0.99),
    heardP50: receipts.quantile(0.5),
    heardP99: receipts.quantile(0.99),
    missing,
  };
});
