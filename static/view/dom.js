/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Functions to build and update elements.
 *
 * @module
 */

import { mayTakeFocus } from "../browser/attention.js";

/**
 * A new element with properties, a role, `aria-…` attributes and children; strings become text.
 * Firefox before 119 ignores properties such as `role` and `ariaLabel`.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]> & { [name: `aria-${string}`]: string }} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "role" || name.startsWith("aria-")) created.setAttribute(name, String(value));
    else Reflect.set(created, name, value);
  }
  created.append(...children);
  return created;
}

/**
 * The element of index.html with this id.
 *
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new TypeError(`The page has no ${kind.name} "${id}"`);
  return found;
}

/**
 * Opens a dialog, as a modal one if the page may take the focus.
 *
 * @param {HTMLDialogElement} dialog
 * @returns {void}
 */
export function openDialog(dialog) {
  if (dialog.open) return;
  if (mayTakeFocus()) dialog.showModal();
  else dialog.setAttribute("open", "");
}

/**
 * Returns true if a key belongs to an input method. Safari ends a composition before its keydown,
 * which has the old code 229.
 *
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
export function isComposed({ isComposing, keyCode }) {
  return isComposing || keyCode === 229;
}

/**
 * Moves the focus from a button that is about to go: to the next of its kind, or the one before.
 *
 * @param {EventTarget | null} button
 * @param {NodeListOf<HTMLElement>} all the buttons of its kind
 * @param {HTMLElement} [otherwise] takes the focus where there is no other
 * @returns {void}
 */
export function passFocusOn(button, all, otherwise) {
  const list = [...all];
  const index = list.findIndex((each) => each === button);
  (list[index + 1] ?? list[index - 1] ?? otherwise)?.focus();
}

/**
 * Sets a text if it differs, so that a live region is spoken once.
 *
 * @param {Element} target
 * @param {string} text
 * @returns {void}
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Updates the children of `parent` from a list. Elements whose keys stay are kept, with focus and
 * selection. Without `update`, an item that changes must get another key.
 *
 * @template Item
 * @template {Element} Child
 * @param {Element} parent which must have no other children
 * @param {{
 *   keyOf: (item: Item) => string,
 *   create: (item: Item) => Child,
 *   update?: (child: Child, item: Item) => void
 * }} options
 * @returns {(items: readonly Item[]) => void}
 */
export function keyedList(parent, { keyOf, create, update }) {
  /** @type {Map<string, Child>} */
  let shown = new Map();
  return (items) => {
    /** @type {Map<string, Child>} */
    const next = new Map();
    // Created before the first change: if that fails, `shown` still matches the page.
    for (const item of items) {
      const key = keyOf(item);
      const child = next.get(key) ?? shown.get(key) ?? create(item);
      update?.(child, item);
      next.set(key, child);
    }
    // Removed first, or every element after a removed one would be moved.
    for (const [key, child] of shown) if (!next.has(key)) child.remove();
    let place = parent.firstElementChild;
    for (const child of next.values()) {
      if (child === place) place = place.nextElementSibling;
      else parent.insertBefore(child, place);
    }
    shown = next;
  };
}
