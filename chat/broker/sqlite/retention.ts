/**
 * Drops what is older or larger than what is to be kept, in small steps.
 *
 * @module
 */

import { positionAt } from "../../protocol/ulid.ts";
import { sizeOf } from "./messages.ts";
import type { RoomRow } from "./rooms.ts";
import type { Store } from "./store.ts";

/** Messages that are read at a time. */
const STEP_MESSAGES = 32;

/** What is kept. 0: no limit. */
export interface RetentionOptions {
  readonly keepDays: number;
  /** The size of all messages, in bytes. */
  readonly keepBytes: number;
}

/** How messages are dropped: with all their words out of the index at once, or not. */
type Way = "securely" | "fast";

/** A message that takes more is long. */
const LONG_BYTES = 2_000;

/** What one step has done. */
export interface RetentionStep {
  /** The rooms that have lost messages, with their new floors. */
  readonly dropped: ReadonlyMap<string, string>;
  /** To be called when the transaction is done. */
  confirm(): void;
}

/**
 * Returns the way in which the next messages are to be dropped, if there are some. Long ones that go
 * for their size alone are dropped fast: 4,000 different characters take 5 ms in place of 50, and a flood of them would hold up
 * everybody.
 */
export function overdue(
  store: Store,
  options: RetentionOptions,
  now: number,
): Way | undefined {
  const next = nextRoom(store, options, now, store.bytes);
  if (next === undefined) return undefined;
  const [oldest] = store.messages.oldest(next.room.number, 1);
  return oldest === undefined ? "securely" : wayOf(oldest, next.until);
}

/**
 * Drops some messages, in a transaction: what is too old, then the oldest of the room that takes most.
 *
 * @param way what {@linkcode overdue} returns: it ends before what is to be dropped the other way
 * @param isLate whether it has taken long enough
 */
export function retain(
  store: Store,
  options: RetentionOptions,
  now: number,
  way: Way,
  isLate: () => boolean,
): RetentionStep {
  const dropped = new Map<string, string>();
  let bytes = store.bytes;
  while (!isLate()) {
    const next = nextRoom(store, options, now, bytes);
    if (next === undefined) break;
    const { room, until } = next;
    const excess = bytes - (options.keepBytes || Infinity);
    const step = dropOldest(store, room, { until, excess, way, isLate });
    if (step.floor !== undefined) dropped.set(room.name, step.floor);
    bytes -= step.bytes;
    if (step.isOtherWay) break;
  }
  return { dropped, confirm: () => void (store.bytes = bytes) };
}

/** The room that is to lose messages, and the position before which it loses all; none: by size. */
function nextRoom(
  store: Store,
  { keepDays, keepBytes }: RetentionOptions,
  now: number,
  bytes: number,
): { room: RoomRow; until: string | undefined } | undefined {
  if (keepDays > 0) {
    const until = positionAt(now - keepDays * 86_400_000);
    const room = store.rooms.aged(until);
    if (room !== undefined) return { room, until };
  }
  if (keepBytes === 0 || bytes <= keepBytes) return undefined;
  const room = store.rooms.largest();
  return room && { room, until: undefined };
}

/** Which messages of a room are to be dropped: those before a position, or else of some bytes. */
interface DropOptions {
  readonly until: string | undefined;
  readonly excess: number;
  readonly way: Way;
  readonly isLate: () => boolean;
}

/** Drops the oldest messages of a room, up to the first one that is to be dropped the other way. */
function dropOldest(
  store: Store,
  room: RoomRow,
  { until, excess, way, isLate }: DropOptions,
): { floor: string | undefined; bytes: number; isOtherWay: boolean } {
  const { rooms, messages, search } = store;
  const oldest = messages.oldest(room.number, STEP_MESSAGES + 1);
  let floor: string | undefined;
  let bytes = 0;
  let next: string | undefined;
  let isOtherWay = false;
  for (const [i, message] of oldest.entries()) {
    const isKept = until === undefined ? bytes >= excess : message.position >= until;
    isOtherWay = !isKept && wayOf(message, until) !== way;
    if (isKept || isOtherWay || i === STEP_MESSAGES || (i > 0 && isLate())) {
      next = message.position;
      break;
    }
    search.remove({ ...message, room: room.number });
    messages.delete(room.number, message);
    bytes += sizeOf(message.body);
    floor = message.position;
  }
  rooms.shrink(room, { floor, oldest: next, bytes });
  return { floor, bytes, isOtherWay };
}

function wayOf({ body }: { readonly body: string }, until: string | undefined): Way {
  return until === undefined && sizeOf(body) > LONG_BYTES ? "fast" : "securely";
}
