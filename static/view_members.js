/// <reference lib="dom" />

/**
 * Who is in the room on show: you first, the others by name.
 *
 * @module
 */

/** @import { User } from "../chat/protocol.ts" */
/** @import { Dispatch } from "./app.js" */
/** @import { State } from "./state.js" */
import { byId, element, keyedList, setText } from "./dom.js";
import { currentRoom } from "./state.js";
import { userAvatar, userName } from "./view_user.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createMembersView(dispatch) {
  const counts = document.querySelectorAll(".count");
  const others = byId("unnamed", HTMLElement);
  const toggle = byId("people-toggle", HTMLButtonElement);
  const panel = byId("people", HTMLElement);
  let yourId = "";
  const drawMembers = keyedList(byId("members", HTMLElement), {
    /** @param {User} user */
    keyOf: (user) => JSON.stringify([user.id, user.name, user.id === yourId]),
    create: (user) => {
      const you = user.id === yourId ? [element("span", { textContent: "(you)" })] : [];
      return element("li", {}, userAvatar(user), userName(user), ...you);
    },
  });
  /** @type {readonly User[] | null} */
  let drawn = null;

  toggle.addEventListener("click", () => {
    const isOpen = panel.classList.toggle("open");
    toggle.ariaExpanded = String(isOpen);
  });
  byId("change-name", HTMLButtonElement)
    .addEventListener("click", () => dispatch({ type: "name_asked" }));

  return (state) => {
    const room = currentRoom(state);
    for (const count of counts) setText(count, String(room.count));
    const unnamed = room.count - room.members.length;
    setText(others, unnamed > 0 ? `and ${unnamed} more` : "");
    if (room.members === drawn && state.you?.id === yourId) return;
    drawn = room.members;
    yourId = state.you?.id ?? "";
    drawMembers(room.members.toSorted((a, b) => rank(a) - rank(b) || compareNames(a, b)));
  };

  /** @param {User} user */
  function rank(user) {
    return user.id === yourId ? 0 : 1;
  }
}

/**
 * @param {User} a
 * @param {User} b
 */
function compareNames(a, b) {
  return a.name.localeCompare(b.name);
}
