/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Toolbar of the message under the pointer or with the focus, and the ways to the menu of a message:
 * its button, the keyboard, and a long press. One message of the log is a tab stop, and the arrow
 * keys go from one to the next.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { LogMessage } from "../model/log.js" */
/** @import { Anchor } from "./menu.js" */
/** @import { Room, State } from "../model/state.js" */
import { listenToLostFocus } from "./dialog.js";
import { byId, element } from "./dom.js";
import { findMessage } from "../model/log.js";
import { currentRoom } from "../model/state.js";
import { icon, MORE_ICON } from "./icon.js";
import { listenToLongPress } from "./long_press.js";
import { ACTIONS } from "./message_actions.js";
import { createMenu } from "./menu.js";
import { findRow } from "./message_rows.js";

const MESSAGE = "article[data-id]";
/** The height of the toolbar above the upper edge of its message, in pixels. */
const RAISED = 14;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createMessageToolsView(dispatch) {
  const log = byId("log", HTMLElement);
  const rows = byId("rows", HTMLElement);
  const toolbar = element("div", { className: "message-tools", hidden: true });
  log.append(toolbar);
  const menu = createMenu();
  /** The one whose menu is open. @type {LogMessage | null} */
  let opened = null;
  /** @type {State} */
  let state;
  /** The message of the toolbar. @type {HTMLElement | null} */
  let active = null;
  /** The tab stop. @type {HTMLElement | null} */
  let stop = null;
  /** The id of the message that has the focus, or "". */
  let focused = "";

  log.addEventListener("pointerover", ({ target, pointerType, buttons }) => {
    if (pointerType === "touch" || toolbar.contains(/** @type {Node} */ (target))) return;
    // The toolbar would stand in the way of a selection.
    activate(buttons === 0 ? messageOf(target) : null);
  });
  log.addEventListener("pointerleave", () => activate(null));
  rows.addEventListener("keydown", (event) => {
    const { target, key, shiftKey } = event;
    if (!(target instanceof HTMLElement) || !target.matches(MESSAGE)) return;
    if (key === "ArrowUp" || key === "ArrowDown") {
      if (event.altKey || !moveFocus(target, key === "ArrowUp" ? -1 : 1)) return;
    } else if (key === "Enter" || key === "ContextMenu" || (key === "F10" && shiftKey)) {
      openMenu(target, target.querySelector(".text") ?? target);
    } else {
      return;
    }
    event.preventDefault();
  });
  document.addEventListener("focusin", ({ target }) => {
    // The focus comes back from a dialog.
    if (target instanceof Element && target.closest("dialog") !== null) return;
    const message = messageOf(target);
    // The log takes the focus for a message that is drawn anew.
    if (message === null && target === log && stop?.isConnected === false) return;
    focused = message?.dataset["id"] ?? "";
    if (message === null) return;
    makeStop(message);
    if (target === message && message.matches(":focus-visible")) activate(message);
  });
  listenToLostFocus(() => {
    if (focused !== "" && !focusMessage(focused)) log.focus({ preventScroll: true });
  });
  listenToLongPress(rows, (target) => {
    const message = messageOf(target);
    if (message !== null) openMenu(message, message, true);
  });

  /** @param {EventTarget | null} target */
  function messageOf(target) {
    const message = target instanceof Element ? target.closest(MESSAGE) : null;
    return message instanceof HTMLElement ? message : null;
  }

  /** @param {HTMLElement} row */
  function entryOf(row) {
    return findMessage(currentRoom(state), row.dataset["id"] ?? "");
  }

  /**
   * @param {HTMLElement} row
   * @param {Anchor} anchor
   * @param {boolean} [isSheet]
   */
  function openMenu(row, anchor, isSheet = false) {
    const message = entryOf(row);
    if (message === undefined) return;
    const context = { dispatch, state };
    const onClose = () => {
      opened = null;
      row.classList.remove("open");
    };
    const items = ACTIONS.filter((action) => action.isOffered(message, state)).map((action) => ({
      ...action,
      run: () => action.run(message, context),
    }));
    menu.open(items, { label: "Actions", anchor, isSheet, onClose });
    opened = message;
    row.classList.add("open");
  }

  /**
   * Closes the menu if its message has changed.
   *
   * @param {Room} room
   */
  function checkMenu(room) {
    if (opened === null) return;
    const now = findMessage(room, opened.id);
    if (now?.deleted !== opened.deleted || now?.text !== opened.text) menu.close();
  }

  /**
   * @param {HTMLElement} row
   * @param {1 | -1} direction
   */
  function moveFocus(row, direction) {
    const all = [...rows.querySelectorAll(MESSAGE)];
    const next = all[all.indexOf(row) + direction];
    if (!(next instanceof HTMLElement)) return false;
    makeStop(next);
    next.focus();
    return true;
  }

  /** @param {string} id */
  function focusMessage(id) {
    const row = findRow(rows, id);
    if (row === null) return false;
    makeStop(row);
    row.focus({ preventScroll: true });
    return true;
  }

  function lastMessage() {
    let row = rows.lastElementChild;
    while (row !== null && !row.matches(MESSAGE)) row = row.previousElementSibling;
    return row instanceof HTMLElement ? row : null;
  }

  /**
   * Makes a message the tab stop of the log. A screen reader reads it by its label and its text.
   *
   * @param {HTMLElement} row
   */
  function makeStop(row) {
    if (row === stop) return;
    stop?.removeAttribute("tabindex");
    stop?.removeAttribute("aria-describedby");
    stop?.querySelector("#stop-text")?.removeAttribute("id");
    stop = row;
    row.tabIndex = 0;
    const text = row.querySelector(".text");
    if (text === null) return;
    text.id = "stop-text";
    row.setAttribute("aria-describedby", text.id);
  }

  /** @param {string} id */
  function isStop(id) {
    return stop?.isConnected === true && stop.dataset["id"] === id;
  }

  /** @param {HTMLElement | null} row */
  function activate(row) {
    if (row === active && row !== null && !toolbar.hidden) return;
    active?.classList.remove("active");
    active = row;
    const message = row && entryOf(row);
    toolbar.hidden = !message;
    if (row === null || !message) return;
    row.classList.add("active");
    const quick = ACTIONS.filter((action) => action.isQuick && action.isOffered(message, state));
    toolbar.replaceChildren(
      ...quick.map(({ label, icon: path, run }) =>
        createButton(label, path, () => run(message, { dispatch, state }))
      ),
      createButton("More", MORE_ICON, () => openMenu(row, toolbar)),
    );
    place(row);
  }

  /**
   * @param {string} label
   * @param {string} path
   * @param {() => void} onclick
   */
  function createButton(label, path, onclick) {
    return element("button", {
      type: "button",
      className: "icon-button",
      "aria-label": label,
      title: label,
      // By keyboard, the menu has all actions.
      tabIndex: -1,
      onclick,
      // So that the composer keeps the focus.
      onmousedown: (event) => event.preventDefault(),
    }, icon(path));
  }

  /** @param {HTMLElement} row */
  function place(row) {
    const above = row.getBoundingClientRect().top - log.getBoundingClientRect().top;
    toolbar.style.top = `${Math.max(0, above + log.scrollTop - RAISED)}px`;
  }

  return (next) => {
    state = next;
    const room = currentRoom(next);
    checkMenu(room);
    if (focused !== "" && !isStop(focused)) {
      const isLost = document.activeElement === log || document.activeElement === document.body;
      if (isLost) focusMessage(focused);
    }
    // Also while the message with the focus is out of sight, or of another room.
    const last = isStop(focused) ? null : lastMessage();
    if (last !== null) makeStop(last);
    if (active === null) return;
    // One that took the focus before its state was known has no toolbar yet.
    if (active.isConnected && !toolbar.hidden) place(active);
    else activate(findRow(rows, active.dataset["id"] ?? ""));
  };
}
