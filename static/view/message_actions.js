/// <reference lib="dom" />

/**
 * Actions that a message offers, in its menu and in its toolbar.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { LogMessage } from "../model/log.js" */
/** @import { State } from "../model/state.js" */
import { linkToRoom } from "../browser/location.js";
import { textToEdit } from "../model/editing.js";
import { withoutEra } from "../model/era.js";
import { overlayOf } from "../model/overlay.js";
import { changesOf } from "../model/outbox.js";
import { mayDo } from "../model/permissions.js";
import { currentRoom } from "../model/state.js";
import { copyNoted } from "./copy.js";
import { PERSON_ACTIONS } from "./person_actions.js";

/**
 * @typedef {object} Context
 * @property {Dispatch} dispatch
 * @property {State} state
 */

/**
 * @typedef {object} MessageAction
 * @property {string} label
 * @property {string} icon the path of an SVG of 24 by 24
 * @property {boolean} [isQuick] whether it stands in the toolbar too
 * @property {boolean} [isHarmful]
 * @property {(message: LogMessage, state: State) => boolean} isOffered
 * @property {(message: LogMessage, context: Context) => void} run
 */

/** @type {readonly MessageAction[]} */
export const ACTIONS = [
  {
    label: "React",
    icon:
      "M12 3.500a8.500 8.500 0 1 0 0 17a8.500 8.500 0 0 0 0-17M9 9.800v.1M15 9.800v.1M8.300 14a4.300 4.300 0 0 0 7.400 0",
    isQuick: true,
    isOffered: canTalk,
    run: ({ id }, { dispatch }) => dispatch({ type: "reaction_wanted", id }),
  },
  {
    label: "Reply",
    icon: "M9.500 6L4 11.500l5.500 5.500M4 11.500h10a6 6 0 0 1 6 6v1",
    isQuick: true,
    isOffered: canTalk,
    run: ({ id }, { dispatch }) => dispatch({ type: "reply_wanted", id }),
  },
  {
    label: "Edit",
    icon: "M4 20l1-4.500L16 4.500a2 2 0 0 1 3 3L8 18.500zM14 6.500l3 3",
    isOffered: canEdit,
    run: ({ id }, { dispatch }) => dispatch({ type: "edit_wanted", id }),
  },
  {
    label: "Delete",
    icon:
      "M4.500 6.500h15M9.500 6.500V4h5v2.500M6.500 6.500l1 13.500h9l1-13.500M10 10.500v6M14 10.500v6",
    isHarmful: true,
    isOffered: canDelete,
    run: ({ id }, { dispatch }) => dispatch({ type: "delete_wanted", id }),
  },
  {
    label: "Copy text",
    icon: "M8.500 8.500h11v11h-11zM15.500 8.500v-4h-11v11h4",
    isOffered: (message, state) => !shown(message, state).isDeleted,
    run: (message, { dispatch, state }) =>
      copyNoted(shown(message, state).text, { thing: "Text", dispatch }),
  },
  {
    label: "Copy link",
    icon:
      "M10 13.500a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.300 1.300M14 10.500a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.300-1.300",
    isOffered: () => true,
    run: ({ id }, { dispatch, state }) =>
      copyNoted(`${linkToRoom(state.current)}#${withoutEra(id)}`, { thing: "Link", dispatch }),
  },
  ...PERSON_ACTIONS.map((action) => ({
    ...action,
    isOffered: (/** @type {LogMessage} */ { user }, /** @type {State} */ state) =>
      action.isOffered(user, state),
    run: (/** @type {LogMessage} */ { user }, /** @type {Context} */ context) =>
      action.run(user, context),
  })),
];

/**
 * Returns true if a message can be answered and reacted to.
 *
 * @param {LogMessage} message
 * @param {State} state
 */
function canTalk(message, state) {
  return state.features.includes("talk") && !shown(message, state).isDeleted;
}

/**
 * Returns true if a message is the user's own, or may be deleted by a moderator.
 *
 * @param {LogMessage} message
 * @param {State} state
 */
function canDelete(message, state) {
  const room = currentRoom(state);
  if (message.user.id === state.you?.id) return canEdit(message, state);
  return canTalk(message, state) && mayDo(state, room, "delete", message.user);
}

/**
 * @param {LogMessage} message
 * @param {State} state
 */
function canEdit({ id }, state) {
  return textToEdit(state, currentRoom(state), id) !== undefined;
}

/**
 * A message of the room on show with the changes of it that wait in the outbox.
 *
 * @param {LogMessage} message
 * @param {State} state
 */
function shown(message, { outbox, current }) {
  return overlayOf(message, changesOf(outbox, { room: current, id: message.id }));
}
