/// <reference lib="dom" />

/**
 * Buttons that are on show before the part of the page that listens to them is loaded.
 *
 * @module
 */

const BUTTONS = "#settings-open, #help-open, #search-open";

/**
 * Keeps the last click on such a button.
 *
 * @returns {() => void} repeats the click, to be called when the listeners are there
 */
export function keepEarlyClick() {
  /** @type {HTMLElement | null} */
  let clicked = null;
  /** @param {Event} event */
  function keep({ target }) {
    if (target instanceof Element) clicked = target.closest(BUTTONS) ?? clicked;
  }
  document.addEventListener("click", keep);
  return () => {
    document.removeEventListener("click", keep);
    clicked?.click();
  };
}
