/// <reference lib="dom" />

/**
 * Who you are, and the way to another name.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { State } from "./state.js" */
import { byId, element } from "./dom.js";
import { userAvatar, userName } from "./view_user.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createYouView(dispatch) {
  const button = byId("change-name", HTMLButtonElement);
  let drawn = "";
  button.addEventListener("click", () => dispatch({ type: "name_asked" }));
  return (state) => {
    const you = state.you ?? { id: "", name: state.name };
    const key = JSON.stringify(you);
    if (key === drawn) return;
    drawn = key;
    button.replaceChildren(
      userAvatar(you),
      element(
        "span",
        {},
        userName(you),
        " ",
        element("small", { textContent: "Change name" }),
      ),
    );
  };
}
