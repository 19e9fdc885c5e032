/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Menu of a message: all its actions. A list beside the message, on a touch screen a sheet at the
 * bottom.
 *
 * @module
 */

/** @import { Context, MessageAction } from "./message_actions.js" */
/** @import { LogMessage } from "../model/log.js" */
import { closeBeside } from "./dialog.js";
import { element } from "./dom.js";
import { icon } from "./icon.js";
import { ACTIONS } from "./message_actions.js";

/** The distance of the menu from its place and from the edges of the window, in pixels. */
const MARGIN = 8;

/**
 * The place at which a menu opens.
 *
 * @typedef {{ x: number, y: number } | Element} Anchor
 */

/** @returns the menu, which is closed */
export function createMessageMenu() {
  const list = element("div", { role: "menu", "aria-label": "Actions" });
  const dialog = element("dialog", { className: "message-menu", "aria-label": "Actions" }, list);
  document.body.append(dialog);
  /** The one whose menu is open. @type {LogMessage | null} */
  let message = null;
  /** Performs an action of the open menu. */
  let run = (/** @type {MessageAction} */ _action) => {};
  /** Gives the focus back. */
  let closed = () => {};

  closeBeside(dialog);
  dialog.addEventListener("close", () => {
    message = null;
    closed();
  });
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

  /** @param {readonly MessageAction[]} actions */
  function fill(actions) {
    list.replaceChildren(...actions.map((action) =>
      element(
        "button",
        {
          type: "button",
          className: action.isHarmful ? "harmful" : "",
          role: "menuitem",
          tabIndex: -1,
          onclick() {
            dialog.close();
            run(action);
          },
        },
        icon(action.icon),
        action.label,
      )
    ));
  }

  return {
    /**
     * @param {LogMessage} opened
     * @param {Context} context
     * @param {{ anchor: Anchor, isSheet: boolean, onClose: () => void }} options
     */
    open(opened, context, { anchor, isSheet, onClose }) {
      if (dialog.open) dialog.close();
      const actions = ACTIONS.filter((action) => action.isOffered(opened, context.state));
      fill(actions);
      message = opened;
      run = (action) => action.run(opened, context);
      closed = onClose;
      dialog.classList.toggle("sheet", isSheet);
      dialog.style.removeProperty("left");
      dialog.style.removeProperty("top");
      dialog.showModal();
      if (!isSheet) moveTo(dialog, anchor);
      list.querySelector("button")?.focus();
    },
    /**
     * Closes the menu if its message has changed.
     *
     * @param {(id: string) => LogMessage | undefined} find
     */
    check(find) {
      if (message === null) return;
      const now = find(message.id);
      if (now?.deleted !== message.deleted || now?.text !== message.text) dialog.close();
    },
  };
}

/**
 * Moves a menu below its anchor, or above it where there is no room.
 *
 * @param {HTMLElement} menu
 * @param {Anchor} anchor
 */
function moveTo(menu, anchor) {
  const box = anchor instanceof Element
    ? anchor.getBoundingClientRect()
    : new DOMRect(anchor.x, anchor.y, 0, 0);
  const { offsetWidth, offsetHeight } = menu;
  const isLow = box.bottom + offsetHeight + MARGIN > innerHeight;
  const top = isLow ? box.top - offsetHeight : box.bottom;
  const left = Math.min(box.right - offsetWidth, innerWidth - offsetWidth - MARGIN);
  const isPoint = !(anchor instanceof Element);
  menu.style.top = `${Math.max(MARGIN, Math.min(top, innerHeight - offsetHeight - MARGIN))}px`;
  menu.style.left = `${
    Math.max(MARGIN, isPoint ? Math.min(box.left, innerWidth - offsetWidth - MARGIN) : left)
  }px`;
}
