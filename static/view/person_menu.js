/// <reference lib="dom" />

/**
 * Menu of a person in the list of people.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { createMenu } from "./menu.js";
import { mentionName } from "./mention.js";
import { PERSON_ACTIONS } from "./person_actions.js";
import { currentRoom } from "../model/state.js";

const MENTION_ICON =
  "M12 8.500a3.500 3.500 0 1 0 0 7a3.500 3.500 0 0 0 0-7M15.500 8.500v5a2.500 2.500 0 0 0 5 0V12a8.500 8.500 0 1 0-3.500 6.800";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createPersonMenuView(dispatch) {
  const menu = createMenu();
  /** @type {State} */
  let state;

  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("[data-person]") : null;
    if (button instanceof HTMLElement) open(button, button.dataset["person"] ?? "");
  });

  /**
   * @param {HTMLElement} button
   * @param {string} id
   */
  function open(button, id) {
    const user = currentRoom(state).members.find((member) => member.id === id);
    if (user === undefined) return;
    const actions = PERSON_ACTIONS.filter((action) => action.isOffered(user, state));
    const items = actions.map((action) => ({
      ...action,
      run: () => action.run(user, { dispatch, state }),
    }));
    const mention = { label: "Mention", icon: MENTION_ICON, run: () => mentionName(user.name) };
    menu.open([mention, ...items], {
      label: user.role === undefined ? user.name : `${user.name}, ${user.role}`,
      anchor: button,
      isSheet: matchMedia("(hover: none) and (pointer: coarse)").matches,
      onClose: () => {},
    });
  }

  return (next) => {
    state = next;
  };
}
