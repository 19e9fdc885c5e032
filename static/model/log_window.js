/**
 * Window of a long log: the entries that are drawn, some before and after those in sight, so that
 * the time to draw does not depend on the log's length. Pure.
 *
 * @module
 */

/** @import { Entry } from "./log.js" */
import { isMessage, placeOf } from "./log.js";

/**
 * A part of a log by the ids of its ends, since indices move when older entries come.
 *
 * @typedef {object} LogWindow
 * @property {string} first the oldest entry to be drawn
 * @property {string} last the newest one; "": the end of the log
 */

/**
 * A scroll position: a message, and the distance of its top below the top of the log, in pixels.
 *
 * @typedef {{ id: string, offset: number }} Place
 */

/** The most entries that are drawn. */
export const MAX_DRAWN = 500;
/** How many are drawn at first, and how many more at a time. */
const STEP = 100;

/**
 * The newest entries.
 *
 * @param {readonly Entry[]} entries
 * @returns {LogWindow}
 */
export function tailOf(entries) {
  return { first: idAt(entries, entries.length - STEP), last: "" };
}

/**
 * All entries, to be printed.
 *
 * @param {readonly Entry[]} entries
 * @returns {LogWindow}
 */
export function wholeOf(entries) {
  return { first: idAt(entries, 0), last: "" };
}

/**
 * A part in which the entry `id` stands close to the top.
 *
 * @param {readonly Entry[]} entries
 * @param {string} id
 * @returns {LogWindow}
 */
export function around(entries, id) {
  const start = Math.max(0, placeOf(entries, id) - STEP / 2);
  const tailStart = entries.length - STEP;
  return start >= tailStart ? tailOf(entries) : bounded(entries, start, start + 2 * STEP);
}

/**
 * The scroll position in a log that may have lost the message meanwhile: then that of the next
 * message.
 *
 * @param {readonly Entry[]} entries
 * @param {Place | undefined} place
 * @returns {Place | null} null if there is none
 */
export function findPlace(entries, place) {
  if (place === undefined) return null;
  const next = entries.slice(placeOf(entries, place.id)).find(isMessage);
  if (next === undefined) return null;
  return next.id === place.id ? place : { id: next.id, offset: 0 };
}

/**
 * @param {readonly Entry[]} entries
 * @param {LogWindow} shown
 * @returns {LogWindow}
 */
export function extendUp(entries, shown) {
  const { start, end } = rangeOf(entries, shown);
  const next = Math.max(0, start - STEP);
  return bounded(entries, next, Math.min(end, next + MAX_DRAWN));
}

/**
 * @param {readonly Entry[]} entries
 * @param {LogWindow} shown
 * @returns {LogWindow}
 */
export function extendDown(entries, shown) {
  const { start, end } = rangeOf(entries, shown);
  const next = Math.min(entries.length, end + STEP);
  return bounded(entries, Math.max(start, next - MAX_DRAWN), next);
}

/**
 * The window after the log has grown, at its end or in a gap: at the bottom it moves to the newest
 * entries, elsewhere it stays around what is in sight.
 *
 * @param {readonly Entry[]} entries
 * @param {LogWindow} shown
 * @param {boolean} atBottom
 * @param {string} [inSight] the id of an entry in sight
 * @returns {LogWindow}
 */
export function follow(entries, shown, atBottom, inSight = shown.first) {
  const { start, end } = rangeOf(entries, shown);
  if (end - start <= MAX_DRAWN) return shown;
  if (atBottom) return tailOf(entries);
  const isNear = placeOf(entries, inSight) < start + MAX_DRAWN - STEP;
  const first = isNear ? start : Math.max(start, placeOf(entries, inSight) - MAX_DRAWN / 2);
  return bounded(entries, first, first + MAX_DRAWN);
}

/**
 * The indices of a part: `start` included, `end` not.
 *
 * @param {readonly Entry[]} entries
 * @param {LogWindow} shown
 * @returns {{ start: number, end: number }}
 */
export function rangeOf(entries, { first, last }) {
  const end = last === "" ? entries.length : placeOf(entries, `${last}!`);
  return { start: Math.min(placeOf(entries, first), end), end };
}

/**
 * @param {readonly Entry[]} entries
 * @param {number} start
 * @param {number} end
 * @returns {LogWindow}
 */
function bounded(entries, start, end) {
  return { first: idAt(entries, start), last: end >= entries.length ? "" : idAt(entries, end - 1) };
}

/**
 * @param {readonly Entry[]} entries
 * @param {number} index
 */
function idAt(entries, index) {
  return entries[Math.max(0, index)]?.id ?? "";
}
