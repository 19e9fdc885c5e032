/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The little that the views need to build and update elements.
 *
 * @module
 */

/**
 * A new element with properties, `aria-…` attributes and children; strings become text. What is set
 * as a property such as `ariaLabel` means nothing to Firefox before 119.
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
    if (name.startsWith("aria-")) created.setAttribute(name, String(value));
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
 * Sets a text, but only if it differs, so that a live region speaks once.
 *
 * @param {Element} target
 * @param {string} text
 * @returns {void}
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Keeps the children of `parent` in step with a list. Elements whose keys stay are kept, so focus
 * and selection survive. Without `update` an item whose look changes must change its key.
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
    // Made before anything is changed: if that fails, what is shown is still what `shown` says.
    for (const item of items) {
      const key = keyOf(item);
      const child = next.get(key) ?? shown.get(key) ?? create(item);
      update?.(child, item);
      next.set(key, child);
    }
    // Removed first, or all that comes after a removed element would be moved.
    for (const [key, child] of shown) if (!next.has(key)) child.remove();
    let place = parent.firstElementChild;
    for (const child of next.values()) {
      if (child === place) place = place.nextElementSibling;
      else parent.insertBefore(child, place);
    }
    shown = next;
  };
}
