/**
 * A page of messages around a place in a room, by id.
 *
 * @module
 */

import type { Message, MessagePage, PageBound } from "./broker.ts";

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

/**
 * The page of a list at a bound.
 *
 * @param messages all there are, ascending by id
 */
export function pageWithin(
  messages: readonly Message[],
  { before, after, around }: PageBound,
  limit: number,
): MessagePage {
  if (after !== undefined) {
    const start = messages.findIndex(({ id }) => id > after);
    return start === -1
      ? { messages: [], more: messages.length > 0, moreAfter: false }
      : pageOf(messages.slice(0, start), messages.slice(start), "newer", limit);
  }
  const end = before ?? around;
  const index = end === undefined ? -1 : messages.findIndex(({ id }) => id >= end);
  const middle = index === -1 ? messages.length : index;
  const direction = around === undefined ? "older" : "both";
  return pageOf(messages.slice(0, middle), messages.slice(middle), direction, limit);
}
