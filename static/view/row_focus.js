/// <reference lib="dom" />

/**
 * Rows of messages in the log by their ids, and the focus in one, which is kept when it is drawn
 * anew.
 *
 * @module
 */

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
