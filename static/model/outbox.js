/**
 * Outbox: messages that were not acknowledged yet. A message keeps its `ref`, so that it can be
 * sent again without a duplicate. Pure.
 *
 * @module
 */

/** @import { ErrorEvent } from "../../chat/protocol/types.ts" */
import { explainMessage } from "./explanations.js";

/**
 * @typedef {object} Outgoing
 * @property {string} ref
 * @property {string} room
 * @property {string} text
 * @property {"queued" | "sent" | "failed"} status `sent`: on its way on the present connection
 * @property {string} error why it failed, or ""
 * @property {number} queuedAt when the user sent it, which gives the order
 * @property {number} retryAt not to be sent before
 */

/** The wait before a message is sent again where the server names no time, in milliseconds. */
const DEFAULT_RETRY_MS = 2000;

/**
 * A message that was not sent yet.
 *
 * @param {Pick<Outgoing, "ref" | "room" | "text" | "queuedAt">} message
 * @returns {Outgoing}
 */
export function outgoing({ ref, room, text, queuedAt }) {
  return { ref, room, text, queuedAt, status: "queued", error: "", retryAt: 0 };
}

/**
 * The messages that may be sent now: of each room the first that has not failed. One at a time, or
 * a refused message would come after later ones.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {number} now
 * @returns {Outgoing[]}
 */
export function dueMessages(outbox, now) {
  return heads(outbox).filter((item) => item.status === "queued" && item.retryAt <= now);
}

/**
 * When the next message that was put off may be sent, or Infinity.
 *
 * @param {readonly Outgoing[]} outbox
 * @returns {number}
 */
export function nextRetryAt(outbox) {
  const waiting = heads(outbox).filter((item) => item.status === "queued" && item.retryAt > 0);
  return Math.min(...waiting.map((item) => item.retryAt));
}

/**
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {readonly Outgoing[]}
 */
export function markSent(outbox, ref) {
  return patch(outbox, ref, { status: "sent" });
}

/**
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {readonly Outgoing[]}
 */
export function removeMessage(outbox, ref) {
  return outbox.filter((item) => item.ref !== ref);
}

/**
 * The connection was lost, and which messages arrived is unknown: all are sent again.
 *
 * @param {readonly Outgoing[]} outbox
 * @returns {readonly Outgoing[]}
 */
export function requeue(outbox) {
  return outbox.map((item) => item.status === "sent" ? { ...item, status: "queued" } : item);
}

/**
 * The server refused a message: it is sent later or, if that can't help, has failed.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {ErrorEvent & { ref: string }} error
 * @param {number} now
 * @returns {readonly Outgoing[]}
 */
export function refuseMessage(outbox, error, now) {
  const { ref, code, retryMs = DEFAULT_RETRY_MS } = error;
  switch (code) {
    case "rate_limited":
    case "unavailable":
      return patch(outbox, ref, { status: "queued", retryAt: now + retryMs });
    case "not_joined":
      return patch(outbox, ref, { status: "queued" });
    default:
      return failMessage(outbox, ref, explainMessage(error));
  }
}

/**
 * Marks a message that can't be sent as failed.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @param {string} error
 * @returns {readonly Outgoing[]}
 */
export function failMessage(outbox, ref, error) {
  return patch(outbox, ref, { status: "failed", error });
}

/**
 * Queues a failed message again, for the user.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {readonly Outgoing[]}
 */
export function retryMessage(outbox, ref) {
  return patch(outbox, ref, { status: "queued", error: "", retryAt: 0 });
}

/** @param {readonly Outgoing[]} outbox */
function heads(outbox) {
  /** @type {Map<string, Outgoing>} */
  const byRoom = new Map();
  for (const item of outbox) {
    if (item.status !== "failed" && !byRoom.has(item.room)) byRoom.set(item.room, item);
  }
  return [...byRoom.values()];
}

/**
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @param {Partial<Outgoing>} change
 */
function patch(outbox, ref, change) {
  return outbox.map((item) => item.ref === ref ? { ...item, ...change } : item);
}
