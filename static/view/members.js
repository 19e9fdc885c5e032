/// <reference lib="dom" />

/**
 * List of the members of the room on show: the user first, the others by name.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId, element, keyedList, setText } from "./dom.js";
import { icon, IGNORE_ICON } from "./icon.js";
import { foldForSearch } from "../model/names.js";
import { currentRoom } from "../model/state.js";
import { nameToMention, userAvatar, userBadge, userName } from "./user.js";

/** The number of members from which on there is a field to filter them. */
const FILTER_FROM = 12;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createMembersView(dispatch) {
  const counts = document.querySelectorAll(".count");
  const others = byId("unnamed", HTMLElement);
  const filter = byId("people-filter", HTMLInputElement);
  let yourId = "";
  /** @type {readonly User[]} */
  let members = [];
  const drawMembers = keyedList(byId("members", HTMLElement), {
    /** @param {User} user */
    keyOf: (user) => JSON.stringify([user.id, user.name, user.id === yourId]),
    create: (user) => {
      const name = user.id === yourId
        ? [userName(user), element("span", { className: "you-mark", textContent: "(you)" })]
        : [nameToMention(user, { isTabStop: true })];
      const ignore = user.id === yourId ? [] : [ignoreButton(user)];
      return element("li", {}, userAvatar(user), ...name, userBadge(user), ...ignore);
    },
    update(item, { id, name }) {
      const isIgnored = ignored.has(id);
      item.classList.toggle("ignored", isIgnored);
      const label = `${isIgnored ? "Stop ignoring" : "Ignore"} ${name}`;
      const button = item.querySelector("button");
      if (button === null || button.title === label) return;
      button.title = label;
      button.setAttribute("aria-label", label);
    },
  });
  /** @type {State["ignored"]} */
  let ignored = new Map();
  /** @type {readonly User[] | null} */
  let drawn = null;

  filter.addEventListener("input", drawFiltered);

  function drawFiltered() {
    const wanted = foldForSearch(filter.value.trim());
    drawMembers(members.filter(({ name }) => foldForSearch(name).includes(wanted)));
  }

  return (state) => {
    const room = currentRoom(state);
    // The page does not know how many people are in a room that the user has not entered.
    const isKnown = room.joinError === null && room.count > 0;
    for (const count of counts) setText(count, isKnown ? String(room.count) : "–");
    const unnamed = room.count - room.members.length;
    setText(others, unnamed > 0 ? `and ${unnamed} more` : "");
    const isSame = room.members === drawn && state.you?.id === yourId;
    if (isSame && state.ignored === ignored) return;
    ignored = state.ignored;
    drawn = room.members;
    yourId = state.you?.id ?? "";
    members = [...room.members].sort((a, b) => rank(a) - rank(b) || compareNames(a, b));
    const isFilterNeeded = members.length >= FILTER_FROM;
    if (!isFilterNeeded) filter.value = "";
    filter.hidden = !isFilterNeeded;
    drawFiltered();
  };

  /** @param {User} user */
  function ignoreButton(user) {
    return element("button", {
      type: "button",
      className: "icon-button ignore",
      onclick: () => dispatch({ type: "user_ignored", user, ignored: !ignored.has(user.id) }),
    }, icon(IGNORE_ICON));
  }

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
