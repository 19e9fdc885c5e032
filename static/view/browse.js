/// <reference lib="dom" />

/**
 * Button above the list of rooms, which shows the listed rooms of the chat.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId, element } from "./dom.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createBrowseView(dispatch) {
  const button = element("button", {
    type: "button",
    className: "quiet browse",
    textContent: "Find a room",
    hidden: true,
    onclick() {
      byId("drawer", HTMLDialogElement).close();
      dispatch({ type: "search_opened" });
    },
  });
  document.querySelector(".rooms h2")?.after(button);
  return ({ features }) => {
    button.hidden = !features.includes("charge");
  };
}
