/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Scroll positions in the log: kept when rows are added or removed, and restored later.
 *
 * @module
 */

/** @import { Place } from "../model/log_window.js" */
import { findRow } from "./message_rows.js";

/**
 * Records the rows in sight. Returns a function to call after a change, which scrolls so that the
 * rows that are left stand where they stood.
 *
 * @param {Element} scroller
 * @param {Element} list whose children move
 * @returns {() => void}
 */
export function keepPlace(scroller, list) {
  const { top, bottom } = scroller.getBoundingClientRect();
  /** @type {{ child: Element, top: number }[]} */
  const inSight = [];
  for (const child of list.children) {
    const box = child.getBoundingClientRect();
    if (box.bottom > top && box.top < bottom) inSight.push({ child, top: box.top });
  }
  return () => {
    const kept = inSight.find(({ child }) => child.isConnected);
    if (kept !== undefined) scroller.scrollTop += kept.child.getBoundingClientRect().top - kept.top;
  };
}

/**
 * The position of the first message in sight.
 *
 * @param {Element} scroller
 * @param {Element} list in which messages have their ids in `data-id`
 * @returns {Place | null}
 */
export function placeIn(scroller, list) {
  const { top } = scroller.getBoundingClientRect();
  for (const child of list.children) {
    const box = child.getBoundingClientRect();
    const id = child instanceof HTMLElement ? child.dataset["id"] : undefined;
    if (id !== undefined && box.bottom > top) return { id, offset: box.top - top };
  }
  return null;
}

/**
 * @param {Element} scroller
 * @param {Element | null} row
 * @returns {boolean}
 */
export function isInSight(scroller, row) {
  if (row === null) return false;
  const [box, sight] = [row.getBoundingClientRect(), scroller.getBoundingClientRect()];
  return box.bottom > sight.top && box.top < sight.bottom;
}

/**
 * Scrolls so that a row stands in the upper part of what is in sight.
 *
 * @param {Element} scroller
 * @param {Element} row
 * @returns {void}
 */
export function goToRow(scroller, row) {
  const { top } = scroller.getBoundingClientRect();
  scroller.scrollTop += row.getBoundingClientRect().top - top - scroller.clientHeight / 5;
}

/**
 * Scrolls to a position, whose message must be in the list.
 *
 * @param {Element} scroller
 * @param {Element} list
 * @param {Place} place
 * @returns {void}
 */
export function goToPlace(scroller, list, { id, offset }) {
  const message = findRow(list, id);
  if (message === null) return;
  const { top } = scroller.getBoundingClientRect();
  scroller.scrollTop += message.getBoundingClientRect().top - top - offset;
}
