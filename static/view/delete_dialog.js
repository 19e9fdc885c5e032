/// <reference lib="dom" />

/**
 * Dialog that asks before a message is deleted. Then the button that undoes it has the focus.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Deleting } from "../model/editing.js" */
/** @import { State } from "../model/state.js" */
import { closeBeside } from "./dialog.js";
import { element, setText } from "./dom.js";
import { randomText } from "../client/random.js";
import { textToEdit } from "../model/editing.js";
import { findMessage } from "../model/log.js";
import { findRoom } from "../model/state.js";
import { cutText } from "../model/text.js";

/** The characters of the message that the dialog shows. */
const MAX_SHOWN = 200;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createDeleteView(dispatch) {
  const text = element("p", { id: "deleting-text", className: "quoted", dir: "auto" });
  const cancel = element("button", { type: "button", className: "quiet", textContent: "Keep" });
  const confirm = element("button", {
    type: "button",
    className: "primary",
    textContent: "Delete",
  });
  const dialog = element(
    "dialog",
    {
      id: "deleting",
      "aria-labelledby": "deleting-title",
      "aria-describedby": "deleting-text",
    },
    element(
      "div",
      {},
      element("h2", { id: "deleting-title", textContent: "Delete this?" }),
      text,
      element("div", { className: "actions" }, cancel, confirm),
    ),
  );
  document.body.append(dialog);
  let isOpen = false;
  /** The deletion whose button takes the focus when it is there, or "". */
  let undone = "";

  confirm.addEventListener("click", () => {
    undone = randomText();
    dispatch({ type: "delete_confirmed", ref: undone });
  });
  addEventListener("pagehide", () => dispatch({ type: "page_left" }));
  cancel.addEventListener("click", () => dialog.close());
  closeBeside(dialog);
  // Escape closes it too.
  dialog.addEventListener("close", () => {
    if (isOpen) dispatch({ type: "delete_dismissed" });
  });

  /**
   * Shows the text of the message, or the last known one if the log has it no more.
   *
   * @param {State} state
   * @param {Deleting} deleting
   */
  function show(state, { room: name, id }) {
    const room = findRoom(state, name);
    const full = room && (textToEdit(state, room, id) ?? findMessage(room, id)?.text);
    if (full !== undefined) setText(text, cutText(full, MAX_SHOWN));
  }

  return (state) => {
    const { deleting } = state;
    if (isOpen !== (deleting !== null)) {
      isOpen = deleting !== null;
      if (deleting === null) {
        dialog.close();
        // A deleted text is nowhere in the page.
        setText(text, "");
      } else {
        show(state, deleting);
        dialog.showModal();
        confirm.focus();
      }
    } else if (deleting !== null) {
      // It may be edited elsewhere meanwhile.
      show(state, deleting);
    }
    if (undone === "") return;
    const button = document.querySelector(`.undo[data-ref="${undone}"]`);
    if (button instanceof HTMLElement) button.focus({ preventScroll: true });
    undone = "";
  };
}
