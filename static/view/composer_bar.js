/// <reference lib="dom" />

/**
 * Bar above the composer: the message that is edited or answered.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Action } from "../model/reduce.js" */
/** @import { Room, State } from "../model/state.js" */
import { byId, element, isComposed } from "./dom.js";
import { icon } from "./icon.js";
import { partsOf } from "./quote.js";
import { quoteOf, shownQuote } from "../model/quotes.js";
import { currentRoom } from "../model/state.js";

/**
 * @typedef {object} Context
 * @property {string} key stays as long as the same message is meant
 * @property {string} label
 * @property {HTMLElement[]} parts
 * @property {string} cancel the label of the button
 * @property {Action} cancelled
 */

const CROSS = "M6 6l12 12M18 6L6 18";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createComposerBarView(dispatch) {
  const field = byId("message", HTMLTextAreaElement);
  const text = element("p", { id: "composer-context" });
  const cancel = element("button", { type: "button", className: "icon-button" }, icon(CROSS));
  const bar = element("div", { className: "composer-bar", hidden: true }, text, cancel);
  byId("composer", HTMLFormElement).before(bar);
  field.setAttribute("aria-describedby", "composer-context counter");
  /** @type {Context | null} */
  let context = null;
  let room = "";
  /** @type {unknown[]} */
  let drawn = [];

  cancel.addEventListener("click", leave);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || isComposed(event) || context === null) return;
    event.preventDefault();
    event.stopPropagation();
    leave();
  });

  function leave() {
    if (context === null) return;
    dispatch(context.cancelled);
    field.focus();
  }

  return (state) => {
    const next = currentRoom(state);
    const { name, replyTo, editing } = next;
    const quote = replyTo === null ? null : quoteOf(next, replyTo);
    const { outbox, ignored, revealed } = state;
    const slice = [name, replyTo, quote, editing?.id, outbox, ignored, revealed];
    if (slice.every((part, index) => part === drawn[index])) return;
    drawn = slice;
    const before = name === room ? context?.key : undefined;
    const isMove = name !== room;
    room = name;
    context = contextOf(state, next);
    bar.hidden = context === null;
    text.replaceChildren(
      ...(context === null ? [] : [`${context.label} `, ...context.parts]),
    );
    if (context === null) return;
    cancel.setAttribute("aria-label", context.cancel);
    cancel.title = context.cancel;
    if (!isMove && context.key !== before) field.focus();
  };
}

/**
 * @param {State} state
 * @param {Room} room
 * @returns {Context | null}
 */
function contextOf(state, room) {
  const { replyTo, editing } = room;
  if (editing !== null) {
    return {
      key: `edit ${editing.id}`,
      label: "Editing your message",
      parts: [element("span", { className: "key-hint", textContent: "· Esc to cancel" })],
      cancel: "Cancel the edit",
      cancelled: { type: "edit_dismissed" },
    };
  }
  if (replyTo === null) return null;
  return {
    key: `reply ${replyTo}`,
    label: "Replying to",
    parts: partsOf(shownQuote(state, room, replyTo)),
    cancel: "Cancel the reply",
    cancelled: { type: "reply_dismissed" },
  };
}
