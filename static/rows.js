/**
 * The lines of the log as they are drawn: days, messages in groups, gaps, and what is on its way.
 * Pure, but for the local time zone.
 *
 * @module
 */

/** @import { Message } from "../chat/protocol.ts" */
/** @import { Entry } from "./log.js" */
/** @import { Outgoing } from "./outbox.js" */
import { isGap } from "./log.js";

/**
 * A row never changes its look: one that would has another key.
 *
 * @typedef {{ type: "day", key: string, time: number }
 *   | { type: "gap", key: string }
 *   | { type: "message", key: string, message: Message, continues: boolean }
 *   | { type: "outgoing", key: string, item: Outgoing, continues: boolean }} Row
 */

/** Messages of one author within this time stand together under one name. */
const GROUP_MS = 5 * 60_000;

/**
 * @param {readonly Entry[]} entries
 * @param {readonly Outgoing[]} outbox of this room
 * @param {string | undefined} you your id
 * @returns {Row[]}
 */
export function rowsOf(entries, outbox, you) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {Message | undefined} */
  let previous;
  for (const entry of entries) {
    if (isGap(entry)) {
      rows.push({ type: "gap", key: entry.id });
      previous = undefined;
      continue;
    }
    const day = dayOf(entry.time);
    if (rows.length === 0 || (previous !== undefined && dayOf(previous.time) !== day)) {
      // With the id, since a clock that was set back brings the same day again.
      rows.push({ type: "day", key: `day ${entry.id}`, time: entry.time });
      previous = undefined;
    }
    const continues = previous !== undefined && isGrouped(previous, entry);
    const key = continues ? `${entry.id}+` : entry.id;
    rows.push({ type: "message", key, message: entry, continues });
    previous = entry;
  }
  let isYours = previous !== undefined && previous.user.id === you;
  for (const item of outbox) {
    const key = [item.ref, item.status, item.error, isYours, you].join(" ");
    rows.push({ type: "outgoing", key, item, continues: isYours });
    isYours = true;
  }
  return rows;
}

/**
 * @param {Message} previous
 * @param {Message} message
 */
function isGrouped(previous, { user, time }) {
  return previous.user.id === user.id && previous.user.name === user.name &&
    Math.abs(time - previous.time) < GROUP_MS;
}

/** @param {number} time */
function dayOf(time) {
  return new Date(time).toDateString();
}
