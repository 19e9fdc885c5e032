/// <reference lib="dom" />

/**
 * Keyboard shortcuts of the page, and the help dialog, which lists them.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @typedef {Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">} Keys */
import { openedBy } from "./dialog.js";
import { byId } from "./dom.js";

/**
 * Whether the keyboard is one of Apple's, on which Alt with an arrow moves the cursor by paragraph.
 *
 * @param {string} platform as `navigator.platform` has it
 * @returns {boolean}
 */
export function isApple(platform) {
  return /^(Mac|iP(hone|ad|od))/.test(platform);
}

/**
 * The direction of a shortcut: to the room above (-1) or below (1), or none (0): Alt+↑/↓, or ⌥⌘↑/↓
 * on a keyboard of Apple's.
 *
 * @param {Keys} keys
 * @param {boolean} apple
 * @returns {-1 | 0 | 1}
 */
export function roomStep({ key, altKey, ctrlKey, metaKey, shiftKey }, apple) {
  if (!altKey || ctrlKey || shiftKey || metaKey !== apple) return 0;
  if (key === "ArrowUp") return -1;
  return key === "ArrowDown" ? 1 : 0;
}

/**
 * @param {Dispatch} dispatch
 * @returns {void}
 */
export function listenToKeys(dispatch) {
  const apple = isApple(navigator.platform);
  const message = byId("message", HTMLTextAreaElement);
  const help = openedBy("help-open", "help");
  const jump = byId("jump", HTMLButtonElement);
  if (apple) nameAppleKeys();
  byId("skip", HTMLAnchorElement).addEventListener("click", (event) => {
    // Without the fragment of the skip link, which names no room.
    event.preventDefault();
    message.focus();
  });
  document.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey } = event;
    if (document.querySelector("dialog[open]") !== null || event.isComposing) return;
    const isWriting = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    const direction = roomStep(event, apple);
    if (direction !== 0) {
      dispatch({ type: "neighbour_opened", direction });
    } else if (ctrlKey || metaKey) {
      return;
    } else if (key === "?" && !isWriting) {
      help.showModal();
    } else if (key === "/" && !isWriting) {
      message.focus();
    } else if (key === "Escape") {
      if (jump.hidden) dispatch({ type: "present_wanted" });
      else jump.click();
      message.focus();
    } else {
      return;
    }
    event.preventDefault();
  });
}

/** Writes the keys in the help as the user's keyboard labels them. */
function nameAppleKeys() {
  for (const key of document.querySelectorAll("kbd")) {
    const { apple } = key.dataset;
    if (apple !== undefined) key.textContent = apple;
  }
}
