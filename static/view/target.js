/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Row of the message to which the page has led.
 *
 * @module
 */

/** @import { Room } from "../model/state.js" */
import { findRow } from "./row_focus.js";

/**
 * @param {Element} list in which messages have their ids in `data-id`
 * @param {Room} room
 * @returns {HTMLElement | null}
 */
export function targetRow(list, { target }) {
  return target && findRow(list, target.id);
}

/**
 * Marks that row, and no other.
 *
 * @param {Element} list
 * @param {Room} room
 * @returns {void}
 */
export function markTarget(list, room) {
  const row = targetRow(list, room);
  for (const marked of list.querySelectorAll(".target")) {
    if (marked !== row) marked.classList.remove("target");
  }
  row?.classList.add("target");
}

/**
 * @param {HTMLElement} row
 * @returns {void}
 */
export function focusTarget(row) {
  if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
  row.focus({ preventScroll: true });
}
