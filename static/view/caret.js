/// <reference lib="dom" />

/**
 * Caret of a text field that gets the focus back from a dialog.
 *
 * @module
 */

/** @typedef {HTMLTextAreaElement | HTMLInputElement} TextField */
/** @typedef {[start: number, end: number, direction: "forward" | "backward" | "none"]} Selected */

/**
 * Puts the caret back into a text field when a dialog has closed. A click in the dialog moves the
 * selection out of the field, and Chrome gives back the focus alone: the field then takes no key.
 *
 * @returns {void}
 */
export function listenToLostCaret() {
  /** The field that lost the focus last. @type {TextField | undefined} */
  let field;
  let value = "";
  /** @type {Selected} */
  let selected;

  document.addEventListener("focusout", ({ target }) => {
    if (!isTextField(target) || target.closest("dialog") !== null) return;
    field = target;
    value = field.value;
    selected = selectedIn(field);
  });
  document.addEventListener("close", () => {
    if (field === undefined || document.activeElement !== field) return;
    // In a new text the caret is where the page has put it.
    field.setSelectionRange(...(field.value === value ? selected : selectedIn(field)));
  }, true);
}

/**
 * @param {EventTarget | null} target
 * @returns {target is TextField}
 */
function isTextField(target) {
  const isField = target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
  // Null in inputs of other types.
  return isField && target.selectionStart !== null;
}

/**
 * @param {TextField} field
 * @returns {Selected}
 */
function selectedIn({ selectionStart, selectionEnd, selectionDirection }) {
  return [selectionStart ?? 0, selectionEnd ?? 0, selectionDirection ?? "none"];
}
