/// <reference lib="dom" />

/**
 * The edge to where the user looks: a page is looked at while it is in sight and has the focus. A
 * window beside another one is in sight, and nobody may look at it.
 *
 * @module
 */

/** @returns {boolean} */
export function isLookedAt() {
  return !document.hidden && document.hasFocus();
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
