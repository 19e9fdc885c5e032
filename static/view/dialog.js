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

/**
 * Calls `lost` when a dialog has closed and the browser could not give the focus back: the element
 * that had it was removed, drawn anew or can't have it any more.
 *
 * @param {() => void} lost
 * @returns {void}
 */
export function listenToLostFocus(lost) {
  document.addEventListener("close", () => {
    const { activeElement } = document;
    // Chrome leaves it in the closed dialog until it draws the page again.
    const isLost = activeElement === null || activeElement === document.body ||
      activeElement.closest("dialog:not([open])") !== null;
    if (isLost) lost();
  }, true);
}
