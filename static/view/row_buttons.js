/// <reference lib="dom" />

/**
 * Buttons in the rows of the log: they copy code, react, and lead to the answered message.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { randomText } from "../client/random.js";
import { copyNoted } from "./copy.js";
import { byId } from "./dom.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createRowButtonsView(dispatch) {
  let room = "";

  byId("rows", HTMLElement).addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (button?.matches(".copy")) {
      const code = button.closest(".fence")?.querySelector("code")?.textContent ?? "";
      copyNoted(code, { thing: "Code", dispatch });
    } else if (button?.matches(".reaction")) {
      const id = button.closest("article")?.dataset["id"] ?? "";
      const { emoji = "" } = button.dataset;
      dispatch({ type: "reaction_toggled", ref: randomText(), id, emoji });
    } else if (button?.matches(".quote")) {
      dispatch({ type: "message_wanted", room, id: button.dataset["quote"] ?? "" });
    }
  });

  return ({ current }) => {
    room = current;
  };
}
