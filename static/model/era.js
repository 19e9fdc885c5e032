/**
 * Eras of a log: the ids of a server whose clock is behind that of the server before it are smaller
 * than those in the log, so that what it says would stand above what was there. With such a server a
 * new era begins, in which the log's ids have a prefix. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */

/** Sorts behind all that an id of a server begins with; the next era has one more of it. */
const MARK = "|";

/**
 * The era that follows another. The first one is "".
 *
 * @param {string} era
 * @returns {string}
 */
export function nextEra(era) {
  return era + MARK;
}

/**
 * A message of the server as it stands in the log.
 *
 * @param {Message} message
 * @param {string} era
 * @returns {Message}
 */
export function inEra(message, era) {
  return era === "" ? message : { ...message, id: era + message.id };
}

/**
 * The id that a server gave to what stands in the log under another one.
 *
 * @param {string} id
 * @returns {string}
 */
export function withoutEra(id) {
  return id.slice(id.lastIndexOf(MARK) + 1);
}
