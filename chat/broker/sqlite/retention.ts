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

/** What one step has done. */
export interface RetentionStep {
  /** The rooms that have lost messages, with their new floors. */
  readonly dropped: ReadonlyMap<string, string>;
  /** To be called when the transaction is done. */
  confirm(): void;
}

/** Whether there is something to drop. */
export function isOverdue(store: Store, options: RetentionOptions, now: number): boolean {
  return nextRoom(store, options, now, store.bytes) !== undefined;
}

/**
 * Drops some messages, in a transaction: what is too old, then the oldest of the room that takes most.
 *
 * @param isLate whether it has taken long enough
 */
export function retain(
  store: Store,
  options: RetentionOptions,
  now: number,
  isLate: () => boolean,
): RetentionStep {
  const dropped = new Map<string, string>();
  let bytes = store.bytes;
  while (!isLate()) {
    const next = nextRoom(store, options, now, bytes);
    if (next === undefined) break;
    const { room, until } = next;
    const step = dropOldest(store, room, until, bytes - (options.keepBytes || Infinity), isLate);
    if (step.floor !== undefined) dropped.set(room.name, step.floor);
    bytes -= step.bytes;
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

/** Drops the oldest messages of a room: those before a position, or of some bytes. */
function dropOldest(
  store: Store,
  room: RoomRow,
  until: string | undefined,
  excess: number,
  isLate: () => boolean,
): { floor: string | undefined; bytes: number } {
  const { rooms, messages, search } = store;
  const oldest = messages.oldest(room.number, STEP_MESSAGES + 1);
  let floor: string | undefined;
  let bytes = 0;
  let next: string | undefined;
  for (const [i, message] of oldest.entries()) {
    const isKept = until === undefined ? bytes >= excess : message.position >= until;
    if (isKept || i === STEP_MESSAGES || (i > 0 && isLate())) {
      next = message.position;
      break;
    }
    search.remove({ ...message, room: room.number });
    messages.delete(room.number, message);
    bytes += sizeOf(message.body);
    floor = message.position;
  }
  rooms.shrink(room, { floor, oldest: next, bytes });
  return { floor, bytes };
}
