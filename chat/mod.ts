/**
 * Parley's chat, to be put behind any `Deno.serve`.
 *
 * ```ts
 * const chat = createChat({ config: parseConfig({}), now: Date.now, log, assets });
 * Deno.serve(chat.handle);
 * ```
 *
 * `Deno.env.set("DENO_USE_WRITEV", "1")` before the first connection saves a copy of each frame.
 *
 * @module
 */

import type { Receipt } from "./broker/receipts.ts";
import type { Assets } from "./http/assets.ts";
import { type Bus, LocalBus } from "./broker/bus.ts";
import type { Config } from "./config/config.ts";
import { createHandler } from "./http/routes.ts";
import { Hub } from "./hub.ts";
import type { Logger } from "./runtime/logger.ts";
import type { ErrorEvent, User } from "./protocol/types.ts";
import { eventLoop, type Timers } from "./runtime/timers.ts";
import { Sockets } from "./http/websocket.ts";

export { loadAssets } from "./http/assets.ts";
export type { Receipt } from "./broker/receipts.ts";
export type { Assets } from "./http/assets.ts";
export { type Bus, LocalBus } from "./broker/bus.ts";
export { BroadcastChannelBus } from "./broker/broadcast_channel.ts";
export {
  type Config,
  type Environment,
  frameBytesFor,
  parseConfig,
  VARIABLES,
} from "./config/config.ts";
export { garbageCollector, GarbageWatch } from "./runtime/garbage.ts";
export { type EnvFile, parseEnvFile } from "./config/env_file.ts";
export { LineWriter, type Sink } from "./runtime/line_writer.ts";
export { delay, Listener, urlOf } from "./runtime/listener.ts";
export { createLogger, type Logger } from "./runtime/logger.ts";
export { MemoryPressure, type Relief } from "./runtime/memory_pressure.ts";
export type { ErrorEvent, User } from "./protocol/types.ts";
export type { Platform } from "./config/platform.ts";
export { eventLoop } from "./runtime/timers.ts";
export { StopSignals } from "./runtime/stop_signals.ts";

/** What a chat is made of. */
export interface ChatOptions {
  readonly config: Config;
  /** The time of day, in milliseconds since 1970, such as `Date.now`. */
  readonly now: () => number;
  readonly logger: Logger;
  /** The page, as `loadAssets` gives it. */
  readonly assets: Assets;
  /** To the other instances of this server; left out, there are none. */
  readonly bus?: Bus;
  readonly timers?: Timers;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** Asked before anyone is let in. Only `main.ts` watches memory: see `MemoryPressure`. */
  readonly isShortOfMemory?: () => boolean;
  /** `/metrics` is made anew after so many milliseconds, 1000 by default. */
  readonly scrapeMs?: number;
}

/** A running chat. */
export interface Chat {
  /** The handler for `Deno.serve`. */
  handle(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response>;
  /**
   * Says something in a room, to everyone in it at every instance. The room need not be joined, and
   * no rate limits it; for the rest it is checked as `send` is.
   *
   * @param user `id` has 1 to 64 UTF-16 units, `name` is as one in `hello`
   * @param ref by which the message is known if the same user sends it again: 1 to 64 UTF-16 units
   * @returns the receipt, or an `error` event that says why it is not said
   */
  broadcast(room: string, user: User, text: string, ref: string): Receipt | ErrorEvent;
  /** Says goodbye to everyone, who may come back. */
  sendAway(): void;
  /**
   * Lets nobody in, and says goodbye to everyone. Resolves when all sockets are closed, or the time
   * is over.
   */
  drain(): Promise<void>;
  /** Lets go of every timer and of the bus. */
  stop(): void;
}

/** Makes a chat and starts its timers. */
export function createChat(options: ChatOptions): Chat {
  const { config, logger, now, assets } = options;
  const { bus = new LocalBus(), timers = eventLoop, random = Math.random } = options;
  const { isShortOfMemory = () => false, scrapeMs = 1000 } = options;
  const hub = new Hub({ config, bus, logger, timers, now, random, isShortOfMemory });
  const sockets = new Sockets({ ...config, hub, logger });
  const handler = createHandler({
    ...config,
    hub,
    sockets,
    assets,
    logger,
    scrapeMs,
    now: () => timers.now,
  });
  return {
    handle: (request, { remoteAddr }) => handler(request, peerOf(remoteAddr)),
    broadcast: (room, user, text, ref) => hub.broadcast(room, user, text, ref),
    sendAway: () => hub.sendAway(),
    drain() {
      hub.drain();
      return within(config.drainMs, sockets.closed());
    },
    stop: () => hub.stop(),
  };
}

/**
 * The address at the other end of a connection, or "" if its peer had gone when it was accepted: the
 * runtime then makes up 0.0.0.0. All peers on a socket of another kind share one.
 */
function peerOf(remoteAddr: Deno.Addr): string {
  if (!("hostname" in remoteAddr)) return remoteAddr.transport;
  return remoteAddr.hostname === "0.0.0.0" ? "" : remoteAddr.hostname;
}

/** Waits for a promise, but no longer than a time. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([promise, deadline]);
  clearTimeout(timer);
}
