/**
 * The parts of a hub that commands work on, put together.
 *
 * @module
 */

import { type Broker, Unavailable } from "./broker/broker.ts";
import { ClockWatch } from "./broker/clock_watch.ts";
import { Feed } from "./broker/feed.ts";
import type { Context } from "./commands/context.ts";
import type { Config } from "./config/config.ts";
import type { EventLoopLag } from "./limits/event_loop_lag.ts";
import { isLimited, NO_LIMIT, TokenBuckets } from "./limits/token_bucket.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { Memberships } from "./room/memberships.ts";
import type { Room } from "./room/room.ts";
import { Rooms } from "./room/rooms.ts";
import type { Logger } from "./runtime/logger.ts";
import type { Timers } from "./runtime/timers.ts";

/** What a context is made of. */
export interface ContextOptions {
  readonly config: Config;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly timers: Timers;
  readonly now: () => number;
  readonly metrics: Metrics;
  readonly lag: EventLoopLag;
  /** Called with each room that has something to deliver. */
  readonly mark: (room: Room) => void;
}

/** The searches of a user. */
const SEARCH_RATE = { burst: 10, perSecond: 1 };

/** Makes the parts, and subscribes them to the broker. */
export function createContext(options: ContextOptions): Context {
  const { config, broker, logger, metrics, mark } = options;
  const clockWatch = new ClockWatch(options);
  const rooms = new Rooms({
    ...config,
    metrics,
    isKeptElsewhere: broker.trim === undefined,
    trimmed: (room, floor) => broker.trim?.(room, floor),
  });
  const feed = new Feed({
    broker,
    rooms,
    historySize: config.historySize,
    openSize: Math.min(config.joinHistory, config.historySize),
    mark,
    published: (position) => clockWatch.see(position),
    failed(cause) {
      if (cause instanceof Unavailable) return;
      logger("error", "read_failed", { error: String(cause) });
    },
  });
  return {
    config,
    broker,
    feed,
    clockWatch,
    rooms,
    memberships: new Memberships(rooms, mark),
    messageBudgets: new TokenBuckets(config.messageRate),
    searchBudgets: new TokenBuckets(isLimited(config.messageRate) ? SEARCH_RATE : NO_LIMIT),
    lag: options.lag,
    metrics,
    logger,
  };
}
