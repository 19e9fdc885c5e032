/**
 * A real server in the test's process, on a free port.
 *
 * @module
 */

import {
  type Assets,
  type Chat,
  type ChatOptions,
  createChat,
  type Environment,
  loadAssets,
  parseConfig,
} from "../../chat/mod.ts";
import { openLocalBroker } from "../../chat/broker/open_broker.ts";
import { createLogger } from "../../chat/runtime/logger.ts";
import { eventLoop, type Timers } from "../../chat/runtime/timers.ts";
import { Client, RawClient } from "./clients.ts";
import { within } from "./deadline.ts";
import { health, HOST } from "./tcp_connection.ts";

let assets: Assets | undefined;

/**
 * The turns of the event loop, with timers and a clock that the test replaces. It begins at a whole
 * millisecond, so that differences of times are exact: 20 s are not told as 21.
 */
export class ManualClock implements Timers {
  now = Math.floor(eventLoop.now);
  soon = eventLoop.soon;
  every = eventLoop.every;
}

/** A chat server on a port of its own. Its disposal fails if it has logged an error. */
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
   * Starts a server with the default settings, changed by `environment`. Each scrape computes fresh
   * values, unless `scrapeMs` changes that. It keeps messages in the folder of `CHAT_DATA` if that is
   * set, and else in memory.
   */
  static start(
    environment: Environment = {},
    { timers = eventLoop, now = Date.now, scrapeMs = 0, bodyMs = 10_000, broker }: Partial<
      Pick<ChatOptions, "timers" | "now" | "scrapeMs" | "bodyMs" | "broker">
    > = {},
  ): RealServer {
    // As main.ts does, to write frames in the same way.
    Deno.env.set("DENO_USE_WRITEV", "1");
    const failures: string[] = [];
    const write = (line: string) => void failures.push(line);
    const logger = createLogger({ level: "error", json: true, now: Date.now, write });
    assets ??= loadAssets(`${import.meta.dirname}/../../static`);
    const config = parseConfig({ CHAT_DATA: "none", ...environment });
    const options = { config, logger, now, assets, timers, scrapeMs, bodyMs };
    const chat = createChat({ ...options, broker: broker ?? openLocalBroker(options) });
    const http = Deno.serve({ hostname: HOST, port: 0, onListen() {} }, chat.handle);
    return new RealServer(chat, http, failures);
  }

  /** Connects a client and says hello. */
  async user(name: string, key?: string): Promise<Client> {
    const client = await Client.open(this.port);
    await client.hello(name, key);
    return client;
  }

  /** Connects a raw client and says hello. */
  async rawUser(name: string, key?: string): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    await client.hello(name, key);
    return client;
  }

  /** Waits until `count` connections are left. */
  async connectionsLeft(count: number): Promise<void> {
    let gone = false;
    const poll = async () => {
      while (!gone && (await health(this.port)).connections !== count);
    };
    await within(poll(), `${count} connections to be left`).finally(() => gone = true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chat.drain();
    await this.chat.stop();
    await this.#http.shutdown();
    if (this.#failures.length > 0) throw new Error(`The server logged errors: ${this.#failures}`);
  }
}
