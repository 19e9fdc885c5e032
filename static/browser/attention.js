/// <reference lib="dom" />

/**
 * Attention of the user: a page has it while it is visible and has the focus. A window beside
 * another one is visible, but the user may look at the other.
 *
 * @module
 */

import { IS_EMBEDDED } from "./page_settings.js";

/** @returns {boolean} */
export function isLookedAt() {
  return !document.hidden && document.hasFocus();
}

/**
 * Returns true if the page may focus something by itself. In a frame it would take the focus from the
 * page around it, which would scroll to the frame.
 *
 * @returns {boolean}
 */
export function mayTakeFocus() {
  return !IS_EMBEDDED || document.hasFocus();
}

/**
 * @param {(isLookedAt: boolean) => void} changed is called when the user looks here or elsewhere
 * @returns {void}
 */
export function listenToAttention(changed) {
  let was = isLookedAt();
  const look = () => {
    if (isLookedAt() === was) return;
    was = !was;
    changed(was);
  };
  addEventListener("focus", look);
  addEventListener("blur", look);
  document.addEventListener("visibilitychange", look);
}
