/**
 * Eras of a log. A server whose clock is behind its predecessor's makes ids smaller than those in
 * the log, so its messages would stand above older ones. With such a server a new era begins: the
 * log's ids get a prefix. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */

/** Sorts after every character of a server's ids; each era has one more of it. */
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
 * The era before another one that is not the first.
 *
 * @param {string} era
 * @returns {string}
 */
export function previousEra(era) {
  return era.slice(MARK.length);
}

/**
 * A message of the server with its id in the log.
 *
 * @param {Message} message
 * @param {string} era
 * @returns {Message}
 */
export function inEra(message, era) {
  return era === "" ? message : { ...message, id: era + message.id };
}

/**
 * The server's id of a log entry.
 *
 * @param {string} id
 * @returns {string}
 */
export function withoutEra(id) {
  return id.slice(id.lastIndexOf(MARK) + 1);
}
