/**
 * A room's log as this page has it: messages and gaps, in the order of their ids. Pure.
 *
 * @module
 */

/** @import { Message } from "../chat/protocol.ts" */

/**
 * Messages are missing here.
 *
 * @typedef {object} Gap
 * @property {string} id the id of the message before it and "~", which sorts right behind that
 * @property {true} gap
 */

/** @typedef {Message | Gap} Entry */

/** The most entries of a room that the page keeps, and how far that may be exceeded. */
const MAX_ENTRIES = 10_000;
const TRIM_SLACK = 500;

/**
 * Puts messages in their places; those that are known already are dropped. Gives back `entries`
 * itself when nothing was new.
 *
 * @param {readonly Entry[]} entries
 * @param {readonly Message[]} messages
 * @returns {readonly Entry[]}
 */
export function insertMessages(entries, messages) {
  const next = [...entries];
  for (const { id, time, user, text } of messages) {
    const place = placeOf(next, id);
    if (next[place]?.id !== id) next.splice(place, 0, { id, time, user, text });
  }
  return next.length === entries.length ? entries : next;
}

/**
 * Marks that messages after the id `after` are missing. Neighbouring gaps are one.
 *
 * @param {readonly Entry[]} entries
 * @param {string} after
 * @returns {readonly Entry[]}
 */
export function insertGap(entries, after) {
  const id = `${after}~`;
  const place = placeOf(entries, id);
  if (isGap(entries[place - 1]) || isGap(entries[place])) return entries;
  return entries.toSpliced(place, 0, { id, gap: true });
}

/**
 * Without the oldest entries where there are too many.
 *
 * @param {readonly Entry[]} entries
 * @returns {readonly Entry[]}
 */
export function trimEntries(entries) {
  return entries.length > MAX_ENTRIES + TRIM_SLACK ? entries.slice(-MAX_ENTRIES) : entries;
}

/**
 * @param {Entry | undefined} entry
 * @returns {entry is Gap}
 */
export function isGap(entry) {
  return entry !== undefined && "gap" in entry;
}

/**
 * The oldest message, from which to page backwards.
 *
 * @param {readonly Entry[]} entries
 * @returns {Message | undefined}
 */
export function oldestMessage(entries) {
  for (const entry of entries) if (!isGap(entry)) return entry;
  return undefined;
}

/**
 * The index of the first entry whose id is not less than `id`.
 *
 * @param {readonly Entry[]} entries
 * @param {string} id
 * @returns {number}
 */
function placeOf(entries, id) {
  let low = 0;
  let high = entries.length;
  // Nearly every message is the newest.
  const last = entries.at(-1);
  if (last === undefined || last.id < id) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
