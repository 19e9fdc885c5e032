/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Rows of messages in the log: found by their ids, the one to which the page has led, and the focus
 * in one, which is kept when it is drawn anew.
 *
 * @module
 */

/** @import { Room } from "../model/state.js" */

/**
 * @param {Element} list whose rows have their ids in `data-id`
 * @param {string} id
 * @returns {HTMLElement | null}
 */
export function findRow(list, id) {
  return list.querySelector(`[data-id="${CSS.escape(id)}"]`);
}

/**
 * Records which row has the focus. Returns a function to call after a change: if the row was drawn
 * anew, it focuses the same control there, else the row, else what it is given.
 *
 * @param {HTMLElement} list whose rows have their ids in `data-id`
 * @returns {(otherwise: HTMLElement) => void}
 */
export function focusIn(list) {
  const { activeElement } = document;
  if (!(activeElement instanceof HTMLElement) || !list.contains(activeElement)) return () => {};
  const id = activeElement.closest("article")?.dataset["id"];
  const { emoji } = activeElement.dataset;
  return (otherwise) => {
    if (list.contains(document.activeElement)) return;
    const row = id === undefined ? null : findRow(list, id);
    /** @type {NodeListOf<HTMLElement> | undefined} */
    const reactions = row?.querySelectorAll("[data-emoji]");
    const same = emoji !== undefined && reactions !== undefined
      ? [...reactions].find((each) => each.dataset["emoji"] === emoji)
      : undefined;
    const isFocusable = row !== null && row.hasAttribute("tabindex");
    (same ?? (isFocusable ? row : otherwise)).focus({ preventScroll: true });
  };
}

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
