/**
 * The chat server, to be put behind any `Deno.serve`.
 *
 * ```ts
 * const chat = createChat({
 *   config: parseConfig({}),
 *   assets: loadAssets("static"),
 *   logger: (level, event, fields) => console.log(level, event, fields),
 *   now: Date.now,
 * });
 * Deno.serve((request, info) => chat.handle(request, info));
 * ```
 *
 * `Deno.env.set("DENO_USE_WRITEV", "1")` before the first connection saves a copy of each frame.
 *
 * @module
 */

import type { Broker } from "./broker/broker.ts";
import { memoryBounds, MemoryBroker } from "./broker/memory.ts";
import { broadcast, type Receipt } from "./commands/message.ts";
import type { Assets } from "./http/assets.ts";
import { applySettings } from "./http/page.ts";
import { createHandler } from "./http/handler.ts";
import { Upgrader } from "./http/websocket.ts";
import { Hub, type HubOptions } from "./hub.ts";
import type { ErrorEvent, User } from "./protocol/types.ts";
import { eventLoop } from "./runtime/timers.ts";

export type { Broker } from "./broker/broker.ts";
export { exportRoom } from "./broker/export.ts";
export { MemoryBroker } from "./broker/memory.ts";
export { openBroker } from "./broker/open_broker.ts";
export { RedisBroker } from "./broker/redis.ts";
export { RemoteBroker } from "./broker/remote.ts";
export { ServedBroker } from "./broker/served.ts";
export { SqliteBroker } from "./broker/sqlite.ts";
export { DataFolderError } from "./broker/sqlite/folder.ts";
export type { Receipt } from "./commands/message.ts";
export { type Config, type Environment, parseConfig } from "./config/config.ts";
export type { Platform } from "./config/config.ts";
export { type Assets, loadAssets } from "./http/assets.ts";
export type { ErrorEvent, User } from "./protocol/types.ts";
export type { Logger } from "./runtime/logger.ts";
export type { Timers } from "./runtime/timers.ts";

/** What a {@linkcode Chat} is made of. */
export interface ChatOptions
  extends
    Pick<HubOptions, "config" | "logger" | "now">,
    Partial<Pick<HubOptions, "timers" | "random" | "isShortOfMemory">> {
  /** The files of the page, from {@linkcode loadAssets}. */
  readonly assets: Assets;
  /** Orders and keeps messages. Without it they are kept in memory, and there is only this instance. */
  readonly broker?: Broker;
  /** How long the text of `/metrics` is reused, in milliseconds, 1000 by default. */
  readonly scrapeMs?: number;
  /** The milliseconds that the body of a request may take, 10,000 by default. */
  readonly bodyMs?: number;
}

/** A running chat. */
export interface Chat {
  /** The handler for `Deno.serve`. */
  handle(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response>;
  /**
   * Posts a message to a room on every instance. The user need not have joined the room, and no
   * rate limits apply. Otherwise the message is checked like that of a `send`.
   *
   * @param user `id` has 1 to 64 UTF-16 units, `name` is valid in `hello`
   * @param ref identifies the message if the same user sends it again: 1 to 64 UTF-16 units
   * @returns the receipt, when the message is kept, also of a message that was posted before with this
   *   `ref`; or an `error` event that says why the message was refused, with the codes of `send`
   */
  broadcast(
    room: string,
    user: User,
    text: string,
    ref: string,
  ): Promise<Receipt | ErrorEvent>;
  /** Closes every connection. Clients may come back. */
  sendAway(): void;
  /**
   * Refuses new connections and closes all others. Resolves when all sockets are closed, or after
   * `drainMs`. Commands are refused with `unavailable`.
   */
  drain(): Promise<void>;
  /**
   * Resolves when, after {@linkcode Chat.drain}, all commands that were begun are answered and all
   * clients were sent away, within about a second. Nothing needs the broker any more.
   */
  settled(): Promise<void>;
  /** True if clients that were sent away have yet to read what they were sent before. */
  readonly hasUnread: boolean;
  /** Stops all timers. Resolves when the broker is closed. */
  stop(): Promise<void>;
}

/** Makes a chat and starts its timers. */
export function createChat(options: ChatOptions): Chat {
  const { config, logger, now } = options;
  const { timers = eventLoop, random = Math.random } = options;
  const { broker = new MemoryBroker({ ...memoryBounds(config), now, elapsed: () => timers.now }) } =
    options;
  const { isShortOfMemory = () => false, scrapeMs = 1000, bodyMs = 10_000 } = options;
  const hub = new Hub({ config, broker, logger, timers, now, random, isShortOfMemory });
  const upgrader = new Upgrader({ ...config, hub, logger });
  const assets = applySettings(options.assets, config);
  const handler = createHandler({
    ...config,
    ...{ hub, upgrader, assets, logger, timers, scrapeMs, bodyMs },
  });
  const settled = Promise.withResolvers<void>();
  return {
    handle(request, { remoteAddr, completed }) {
      // It fails where a client has gone, which would end a process that has no handler for that.
      completed.catch(() => {});
      return handler(request, peerOf(remoteAddr), completed);
    },
    broadcast: (room, user, text, ref) =>
      broadcast(hub.context, user, { room, text, ref }, timers.now),
    sendAway: () => hub.sendAway(),
    drain() {
      hub.drain().then(settled.resolve);
      const ended = Promise.all([upgrader.closed(), hub.requests.drain(), hub.streams.ended()]);
      return within(config.drainMs, ended);
    },
    settled: () => settled.promise,
    get hasUnread() {
      return upgrader.hasUnread;
    },
    stop: () => hub.stop(),
  };
}

/**
 * The address of the peer of a connection, or "" if the peer had gone when the connection was
 * accepted, for which the runtime gives 0.0.0.0. All peers on a Unix socket share one address.
 */
function peerOf(remoteAddr: Deno.Addr): string {
  if (!("hostname" in remoteAddr)) return remoteAddr.transport;
  return remoteAddr.hostname === "0.0.0.0" ? "" : remoteAddr.hostname;
}

/** Waits for a promise, at most for a time in milliseconds. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([promise, deadline]);
  clearTimeout(timer);
}
