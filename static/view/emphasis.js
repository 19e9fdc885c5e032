/// <reference lib="dom" />

/**
 * Shortcuts of the composer for bold and italic: Ctrl+B and Ctrl+I, or ⌘B and ⌘I on a keyboard of
 * Apple's.
 *
 * @module
 */

import { toggleMark } from "../model/emphasis.js";
import { byId, isComposed } from "./dom.js";
import { insertText } from "./insert_text.js";
import { isApple } from "./keys.js";

/** @typedef {Pick<KeyboardEvent, "key" | "code" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">} Keys */

/**
 * The mark of a shortcut, or undefined. Where a keyboard has other letters than Latin ones, the key
 * counts that has them elsewhere. Ctrl moves the caret on a keyboard of Apple's.
 *
 * @param {Keys} keys
 * @param {boolean} apple
 * @returns {"**" | "*" | undefined}
 */
export function markOf({ key, code, altKey, ctrlKey, metaKey, shiftKey }, apple) {
  if (altKey || shiftKey || metaKey !== apple || ctrlKey === apple) return undefined;
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : code.slice(-1).toLowerCase();
  if (letter === "b") return "**";
  return letter === "i" ? "*" : undefined;
}

/** @returns {void} */
export function listenToEmphasis() {
  const apple = isApple(navigator.platform);
  const field = byId("message", HTMLTextAreaElement);
  field.addEventListener("keydown", (event) => {
    if (isComposed(event)) return;
    const mark = markOf(event, apple);
    if (mark === undefined) return;
    event.preventDefault();
    const { selectionStart: start, selectionEnd: end } = field;
    const change = toggleMark(field.value, { start, end }, mark);
    insertText(field, { ...change, caret: change.to });
    field.setSelectionRange(change.from, change.to);
  });
}
