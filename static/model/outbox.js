/**
 * Outbox: messages and changes of messages that were not acknowledged yet. Each keeps its `ref`, so
 * that it can be sent again without a second effect. Pure.
 *
 * @module
 */

/** @import { Command, ErrorEvent } from "../../chat/protocol/types.ts" */
import { withoutEra } from "./era.js";
import { explainMessage } from "./explanations.js";

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
 * `isRevised`: its text was changed after the server may have had it, so an edit follows its ack.
 *
 * @typedef {{ type: "send", text: string, reply?: string, isRevised?: boolean }} NewMessage
 */

/**
 * A change of a message that the server has: `id` is the server's. A deletion is not sent before
 * `holdUntil`, the end of the time in which it can be undone.
 *
 * @typedef {{ type: "edit", id: string, text: string }
 *   | { type: "delete", id: string, holdUntil: number }
 *   | { type: "react", id: string, emoji: string, on: boolean }} Change
 */

/** @typedef {Place & Progress & NewMessage} OutgoingMessage */
/** @typedef {Place & Progress & Change} OutgoingChange */
/** @typedef {OutgoingMessage | OutgoingChange} Outgoing */

/** The time in which a deletion can be undone, in milliseconds. */
export const UNDO_MS = 5000;
/** The wait before a message is sent again where the server names no time, in milliseconds. */
const DEFAULT_RETRY_MS = 2000;

/**
 * A message or a change that was not sent yet.
 *
 * @template {Place & (NewMessage | Change)} Content
 * @param {Content} content
 * @returns {Content & Progress}
 */
export function outgoing(content) {
  return { ...content, status: "queued", error: "", retryAt: 0, isTried: false };
}

/**
 * @param {Outgoing} item
 * @returns {item is OutgoingMessage}
 */
export function isNewMessage(item) {
  return item.type === "send";
}

/**
 * The new message with a `ref`.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {OutgoingMessage | undefined}
 */
export function findUnsent(outbox, ref) {
  return outbox.filter(isNewMessage).find((item) => item.ref === ref);
}

/**
 * The changes of one message that wait.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {{ room: string, id: string }} message `id` as the log or the server has it
 * @returns {OutgoingChange[]}
 */
export function changesOf(outbox, { room, id }) {
  const bare = withoutEra(id);
  return outbox.filter((item) => item.type !== "send")
    .filter((item) => item.room === room && item.id === bare);
}

/**
 * The changes that wait, by the server's id of their message.
 *
 * @param {readonly Outgoing[]} outbox
 * @returns {ReadonlyMap<string, readonly OutgoingChange[]>}
 */
export function changesById(outbox) {
  /** @type {Map<string, OutgoingChange[]>} */
  const byId = new Map();
  for (const item of outbox) {
    if (item.type === "send") continue;
    const others = byId.get(item.id);
    if (others === undefined) byId.set(item.id, [item]);
    else others.push(item);
  }
  return byId;
}

/**
 * The items that may be sent now: of each room the first that has not failed. One at a time, or a
 * refused message would come after later ones. A deletion that can be undone holds up nothing.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {number} now
 * @param {ReadonlySet<string>} [slow] rooms in which slow mode holds messages, and nothing else
 * @returns {Outgoing[]}
 */
export function dueItems(outbox, now, slow = new Set()) {
  const unheld = outbox.filter((item) => !isNewMessage(item) || !slow.has(item.room));
  return heads(unheld, now).filter((item) => item.status === "queued" && item.retryAt <= now);
}

/**
 * The time at which the next item that was put off or is held may be sent, or Infinity.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {number} now
 * @returns {number}
 */
export function nextRetryAt(outbox, now) {
  const waiting = heads(outbox, now).filter((item) => item.status === "queued" && item.retryAt > 0);
  const held = outbox.filter((item) => isHeld(item, now));
  return Math.min(...waiting.map((item) => item.retryAt), ...held.map(heldUntil));
}

/**
 * The command that delivers an item.
 *
 * @param {Outgoing} item
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
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {readonly Outgoing[]}
 */
export function markSent(outbox, ref) {
  return patch(outbox, ref, { status: "sent", isTried: true });
}

/**
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {readonly Outgoing[]}
 */
export function removeItem(outbox, ref) {
  return outbox.filter((item) => item.ref !== ref);
}

/**
 * The connection was lost, and which items arrived is unknown: all are sent again.
 *
 * @param {readonly Outgoing[]} outbox
 * @returns {readonly Outgoing[]}
 */
export function requeue(outbox) {
  return outbox.map((item) => item.status === "sent" ? { ...item, status: "queued" } : item);
}

/**
 * The server refused an item: it is sent later or, if that can't help, has failed.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {ErrorEvent & { ref: string }} error
 * @param {number} now
 * @returns {readonly Outgoing[]}
 */
export function refuseItem(outbox, error, now) {
  const { ref, code, retryMs = DEFAULT_RETRY_MS } = error;
  if (code === "not_found") return failItem(withoutReply(outbox, ref), ref, explainMessage(error));
  if (!isRetried(code)) return failItem(outbox, ref, explainMessage(error));
  // A room that is not joined will be, which is the time to send again.
  const wait = isOutside(code) ? {} : { retryAt: now + retryMs };
  return patch(outbox, ref, { status: "queued", ...wait });
}

/**
 * The message that an item answers is not there any more, so it is sent again without the answer.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {readonly Outgoing[]}
 */
function withoutReply(outbox, ref) {
  return outbox.map((item) => {
    if (item.ref !== ref || item.type !== "send") return item;
    const { reply: _, ...rest } = item;
    return rest;
  });
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
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @param {string} error
 * @returns {readonly Outgoing[]}
 */
export function failItem(outbox, ref, error) {
  return patch(outbox, ref, { status: "failed", error });
}

/**
 * Queues a failed item again, for the user.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {readonly Outgoing[]}
 */
export function retryItem(outbox, ref) {
  return patch(outbox, ref, { status: "queued", error: "", retryAt: 0 });
}

/**
 * @param {readonly Outgoing[]} outbox
 * @param {number} now
 */
function heads(outbox, now) {
  /** @type {Map<string, Outgoing>} */
  const byRoom = new Map();
  for (const item of outbox) {
    if (item.status === "failed" || isHeld(item, now) || byRoom.has(item.room)) continue;
    byRoom.set(item.room, item);
  }
  return [...byRoom.values()];
}

/**
 * Returns true if a deletion waits for the end of the time in which it can be undone.
 *
 * @param {Outgoing} item
 * @param {number} now
 * @returns {boolean}
 */
export function isHeld(item, now) {
  const until = heldUntil(item);
  // The clock of another tab or of an earlier visit may have been ahead.
  return item.status === "queued" && until > now && until <= now + UNDO_MS;
}

/**
 * Ends the time in which deletions can be undone: nobody sees the button any more.
 *
 * @param {readonly Outgoing[]} outbox
 * @returns {readonly Outgoing[]}
 */
export function releaseDeletions(outbox) {
  return outbox.map((item) => item.type === "delete" ? { ...item, holdUntil: 0 } : item);
}

/** @param {Outgoing} item */
function heldUntil(item) {
  return item.type === "delete" ? item.holdUntil : 0;
}

/**
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @param {Partial<Progress>} change
 * @returns {readonly Outgoing[]}
 */
function patch(outbox, ref, change) {
  return outbox.map((item) => item.ref === ref ? { ...item, ...change } : item);
}
