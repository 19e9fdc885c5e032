/**
 * The parts of a hub that commands work on, put together.
 *
 * @module
 */

import { type Broker, Unavailable } from "./broker/broker.ts";
import { ClockWatch } from "./broker/clock_watch.ts";
import { Feed } from "./broker/feed.ts";
import type { Context } from "./commands/context.ts";
import { addOrigin } from "./commands/ban_origins.ts";
import { Directory } from "./commands/directory.ts";
import { Passwords } from "./commands/passwords.ts";
import { Tokens } from "./commands/tokens.ts";
import { noteSpeech } from "./commands/speech.ts";
import { refusalOf, ServerBans } from "./commands/server_bans.ts";
import { Revisions } from "./commands/revisions.ts";
import type { Config } from "./config/config.ts";
import type { EventLoopLag } from "./limits/event_loop_lag.ts";
import { isLimited, NO_LIMIT, TokenBuckets } from "./limits/token_bucket.ts";
import { Guesses } from "./limits/guesses.ts";
import { SlowMode } from "./limits/slow_mode.ts";
import type { Gauges, Metrics } from "./metrics/metrics.ts";
import { encodeEvent } from "./protocol/encode.ts";
import { Instances } from "./nodes/instances.ts";
import type { Ban } from "./room/bans.ts";
import { Memberships } from "./room/memberships.ts";
import type { Room } from "./room/room.ts";
import { Rooms } from "./room/rooms.ts";
import type { RulesOptions } from "./room/rules.ts";
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
  /** Ends the connections and streams of a user who was banned, with an encoded event that says so. */
  readonly banned: (id: string, event: string) => void;
  /** Called when documents of a room have changed, with the users who were kicked just now. */
  readonly changed: (room: Room, kicked: readonly string[]) => void;
}

/** The searches of a user. */
const SEARCH_RATE = { burst: 10, perSecond: 1 };

/** Makes the parts, and subscribes them to the broker. */
export function createContext(options: ContextOptions): Context {
  const { config, broker, logger, timers, metrics, mark } = options;
  const clockWatch = new ClockWatch(options);
  const rules: RulesOptions = {
    fixedRooms: config.rooms,
    nameOf: (id) => memberships.userOf(id)?.name,
  };
  const instances = createInstances(options, () => rooms, () => memberships);
  const rooms = new Rooms({
    ...config,
    ...rules,
    metrics,
    isKeptElsewhere: broker.trim === undefined,
    trimmed: (room, floor) => broker.trim?.(room, floor),
    made: (room) => instances?.fill(room),
  });
  const memberships = new Memberships(rooms, mark, instances);
  const serverBans = new ServerBans(broker, options.now, () => banish());
  const noteOrigin = (room: Room | undefined, ban: Ban) => {
    // It holds for the id in any case.
    if (instances !== undefined) addOrigin(context, room, ban).catch(() => {});
  };
  const expel = (room: Room) => {
    const kicked: string[] = [];
    for (const ban of room.rules.bans.takeFresh()) {
      const { kind, id, until } = ban;
      noteOrigin(room, ban);
      if (kind !== "kick" || memberships.get(id)?.user.role === "admin") continue;
      const event = encodeEvent({ type: "kicked", room: room.name, until });
      for (const client of memberships.expel(id, room)) client.reply(event);
      kicked.push(id);
    }
    options.changed(room, kicked);
  };
  const banish = () => {
    for (const ban of serverBans.bans.takeFresh()) {
      noteOrigin(undefined, ban);
      if (memberships.get(ban.id)?.user.role === "admin") continue;
      const refused = refusalOf("ban", ban, options.now(), undefined);
      if (refused !== undefined) options.banned(ban.id, encodeEvent(refused));
    }
  };
  const feed = new Feed({
    broker,
    rooms,
    historySize: config.historySize,
    openSize: Math.min(config.joinHistory, config.historySize),
    mark,
    changed: expel,
    changedServer(document) {
      serverBans.apply(document);
      banish();
    },
    lostServer() {
      serverBans.reload();
      instances?.lost();
    },
    nodeSignalled: (body) => instances?.receive(body),
    published: (position) => clockWatch.see(position),
    ...instances && { appended: (room, message) => noteSpeech(context, room, message, timers.now) },
    failed(cause) {
      if (cause instanceof Unavailable) return;
      logger("error", "read_failed", { error: String(cause) });
    },
  });
  const context: Context = {
    config,
    broker,
    feed,
    clockWatch,
    revisions: new Revisions(broker, options.timers),
    now: options.now,
    rooms,
    memberships,
    instances,
    serverBans,
    passwords: new Passwords(),
    tokens: config.tokenSecret === "" ? undefined : new Tokens(config.tokenSecret),
    guesses: new Guesses(),
    slowMode: new SlowMode(),
    directory: new Directory({
      ...{ ...rules, broker, rooms },
      countElsewhere: (room) => instances?.countIn(room) ?? 0,
    }),
    messageBudgets: new TokenBuckets(config.messageRate),
    searchBudgets: new TokenBuckets(isLimited(config.messageRate) ? SEARCH_RATE : NO_LIMIT),
    lag: options.lag,
    metrics,
    logger,
  };
  serverBans.load();
  return context;
}

/** The other instances, where the broker reaches them. */
function createInstances(
  { broker, config, timers, mark }: ContextOptions,
  rooms: () => Rooms,
  memberships: () => Memberships,
): Instances | undefined {
  const claim = broker.claim?.bind(broker);
  const release = broker.release?.bind(broker);
  if (claim === undefined || release === undefined) return undefined;
  return new Instances({
    broker: {
      signal: (signal) => broker.signal(signal),
      status: () => broker.status(),
      ...{ claim, release },
    },
    graceMs: config.leaveGraceMs,
    elapsed: () => timers.now,
    ...{ rooms, memberships, mark },
  });
}

/** Runs the checks of the parts that are due once a second. */
export function sweepContext(context: Context, now: number): void {
  const { messageBudgets, searchBudgets, guesses, slowMode } = context;
  messageBudgets.sweep(now);
  searchBudgets.sweep(now);
  guesses.sweep(now);
  slowMode.sweep(now);
  context.feed.retry();
  if (!context.serverBans.isReady) context.serverBans.load();
  context.clockWatch.check();
}

/** The gauges of what commands work on. Looks at every room. */
export function contextGauges(
  { rooms, memberships, instances, broker, messageBudgets }: Context,
): Pick<
  Gauges,
  | ("rooms" | "users" | "members" | "messagesKept" | "waitingCursors" | "historyBytes")
  | ("receipts" | "receiptBytes" | "messageBudgets" | "instances")
> {
  const { receipts, receiptBytes } = broker.status();
  let [members, messagesKept, waitingCursors] = [0, 0, 0];
  for (const room of rooms) {
    members += room.presence.countHere;
    messagesKept += room.log.size;
    waitingCursors += room.countWaiting();
  }
  return {
    ...{ rooms: rooms.size, users: memberships.userCount, members, messagesKept },
    ...{ waitingCursors, historyBytes: rooms.bytes, receipts, receiptBytes },
    messageBudgets: messageBudgets.size,
    instances: instances?.count ?? 1,
  };
}
