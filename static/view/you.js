/// <reference lib="dom" />

/**
 * The user's own avatar and name, and the button to change the name, where the user may.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId } from "./dom.js";
import { userAvatar, userName } from "./user.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createYouView(dispatch) {
  const avatar = byId("your-avatar", HTMLElement);
  const name = byId("your-name", HTMLElement);
  let drawn = "";
  const change = byId("change-name", HTMLButtonElement);
  change.addEventListener("click", () => dispatch({ type: "name_asked" }));
  return (state) => {
    change.hidden = state.namer !== "user";
    const you = state.you ?? { id: "", name: state.name };
    const key = JSON.stringify(you);
    if (key === drawn) return;
    drawn = key;
    avatar.replaceChildren(userAvatar(you));
    name.replaceChildren(userName(you));
  };
}
