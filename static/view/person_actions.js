/// <reference lib="dom" />

/**
 * Actions on a person, in the menu of a person and in that of a message, where they are on its
 * author.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Dispatch } from "../app.js" */
/** @import { ModeratingAct } from "../model/moderating.js" */
/** @import { State } from "../model/state.js" */
import { IGNORE_ICON } from "./icon.js";
import { mayDo, roleIn } from "../model/permissions.js";
import { currentRoom } from "../model/state.js";

/**
 * @typedef {object} PersonAction
 * @property {string} label
 * @property {string} icon the path of an SVG of 24 by 24
 * @property {boolean} [isHarmful]
 * @property {(user: User, state: State) => boolean} isOffered
 * @property {(user: User, context: { dispatch: Dispatch, state: State }) => void} run
 */

const SHIELD_ICON = "M12 3.500l7 2.500v5.500c0 4.500-3 7.500-7 9-4-1.500-7-4.500-7-9V6z";

/** @type {readonly PersonAction[]} */
export const PERSON_ACTIONS = [
  {
    label: "Ignore",
    icon: IGNORE_ICON,
    isOffered: ({ id }, { ignored, you }) => id !== you?.id && !ignored.has(id),
    run: (user, { dispatch }) => dispatch({ type: "user_ignored", user, ignored: true }),
  },
  {
    label: "Stop ignoring",
    icon: IGNORE_ICON,
    isOffered: ({ id }, { ignored }) => ignored.has(id),
    run: (user, { dispatch }) => dispatch({ type: "user_ignored", user, ignored: false }),
  },
  {
    label: "Make moderator",
    icon: `${SHIELD_ICON}M12 8.500v6M9 11.500h6`,
    isOffered: (user, state) => mayAppoint(user, state) && !isModerator(user, state),
    run: (user, context) => appoint(user, context, true),
  },
  {
    label: "No longer moderator",
    icon: `${SHIELD_ICON}M9 11.500h6`,
    isOffered: (user, state) => mayAppoint(user, state) && isModerator(user, state),
    run: (user, context) => appoint(user, context, false),
  },
  actOn(
    "mute",
    "Mute…",
    "M4 5.500h16v10.500h-9.500L6 20v-4H4zM8 8.500l5 5M13 8.500l-5 5",
  ),
  actOn("kick", "Kick…", "M13 4H5v16h8M10 12h10M16.500 8.500L20 12l-3.500 3.500"),
  actOn("ban", "Ban…", "M8.500 3.500h7l5 5v7l-5 5h-7l-5-5v-7zM8 12h8"),
];

/**
 * @param {ModeratingAct} act
 * @param {string} label
 * @param {string} icon
 * @returns {PersonAction}
 */
function actOn(act, label, icon) {
  return {
    label,
    icon,
    isHarmful: true,
    isOffered: (user, state) => mayDo(state, currentRoom(state), act, user),
    run: (user, { dispatch, state }) =>
      dispatch({ type: "act_wanted", act, room: state.current, user }),
  };
}

/**
 * Returns true if a user can be made a moderator, or be one no more. Owners and admins need not be.
 *
 * @param {User} user
 * @param {State} state
 */
function mayAppoint(user, state) {
  const room = currentRoom(state);
  const role = roleIn(room, user);
  return mayDo(state, room, "set moderators") && room.settings !== null &&
    user.role !== "bot" && (role === undefined || role === "moderator");
}

/**
 * @param {User} user
 * @param {State} state
 */
function isModerator(user, state) {
  return roleIn(currentRoom(state), user) === "moderator";
}

/**
 * @param {User} user
 * @param {{ dispatch: Dispatch, state: State }} context
 * @param {boolean} isModerator
 */
function appoint(user, { dispatch, state }, isModerator) {
  dispatch({ type: "moderator_chosen", room: state.current, user, isModerator });
}
