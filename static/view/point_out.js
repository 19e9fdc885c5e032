/// <reference lib="dom" />

/**
 * Marks a message of the log for a moment, to which the page has just gone.
 *
 * @module
 */

/** How long it is marked. */
const SHOWN_MS = 2000;

/**
 * Marks a message and gives it the focus.
 *
 * @param {HTMLElement} row
 * @returns {void}
 */
export function pointOut(row) {
  if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.classList.add("pointed-out");
  setTimeout(() => row.classList.remove("pointed-out"), SHOWN_MS);
}
