/// <reference lib="dom" />

/**
 * Parts of a row for a message or a change that the server does not have: why, and the buttons.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { OutgoingChange, OutgoingMessage } from "../model/outbox.js" */
/** @typedef {OutgoingMessage | Extract<OutgoingChange, { type: "edit" }>} Unsent */
import { byId, element, passFocusOn } from "./dom.js";
import { cutText } from "../model/text.js";

/** The characters of a message in the labels of its buttons. */
const MAX_LABEL = 40;

/**
 * @param {OutgoingMessage} item
 * @param {Dispatch} dispatch
 * @returns {HTMLElement}
 */
export function failure(item, dispatch) {
  return explainFailure(`Not sent: ${item.error}`, item, dispatch);
}

/**
 * @param {Extract<OutgoingChange, { type: "edit" }>} edit
 * @param {Dispatch} dispatch
 * @returns {HTMLElement}
 */
export function failedEdit(edit, dispatch) {
  return explainFailure(`Not changed: ${edit.error}`, edit, dispatch);
}

/**
 * @param {OutgoingMessage} item
 * @param {Dispatch} dispatch
 * @returns {HTMLElement}
 */
export function waiting(item, dispatch) {
  return element(
    "p",
    { className: "waiting" },
    "Waiting to be sent… ",
    editButton(item, dispatch),
    " ",
    discardButton(item, dispatch),
  );
}

/**
 * The note behind a text that the server does not have yet.
 *
 * @param {boolean} isWaiting whether it can't be sent now
 * @returns {HTMLElement}
 */
export function describeEdit(isWaiting) {
  const textContent = isWaiting ? " Waiting to be saved…" : " Saving…";
  return element("span", { className: "edited", textContent });
}

/**
 * The button that undoes a deletion which was not sent.
 *
 * @param {{ ref: string }} deletion
 * @param {Dispatch} dispatch
 * @returns {HTMLElement}
 */
export function undoDeletion({ ref }, dispatch) {
  const undo = element("button", {
    type: "button",
    className: "quiet undo",
    textContent: "Undo",
    "aria-label": "Undo the deletion",
    onclick: () => dispatch({ type: "delete_undone", ref }),
  });
  undo.dataset["ref"] = ref;
  return undo;
}

/**
 * @param {string} reason
 * @param {Unsent} item
 * @param {Dispatch} dispatch
 */
function explainFailure(reason, item, dispatch) {
  const { ref, text } = item;
  return element(
    "p",
    { className: "failure" },
    `${reason} `,
    element("button", {
      type: "button",
      textContent: "Try again",
      "aria-label": `Try again: ${cutText(text, MAX_LABEL)}`,
      onclick: () => dispatch({ type: "message_retried", ref }),
    }),
    " ",
    ...(item.type === "send" ? [editButton(item, dispatch), " "] : []),
    discardButton(item, dispatch),
  );
}

/**
 * @param {OutgoingMessage} item
 * @param {Dispatch} dispatch
 */
function editButton({ ref, text }, dispatch) {
  return element("button", {
    type: "button",
    textContent: "Edit",
    "aria-label": `Edit: ${cutText(text, MAX_LABEL)}`,
    onclick: () => dispatch({ type: "edit_wanted", id: ref }),
  });
}

/**
 * @param {Unsent} item
 * @param {Dispatch} dispatch
 */
function discardButton({ ref, text }, dispatch) {
  return element("button", {
    type: "button",
    className: "discard",
    textContent: "Discard",
    "aria-label": `Discard: ${cutText(text, MAX_LABEL)}`,
    onclick({ currentTarget, detail }) {
      // The button was pressed by keyboard.
      if (detail === 0) {
        /** @type {NodeListOf<HTMLElement>} */
        const all = byId("log", HTMLElement).querySelectorAll(".discard");
        passFocusOn(currentTarget, all, byId("message", HTMLElement));
      }
      dispatch({ type: "message_discarded", ref });
    },
  });
}
