/**
 * Outbox of the page: deletions that can be undone, rooms in slow mode, and the texts of failures.
 * Pure.
 *
 * @module
 */

/** @import { ErrorEvent } from "../../chat/protocol/types.ts" */
/** @import { Place, Progress } from "../client/outbox.js" */
import * as rules from "../client/outbox.js";
import { withoutEra } from "./era.js";
import { explainMessage } from "./explanations.js";

export {
  commandOf,
  failItem,
  fitsFrame,
  isOutside,
  isRetried,
  markSent,
  outgoing,
  removeItem,
  requeue,
} from "../client/outbox.js";

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
 * The items that may be sent now. A deletion that can be undone holds up nothing.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {number} now
 * @param {ReadonlySet<string>} [slow] rooms in which slow mode holds messages, and nothing else
 * @returns {Outgoing[]}
 */
export function dueItems(outbox, now, slow = new Set()) {
  const free = unheld(outbox, now).filter((item) => !isNewMessage(item) || !slow.has(item.room));
  return rules.dueItems(free, now);
}

/**
 * The time at which the next item that was put off or is held may be sent, or Infinity.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {number} now
 * @returns {number}
 */
export function nextRetryAt(outbox, now) {
  const held = outbox.filter((item) => isHeld(item, now));
  return Math.min(rules.nextRetryAt(unheld(outbox, now)), ...held.map(heldUntil));
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
  const rest = error.code === "not_found" ? withoutReply(outbox, error.ref) : outbox;
  return rules.refuseItem(rest, error, { now, explain: explainMessage });
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
 * Queues a failed item again, for the user.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {string} ref
 * @returns {readonly Outgoing[]}
 */
export function retryItem(outbox, ref) {
  /** @type {Pick<Progress, "status" | "error" | "retryAt">} */
  const afresh = { status: "queued", error: "", retryAt: 0 };
  return outbox.map((item) => item.ref === ref ? { ...item, ...afresh } : item);
}

/**
 * The items but for deletions that can be undone.
 *
 * @param {readonly Outgoing[]} outbox
 * @param {number} now
 */
function unheld(outbox, now) {
  return outbox.filter((item) => !isHeld(item, now));
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
