/**
 * Outbox: messages and changes of messages that were not acknowledged yet. Each keeps its `ref`, so
 * that it can be sent again without a second effect. Pure.
 *
 * @module
 */

/** @import { Command, ErrorEvent } from "./protocol.d.ts" */

/**
 * @typedef {object} Place
 * @property {string} ref
 * @property {string} room
 * @property {number} queuedAt when the user sent it, which gives the order
 */

/**
 * @typedef {object} Progress
 * @property {"queued" | "sent" | "failed"} status `sent`: on its way on the present connection
 * @property {string} error why it failed, or ""
 * @property {number} retryAt not to be sent before
 * @property {boolean} isTried whether the server may have it already
 */

/**
 * A new message, or a change of a message that the server has under the id `id`.
 *
 * @typedef {{ type: "send", text: string, reply?: string }
 *   | { type: "edit", id: string, text: string }
 *   | { type: "delete", id: string }
 *   | { type: "react", id: string, emoji: string, on: boolean }} Content
 */

/** @typedef {Place & Progress & Content} Item */

/** The wait before an item is sent again where the server names no time, in milliseconds. */
const DEFAULT_RETRY_MS = 2000;

/**
 * An item that was not sent yet.
 *
 * @template {Place & Content} Content
 * @param {Content} content
 * @returns {Content & Progress}
 */
export function outgoing(content) {
  return { ...content, status: "queued", error: "", retryAt: 0, isTried: false };
}

/**
 * The items that may be sent now: of each room the first that has not failed. One at a time, or a
 * refused message would come after later ones.
 *
 * @template {Item} Any
 * @param {readonly Any[]} outbox
 * @param {number} now
 * @returns {Any[]}
 */
export function dueItems(outbox, now) {
  return heads(outbox).filter((item) => item.status === "queued" && item.retryAt <= now);
}

/**
 * The time at which the next item that was put off may be sent, or Infinity.
 *
 * @param {readonly Item[]} outbox
 * @returns {number}
 */
export function nextRetryAt(outbox) {
  const waiting = heads(outbox).filter((item) => item.status === "queued" && item.retryAt > 0);
  return Math.min(...waiting.map((item) => item.retryAt));
}

/**
 * The command that delivers an item.
 *
 * @param {Item} item
 * @returns {Command}
 */
export function commandOf(item) {
  const { ref, room } = item;
  switch (item.type) {
    case "send": {
      const { text, reply } = item;
      return { type: "send", ref, room, text, ...(reply !== undefined && { reply }) };
    }
    case "edit":
      return { type: "edit", ref, room, id: item.id, text: item.text };
    case "delete":
      return { type: "delete", ref, room, id: item.id };
    case "react":
      return { type: "react", ref, room, id: item.id, emoji: item.emoji, on: item.on };
  }
}

/**
 * Returns true if a command fits into a frame. The server closes the connection over a longer one,
 * and the client would send the same again.
 *
 * @param {Command} command
 * @param {number} maxBytes
 * @returns {boolean}
 */
export function fitsFrame(command, maxBytes) {
  return new TextEncoder().encode(JSON.stringify(command)).length <= maxBytes;
}

/**
 * @template {Item} Any
 * @param {readonly Any[]} outbox
 * @param {string} ref
 * @returns {readonly Any[]}
 */
export function markSent(outbox, ref) {
  return patch(outbox, ref, { status: "sent", isTried: true });
}

/**
 * @template {Item} Any
 * @param {readonly Any[]} outbox
 * @param {string} ref
 * @returns {readonly Any[]}
 */
export function removeItem(outbox, ref) {
  return outbox.filter((item) => item.ref !== ref);
}

/**
 * The connection was lost, and which items arrived is unknown: all are sent again.
 *
 * @template {Item} Any
 * @param {readonly Any[]} outbox
 * @returns {readonly Any[]}
 */
export function requeue(outbox) {
  return outbox.map((item) => item.status === "sent" ? { ...item, status: "queued" } : item);
}

/**
 * The server refused an item: it is sent later or, if that can't help, has failed.
 *
 * @template {Item} Any
 * @param {readonly Any[]} outbox
 * @param {ErrorEvent & { ref: string }} error
 * @param {{ now: number, explain: (error: ErrorEvent) => string }} options
 * @returns {readonly Any[]}
 */
export function refuseItem(outbox, error, { now, explain }) {
  const { ref, code, retryMs = DEFAULT_RETRY_MS } = error;
  if (!isRetried(code)) return failItem(outbox, ref, explain(error));
  // A room that is not joined will be, which is the time to send again.
  const wait = isOutside(code) ? {} : { retryAt: now + retryMs };
  return patch(outbox, ref, { status: "queued", ...wait });
}

/**
 * Returns true if an item that was refused for this reason is sent again.
 *
 * @param {ErrorEvent["code"]} code
 * @returns {boolean}
 */
export function isRetried(code) {
  return code === "rate_limited" || code === "unavailable" || isOutside(code);
}

/**
 * Returns true if an error says that the user is not in the room.
 *
 * @param {ErrorEvent["code"]} code
 * @returns {boolean}
 */
export function isOutside(code) {
  return code === "not_joined" || code === "kicked";
}

/**
 * Marks an item that can't be sent as failed.
 *
 * @template {Item} Any
 * @param {readonly Any[]} outbox
 * @param {string} ref
 * @param {string} error
 * @returns {readonly Any[]}
 */
export function failItem(outbox, ref, error) {
  return patch(outbox, ref, { status: "failed", error });
}

/**
 * @template {Item} Any
 * @param {readonly Any[]} outbox
 */
function heads(outbox) {
  /** @type {Map<string, Any>} */
  const byRoom = new Map();
  for (const item of outbox) {
    if (item.status !== "failed" && !byRoom.has(item.room)) byRoom.set(item.room, item);
  }
  return [...byRoom.values()];
}

/**
 * @template {Item} Any
 * @param {readonly Any[]} outbox
 * @param {string} ref
 * @param {Partial<Progress>} change
 * @returns {readonly Any[]}
 */
function patch(outbox, ref, change) {
  return outbox.map((item) => item.ref === ref ? { ...item, ...change } : item);
}
