/// <reference lib="dom" />

/**
 * Dialogs with a button that opens them and one that closes them. Escape and a click beside them
 * close them too. The browser keeps the focus inside and restores it.
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
  closeBeside(dialog);
  dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
  return dialog;
}

/**
 * Closes a dialog at a click beside it.
 *
 * @param {HTMLDialogElement} dialog with one child
 * @returns {void}
 */
export function closeBeside(dialog) {
  dialog.addEventListener("click", ({ target }) => {
    // The backdrop counts as the dialog itself.
    if (target === dialog) dialog.close();
  });
}
