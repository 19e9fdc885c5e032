/// <reference lib="dom" />

/**
 * The keys that work everywhere on the page, and the help dialog, which lists them.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
import { openedBy } from "./dialog.js";
import { byId } from "./dom.js";

/**
 * @param {Dispatch} dispatch
 * @returns {void}
 */
export function listenToKeys(dispatch) {
  const message = byId("message", HTMLTextAreaElement);
  const help = openedBy("help-open", "help");
  const jump = byId("jump", HTMLButtonElement);
  document.addEventListener("keydown", (event) => {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    if (document.querySelector("dialog[open]") !== null || event.isComposing) return;
    const isWriting = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (ctrlKey || metaKey) return;
    if (altKey && (key === "ArrowUp" || key === "ArrowDown")) {
      dispatch({ type: "neighbour_opened", direction: key === "ArrowUp" ? -1 : 1 });
    } else if (key === "?" && !isWriting) {
      help.showModal();
    } else if (key === "/" && !isWriting) {
      message.focus();
    } else if (key === "Escape") {
      if (!jump.hidden) jump.click();
      message.focus();
    } else {
      return;
    }
    event.preventDefault();
  });
}
