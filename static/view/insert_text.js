/// <reference lib="dom" />

/**
 * Changes of a field's text that the user can undo.
 *
 * @module
 */

/**
 * Writes a text in the place of another, as if the user had typed it.
 *
 * @param {HTMLTextAreaElement} field which has the focus
 * @param {{ start: number, end: number, text: string, caret: number }} change `caret`: its place
 *   afterwards
 * @returns {void}
 */
export function insertText(field, { start, end, text, caret }) {
  field.setSelectionRange(start, end);
  // Deprecated, but only text that is inserted so can be undone. An empty text is not inserted.
  const command = text === "" ? "delete" : "insertText";
  if (!document.execCommand(command, false, text)) {
    field.setRangeText(text, start, end, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  field.setSelectionRange(caret, caret);
}
