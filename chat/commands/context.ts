/**
 * Context of commands: the parts of the server that they work on, and refusals that they share.
 *
 * @module
 */

import { type Broker, Unavailable } from "../broker/broker.ts";
import type { ClockWatch } from "../broker/clock_watch.ts";
import type { Feed } from "../broker/feed.ts";
import type { Config } from "../config/config.ts";
import type { Address } from "../limits/addresses.ts";
import type { Guesses } from "../limits/guesses.ts";
import type { SlowMode } from "../limits/slow_mode.ts";
import type { EventLoopLag } from "../limits/event_loop_lag.ts";
import type { TokenBuckets } from "../limits/token_bucket.ts";
import type { Instances } from "../nodes/instances.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { type LoggedMessage, MESSAGE_FIELDS_BYTES } from "../protocol/encode.ts";
import { type Command, type ErrorEvent, refusal, UNAVAILABLE_RETRY_MS } from "../protocol/types.ts";
import type { Memberships } from "../room/memberships.ts";
import type { Room } from "../room/room.ts";
import type { Rooms } from "../room/rooms.ts";
import type { Logger } from "../runtime/logger.ts";
import { charBytes } from "../text/texts.ts";
import type { Directory } from "./directory.ts";
import type { Passwords } from "./passwords.ts";
import type { Tokens } from "./tokens.ts";
import type { ServerBans } from "./server_bans.ts";
import type { Revisions } from "./revisions.ts";

/** The parts of the server that commands work on. */
export interface Context {
  readonly config: Config;
  readonly broker: Broker;
  readonly feed: Feed;
  readonly clockWatch: ClockWatch;
  readonly revisions: Revisions;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  readonly rooms: Rooms;
  readonly memberships: Memberships;
  /** The other instances; none if the broker reaches no other. */
  readonly instances: Instances | undefined;
  readonly passwords: Passwords;
  /** Of servers that need tokens. */
  readonly tokens: Tokens | undefined;
  readonly guesses: Guesses;
  readonly slowMode: SlowMode;
  readonly directory: Directory;
  readonly serverBans: ServerBans;
  /** The messages that each user may send, by user id. */
  readonly messageBudgets: TokenBuckets;
  /** The searches that each user may make, by user id. */
  readonly searchBudgets: TokenBuckets;
  readonly lag: EventLoopLag;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** A command of one type. */
export type Of<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** What a command is answered with: an event that is encoded already, a refusal, or nothing. */
export type Answer = string | ErrorEvent | undefined;

/** The `ref` of an answer, if its command had one. */
export function refOf({ ref }: Command): { readonly ref?: string } {
  return ref === undefined ? {} : { ref };
}

/** For how many days messages are kept, 0 for ever; `undefined` without a store. */
export function keepDaysOf({ broker, config }: Context): number | undefined {
  return broker.isStore ? config.keepDays : undefined;
}

/** Bytes of a message in an answer. */
export function messageBytes({ body }: LoggedMessage): number {
  return MESSAGE_FIELDS_BYTES + charBytes(body);
}

/** The refusal of a command in a room that was not joined. */
export function notJoined(room: string, ref: string | undefined): ErrorEvent {
  return refusal("not_joined", `Room "${room}" must be joined first`, ref);
}

/** The refusal of a command for which a user's address has changed presence too often. */
export function tooManyChanges(retryMs: number, ref: string | undefined): ErrorEvent {
  const message = "Too much coming, going and renaming from this address";
  return refusal("rate_limited", message, ref, retryMs);
}

/** The refusal of a command for which a user's address was given too much history. */
export function tooMuchHistory(retryMs: number, ref: string | undefined): ErrorEvent {
  return refusal("rate_limited", "Too much history for this address", ref, retryMs);
}

/** The refusal of a command that failed. */
export function failure(
  { logger }: Context,
  { type, ref }: { readonly type: string; readonly ref?: string },
  cause: unknown,
): ErrorEvent {
  if (cause instanceof Unavailable) return unavailable("The server can't do this now", ref);
  logger("error", "command_failed", { type, error: String(cause) });
  return refusal("internal", "The server failed; try again", ref);
}

/** The refusal of a command that may be repeated. */
export function unavailable(message: string, ref: string | undefined): ErrorEvent {
  return refusal("unavailable", message, ref, UNAVAILABLE_RETRY_MS);
}

/**
 * The room of a name, made if there is none, or why it can't be had. A room that is not in memory is
 * read first.
 *
 * @param address at which the room is wanted; left out: by the server itself, which has no limit
 */
export function useRoom(
  { config, rooms, feed }: Context,
  name: string,
  now: number,
  { ref, address }: { readonly ref?: string | undefined; readonly address?: Address },
): Room | ErrorEvent | Promise<Room | ErrorEvent> {
  const isNew = !feed.has(name);
  const retryMs = isNew ? address?.budgets.rooms.wait(now) ?? 0 : 0;
  if (retryMs > 0) {
    return refusal("rate_limited", "Too many new rooms from this address", ref, retryMs);
  }
  const check = (room: Room | undefined): Room | ErrorEvent => {
    // It may be gone already: another one took its place.
    if (room === undefined || rooms.get(name) !== room) {
      return unavailable(`The server holds its ${config.maxRooms} rooms`, ref);
    }
    if (isNew) address?.budgets.rooms.spend(1);
    return room;
  };
  const room = feed.use(name, address?.budgetKey);
  return room instanceof Promise ? room.then(check) : check(room);
}
