/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Menu of actions: a list beside the thing that it is of, on a touch screen a sheet at the bottom.
 *
 * @module
 */

import { closeBeside } from "./dialog.js";
import { element } from "./dom.js";
import { icon } from "./icon.js";

/** The distance of the menu from its place and from the edges of the window, in pixels. */
const MARGIN = 8;

/**
 * The place at which a menu opens.
 *
 * @typedef {{ x: number, y: number } | Element} Anchor
 */

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} icon the path of an SVG of 24 by 24
 * @property {boolean} [isHarmful]
 * @property {() => void} run
 */

/** @returns the menu, which is closed */
export function createMenu() {
  const list = element("div", { role: "menu" });
  const dialog = element("dialog", { className: "menu" }, list);
  document.body.append(dialog);
  /** Gives the focus back. */
  let closed = () => {};

  closeBeside(dialog);
  dialog.addEventListener("close", () => closed());
  // A long press must not open the browser's menu over this one.
  dialog.addEventListener("contextmenu", (event) => event.preventDefault());
  dialog.addEventListener("keydown", (event) => {
    const items = [...list.querySelectorAll("button")];
    const index = items.findIndex((item) => item === document.activeElement);
    const last = items.length - 1;
    const next = {
      ArrowDown: index === last ? 0 : index + 1,
      ArrowUp: index <= 0 ? last : index - 1,
      Home: 0,
      End: last,
      // As in all menus, Tab leaves it.
      Tab: -1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next === -1) dialog.close();
    else items[next]?.focus();
  });

  /** @param {readonly MenuItem[]} items */
  function fill(items) {
    list.replaceChildren(...items.map(({ label, icon: path, isHarmful = false, run }) =>
      element(
        "button",
        {
          type: "button",
          className: isHarmful ? "harmful" : "",
          role: "menuitem",
          tabIndex: -1,
          onclick() {
            dialog.close();
            run();
          },
        },
        icon(path),
        label,
      )
    ));
  }

  return {
    /**
     * @param {readonly MenuItem[]} items
     * @param {{ label: string, anchor: Anchor, isSheet: boolean, onClose: () => void }} options
     */
    open(items, { label, anchor, isSheet, onClose }) {
      if (dialog.open) dialog.close();
      fill(items);
      for (const named of [dialog, list]) named.setAttribute("aria-label", label);
      closed = onClose;
      dialog.classList.toggle("sheet", isSheet);
      dialog.style.removeProperty("left");
      dialog.style.removeProperty("top");
      // A button that is there only while it has the focus has no place once the menu has it.
      const box = boxOf(anchor);
      dialog.showModal();
      if (!isSheet) moveTo(dialog, box, { isPoint: !(anchor instanceof Element) });
      list.querySelector("button")?.focus();
    },
    close: () => dialog.close(),
  };
}

/** @param {Anchor} anchor */
function boxOf(anchor) {
  return anchor instanceof Element
    ? anchor.getBoundingClientRect()
    : new DOMRect(anchor.x, anchor.y, 0, 0);
}

/**
 * Moves a menu below the box of its anchor, or above it where there is no room.
 *
 * @param {HTMLElement} menu
 * @param {DOMRect} box
 * @param {{ isPoint: boolean }} anchor
 */
function moveTo(menu, box, { isPoint }) {
  const { offsetWidth, offsetHeight } = menu;
  const isLow = box.bottom + offsetHeight + MARGIN > innerHeight;
  const top = isLow ? box.top - offsetHeight : box.bottom;
  const left = Math.min(box.right - offsetWidth, innerWidth - offsetWidth - MARGIN);
  menu.style.top = `${Math.max(MARGIN, Math.min(top, innerHeight - offsetHeight - MARGIN))}px`;
  menu.style.left = `${
    Math.max(MARGIN, isPoint ? Math.min(box.left, innerWidth - offsetWidth - MARGIN) : left)
  }px`;
}
