/**
 * A page of messages around a place in a room, by id.
 *
 * @module
 */

import type { Message, MessagePage } from "./broker.ts";

/**
 * The page at a place.
 *
 * @param older messages before the place, ascending: the last `limit + 1` at least, or all
 * @param newer messages from the place on, ascending: the first `limit + 1` at least, or all
 * @param direction which of them are wanted
 */
export function pageOf(
  older: readonly Message[],
  newer: readonly Message[],
  direction: "older" | "newer" | "both",
  limit: number,
): MessagePage {
  const half = Math.floor(limit / 2);
  const most = { older: limit, newer: 0, both: Math.max(half, limit - newer.length) }[direction];
  const before = Math.min(older.length, most);
  const after = direction === "older" ? 0 : Math.min(newer.length, limit - before);
  const start = older.length - before;
  return {
    messages: [...older.slice(start), ...newer.slice(0, after)],
    more: start > 0,
    moreAfter: after < newer.length,
  };
}
