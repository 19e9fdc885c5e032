/// <reference lib="dom" />

/**
 * The keys that work everywhere on the page. The help dialog in index.html lists them.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
import { byId } from "./dom.js";

/**
 * @param {Dispatch} dispatch
 * @returns {void}
 */
export function listenToKeys(dispatch) {
  const message = byId("message", HTMLTextAreaElement);
  const help = byId("help-open", HTMLButtonElement);
  const jump = byId("jump", HTMLButtonElement);
  document.addEventListener("keydown", (event) => {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    if (document.querySelector("dialog[open]") !== null || event.isComposing) return;
    const isWriting = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (ctrlKey || metaKey) return;
    if (altKey && (key === "ArrowUp" || key === "ArrowDown")) {
      dispatch({ type: "neighbour_opened", direction: key === "ArrowUp" ? -1 : 1 });
    } else if (key === "?" && !isWriting) {
      help.click();
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
