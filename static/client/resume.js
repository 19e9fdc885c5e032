/**
 * Resuming a room: the position up to which a client has everything, and refused joins. Pure.
 *
 * @module
 */

/** @import { ErrorEvent, JoinedEvent, Message } from "./protocol.d.ts" */

/**
 * The place of a client in the log of a room.
 *
 * @typedef {object} Cursor
 * @property {string | null} since the position to resume after; null before the first join
 * @property {number} follow how many messages are still on their way after `joined`
 */

/** The wait before the next join where the server names no time, in milliseconds. */
export const REJOIN_MS = 2000;

/**
 * The position of a message: where it stands in the order of changes.
 *
 * @param {Pick<Message, "id" | "changed">} message
 * @returns {string}
 */
export function positionOf({ id, changed = id }) {
  return changed;
}

/**
 * The cursor after `joined`. While messages follow, the client has only those that have come.
 *
 * @param {Pick<Cursor, "since">} cursor
 * @param {Pick<JoinedEvent, "messages" | "follow" | "head">} joined
 * @returns {Cursor}
 */
export function joinedCursor({ since }, { messages, follow, head }) {
  if (follow === 0) return { since: head, follow };
  const last = messages.at(-1);
  return { since: last === undefined ? since : positionOf(last), follow };
}

/**
 * The cursor after a `message`.
 *
 * @param {Cursor} cursor
 * @param {Pick<Message, "id" | "changed">} message
 * @returns {Cursor}
 */
export function movedCursor({ since, follow }, message) {
  const position = positionOf(message);
  return {
    since: since === null || since < position ? position : since,
    follow: Math.max(0, follow - 1),
  };
}

/**
 * Returns true if a server keeps everything that was said since a position, though `joined` may have
 * given only the newest. An older server names no floor.
 *
 * @param {Pick<JoinedEvent, "head"> & { floor?: string }} joined
 * @param {string} since
 * @returns {boolean}
 */
export function isKeptSince({ floor, head }, since) {
  return floor !== undefined && since >= floor && since <= head;
}

/**
 * The wait before a refused room is joined again, in milliseconds; Infinity: not before something
 * changes.
 *
 * @param {Pick<ErrorEvent, "code" | "retryMs">} error
 * @returns {number}
 */
export function rejoinMs({ code, retryMs = REJOIN_MS }) {
  switch (code) {
    case "rate_limited":
    case "unavailable":
    case "internal":
    case "kicked":
      return retryMs;
    default:
      return Infinity;
  }
}
