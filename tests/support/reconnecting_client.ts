/**
 * A client that comes back whenever its connection is lost, as the protocol asks.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import type { Chance } from "./seeded_random.ts";
import { Client } from "./clients.ts";
import type { Memory } from "./client_state.ts";
import { within } from "./deadline.ts";

/** Times between attempts to connect: shorter than the protocol's, so that tests are short. */
const BACKOFF_MS = { first: 20, most: 400 };

/** How often the talker looks at the time. */
const LOOK_MS = 50;

/** A user who stays in a room, whatever happens to connections. */
export class Talker implements AsyncDisposable {
  readonly memory: Memory;
  /** The codes with which connections were closed, and the server's goodbyes. */
  readonly endings: (number | "bye")[] = [];
  readonly #port: number;
  readonly #chance: Chance;
  readonly #life: Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #abandoned = new Set<Client>();
  /** What was refused for now, and when to send it again. */
  readonly #refused = new Map<string, number>();
  #client: Client | undefined;
  #heartbeatMs = Infinity;
  #heardAt = 0;
  #pinged = false;
  #failures = 0;
  #stopped = false;
  #news = Promise.withResolvers<void>();

  constructor(port: number, memory: Memory, chance: Chance) {
    this.#port = port;
    this.memory = memory;
    this.#chance = chance;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#life = this.#live();
    // Whoever waits is told, and who disposes of it.
    this.#life.catch(() => {});
  }

  /** Says something: now, or when there is a connection. */
  say(more?: string): void {
    const command = this.memory.say(more);
    this.#client?.tell(command);
  }

  /** Waits until something has become true by what came. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const wait = async () => {
      while (!isSo()) await Promise.race([this.#news.promise, this.#ended()]);
    };
    await within(wait(), `${this.memory.name} to ${what}`);
  }

  async #ended(): Promise<never> {
    await this.#life;
    throw new Error(`${this.memory.name} has gone`);
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      const client = await Client.open(this.#port).catch(() => undefined);
      if (client !== undefined) await this.#talk(client);
      const most = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** this.#failures++);
      await delay(this.#chance.next() * most);
    }
  }

  async #talk(client: Client): Promise<void> {
    this.#client = client;
    this.#heard();
    await client.tell(...this.memory.begin());
    for await (const event of client) {
      if (this.#abandoned.has(client)) break;
      this.#take(event);
    }
    this.#client = undefined;
    this.#refused.clear();
    if (this.#abandoned.has(client)) return;
    const { code, reason } = await client.closed();
    this.endings.push(code);
    if ([1003, 1009].includes(code) || code >= 4500) {
      throw new Error(`${this.memory.name} was sent away: ${code} ${reason}`);
    }
    this.#tell();
  }

  #take(event: ServerEvent): void {
    this.#heard();
    this.memory.take(event);
    if (event.type === "welcome") this.#heartbeatMs = event.heartbeatMs;
    if (event.type === "joined") this.#failures = 0;
    if (event.type === "bye") this.endings.push("bye");
    if (event.type === "error" && event.ref !== undefined) {
      this.#refused.set(event.ref, performance.now() + (event.retryMs ?? 0));
    }
    this.#tell();
  }

  /** Tells whoever waits that something has changed. */
  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#pinged = false;
  }

  /** Sends again what was refused, and finds out whether the server is still there. */
  #look(): void {
    const client = this.#client;
    if (client === undefined) return;
    const now = performance.now();
    for (const [ref, due] of this.#refused) {
      if (due > now) continue;
      this.#refused.delete(ref);
      const command = this.memory.unacknowledged(ref);
      if (command !== undefined) client.tell(command);
    }
    const silentMs = now - this.#heardAt;
    if (silentMs > 2 * this.#heartbeatMs) return this.#abandon(client);
    if (silentMs <= this.#heartbeatMs || this.#pinged) return;
    this.#pinged = true;
    client.tell({ type: "ping" });
  }

  #abandon(client: Client): void {
    this.#abandoned.add(client);
    client.abandon();
  }

  /** Goes for good. What comes afterwards is not taken. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    if (this.#client !== undefined) this.#abandon(this.#client);
    await this.#life;
    for (const client of this.#abandoned) await client.closed();
  }
}
