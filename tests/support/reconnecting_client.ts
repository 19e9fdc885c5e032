/**
 * A client that reconnects whenever its connection is lost, as the protocol asks.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { Client } from "./clients.ts";
import type { ClientState } from "./client_state.ts";
import { within } from "./deadline.ts";

/** The backoff between attempts to connect: shorter than the protocol's, to keep tests short. */
const BACKOFF_MS = { first: 20, most: 400 };

/** The interval of the periodic checks. */
const CHECK_MS = 50;

/** A user who stays in a room across connections. */
export class ReconnectingClient implements AsyncDisposable {
  readonly state: ClientState;
  /** The close codes of connections, and the `bye` events before them. */
  readonly endings: (number | "bye")[] = [];
  readonly #port: number;
  readonly #random: SeededRandom;
  readonly #running: Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #abandoned = new Set<Client>();
  /** The times at which to send refused messages again, by ref. */
  readonly #refused = new Map<string, number>();
  #client: Client | undefined;
  #heartbeatMs = Infinity;
  #receivedAt = 0;
  #pinged = false;
  #failures = 0;
  #stopped = false;
  #change = Promise.withResolvers<void>();

  constructor(port: number, memory: ClientState, random: SeededRandom) {
    this.#port = port;
    this.state = memory;
    this.#random = random;
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
    this.#running = this.#run();
    // until() and dispose report the rejection.
    this.#running.catch(() => {});
  }

  /** Sends a message: now, or when there is a connection. */
  send(more?: string): void {
    const command = this.state.makeSend(more);
    this.#client?.tell(command);
  }

  /** Waits until the received events make a condition true. */
  async until(isTrue: () => boolean, what: string): Promise<void> {
    const wait = async () => {
      while (!isTrue()) await Promise.race([this.#change.promise, this.#ended()]);
    };
    await within(wait(), `${this.state.name} to ${what}`);
  }

  async #ended(): Promise<never> {
    await this.#running;
    throw new Error(`${this.state.name} has stopped`);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const client = await Client.open(this.#port).catch(() => undefined);
      if (client !== undefined) await this.#runConnection(client);
      const most = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** this.#failures++);
      await delay(this.#random.next() * most);
    }
  }

  async #runConnection(client: Client): Promise<void> {
    this.#client = client;
    this.#recordReceived();
    await client.tell(...this.state.firstCommands());
    for await (const event of client) {
      if (this.#abandoned.has(client)) break;
      this.#handle(event);
    }
    this.#client = undefined;
    this.#refused.clear();
    if (this.#abandoned.has(client)) return;
    const { code, reason } = await client.closed();
    this.endings.push(code);
    if ([1003, 1009].includes(code) || code >= 4500) {
      throw new Error(`${this.state.name} was disconnected: ${code} ${reason}`);
    }
    this.#notify();
  }

  #handle(event: ServerEvent): void {
    this.#recordReceived();
    this.state.handle(event);
    if (event.type === "welcome") this.#heartbeatMs = event.heartbeatMs;
    if (event.type === "joined") this.#failures = 0;
    if (event.type === "bye") this.endings.push("bye");
    if (event.type === "error" && event.ref !== undefined) {
      this.#refused.set(event.ref, performance.now() + (event.retryMs ?? 0));
    }
    this.#notify();
  }

  /** Wakes until() to check its condition. */
  #notify(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #recordReceived(): void {
    this.#receivedAt = performance.now();
    this.#pinged = false;
  }

  /** Sends refused messages again, and pings a silent server. */
  #check(): void {
    const client = this.#client;
    if (client === undefined) return;
    const now = performance.now();
    for (const [ref, due] of this.#refused) {
      if (due > now) continue;
      this.#refused.delete(ref);
      const command = this.state.unacknowledged(ref);
      if (command !== undefined) client.tell(command);
    }
    const silentMs = now - this.#receivedAt;
    if (silentMs > 2 * this.#heartbeatMs) return this.#abandon(client);
    if (silentMs <= this.#heartbeatMs || this.#pinged) return;
    this.#pinged = true;
    client.tell({ type: "ping" });
  }

  #abandon(client: Client): void {
    this.#abandoned.add(client);
    client.abandon();
  }

  /** Stops. Later events are ignored. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    if (this.#client !== undefined) this.#abandon(this.#client);
    await this.#running;
    for (const client of this.#abandoned) await client.closed();
  }
}
