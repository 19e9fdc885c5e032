/// <reference lib="dom" />

/**
 * Dialogs that open at a button and close at another, at Escape and at a click beside them. The
 * browser keeps the focus inside, and gives it back.
 *
 * @module
 */

import { byId } from "./dom.js";

/**
 * @param {string} buttonId
 * @param {string} dialogId
 * @returns {HTMLDialogElement}
 */
export function openedBy(buttonId, dialogId) {
  const dialog = byId(dialogId, HTMLDialogElement);
  byId(buttonId, HTMLButtonElement).addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", ({ target }) => {
    // The backdrop counts as the dialog itself, all else is inside of its only child.
    if (target === dialog) dialog.close();
  });
  dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
  return dialog;
}
