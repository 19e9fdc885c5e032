/// <reference lib="dom" />

/**
 * Clickable names in the log and in the list of people, which write a mention into the composer.
 *
 * @module
 */

import { byId } from "./dom.js";
import { insertText } from "./insert_text.js";
import { mentionToWrite } from "../model/mentions.js";

/** @returns {void} */
export function listenToNames() {
  const field = byId("message", HTMLTextAreaElement);
  document.addEventListener("click", ({ target, detail }) => {
    const name = nameOf(target);
    // A double click selects the name.
    if (name === "" || detail > 1 || getSelection()?.isCollapsed === false) return;
    writeMention(field, name);
  });
  document.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if ((key !== "Enter" && key !== " ") || ctrlKey || metaKey || altKey) return;
    const name = nameOf(target);
    if (name === "") return;
    event.preventDefault();
    // A drawer closes at this click.
    if (target instanceof HTMLElement) target.click();
  });
}

/**
 * Writes a mention into the composer. A drawer closes before that.
 *
 * @param {string} name
 * @returns {void}
 */
export function mentionName(name) {
  byId("drawer", HTMLDialogElement).close();
  writeMention(byId("message", HTMLTextAreaElement), name);
}

/** @param {EventTarget | null} target */
function nameOf(target) {
  const name = target instanceof Element ? target.closest(".mentionable") : null;
  return name?.textContent ?? "";
}

/**
 * Writes at the caret; a selection stays.
 *
 * @param {HTMLTextAreaElement} field
 * @param {string} name
 */
function writeMention(field, name) {
  field.focus();
  const { value, selectionEnd: at } = field;
  const text = mentionToWrite(name, value.slice(0, at), value.slice(at));
  // The caret goes after the space, which may have been there.
  insertText(field, { start: at, end: at, text, caret: at + text.trimEnd().length + 1 });
}
