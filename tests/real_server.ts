/**
 * A real server on a free port.
 *
 * @module
 */

import {
  type Assets,
  type Chat,
  type ChatOptions,
  createChat,
  createLog,
  type Environment,
  loadAssets,
  parseConfig,
} from "../chat/mod.ts";
import { eventLoop, type Timers } from "../chat/scheduler.ts";
import { Client, RawClient } from "./clients.ts";
import { health, HOST, within } from "./wire.ts";

let assets: Assets | undefined;

/** The event loop's turns, and time that passes when the test says so. */
export class SetTime implements Timers {
  now = eventLoop.now;
  soon = eventLoop.soon;
  every = eventLoop.every;
}

/** A chat served on a port of its own. No test may make it log an error. */
export class RealServer implements AsyncDisposable {
  readonly chat: Chat;
  readonly port: number;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  readonly #failures: readonly string[];

  private constructor(chat: Chat, http: Deno.HttpServer<Deno.NetAddr>, failures: string[]) {
    this.chat = chat;
    this.port = http.addr.port;
    this.#http = http;
    this.#failures = failures;
  }

  /**
   * Starts a server with its defaults, except for these variables, and perhaps another time. Each
   * scrape tells how things stand, unless `scrapeMs` says otherwise.
   */
  static start(
    environment: Environment = {},
    { timers = eventLoop, now = Date.now, scrapeMs = 0 }: Partial<
      Pick<ChatOptions, "timers" | "now" | "scrapeMs">
    > = {},
  ): RealServer {
    // As main.ts does: frames are written in the way that people get them.
    Deno.env.set("DENO_USE_WRITEV", "1");
    const failures: string[] = [];
    const write = (line: string) => void failures.push(line);
    const log = createLog({ level: "error", json: true, now: Date.now, write });
    assets ??= loadAssets(`${import.meta.dirname}/../static`);
    const config = parseConfig(environment);
    const chat = createChat({ config, log, now, assets, timers, scrapeMs });
    const http = Deno.serve({ hostname: HOST, port: 0, onListen() {} }, chat.handle);
    return new RealServer(chat, http, failures);
  }

  /** A client that was welcomed. */
  async user(name: string, key?: string): Promise<Client> {
    const client = await Client.open(this.port);
    await client.hello(name, key);
    return client;
  }

  /** A raw client that was welcomed. */
  async rawUser(name: string, key?: string): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    await client.hello(name, key);
    return client;
  }

  /** Waits until so many connections are left. */
  async connectionsLeft(count: number): Promise<void> {
    let gone = false;
    const poll = async () => {
      while (!gone && (await health(this.port)).connections !== count);
    };
    await within(poll(), `${count} connections to be left`).finally(() => gone = true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chat.drain();
    this.chat.stop();
    await this.#http.shutdown();
    if (this.#failures.length > 0) throw new Error(`The server failed: ${this.#failures}`);
  }
}
