/**
 * Overlay of a message: its text and state with the changes of the user that wait. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { OutgoingChange } from "./outbox.js" */

/**
 * @typedef {object} Overlay
 * @property {string} text
 * @property {boolean} isDeleted
 * @property {Extract<OutgoingChange, { type: "edit" }>} [edit] the last one that waits
 * @property {Extract<OutgoingChange, { type: "delete" }>} [deletion]
 */

/**
 * @param {Pick<Message, "text" | "deleted">} message
 * @param {readonly OutgoingChange[]} pending changes of this message
 * @returns {Overlay}
 */
export function overlayOf({ text, deleted }, pending) {
  /** @type {Overlay} */
  const overlay = { text, isDeleted: deleted === true };
  for (const change of pending) {
    if (change.type === "delete") Object.assign(overlay, { deletion: change, isDeleted: true });
    else if (change.type === "edit") Object.assign(overlay, { edit: change, text: change.text });
  }
  return overlay;
}
