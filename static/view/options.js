/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Active option of a list that a text field controls, while the field keeps the focus.
 *
 * @module
 */

/**
 * @param {HTMLElement} field
 * @param {Element} list
 * @param {Element | undefined} active undefined: none
 * @returns {Element | undefined} `active`
 */
export function markActive(field, list, active) {
  for (const option of list.querySelectorAll("[role=option]")) {
    option.setAttribute("aria-selected", String(option === active));
  }
  if (active === undefined) field.removeAttribute("aria-activedescendant");
  else field.setAttribute("aria-activedescendant", active.id);
  return active;
}
