/**
 * Part of the reducer for the settings of rooms: the dialog that shows and changes them, and the
 * people whom a room or the server keeps out. Pure.
 *
 * @module
 */

/**
 * @import {
 *   BansEvent, Command, ServerEvent, SettingsChange, User
 * } from "../../chat/protocol/types.ts"
 */
/** @import { Input } from "./reduce.js" */
/** @import { Step } from "./step.js" */
import { MAX_PASSWORD } from "./invitation.js";
import { mayDo } from "./permissions.js";
import { hear } from "./reconnect.js";
import { explainRefusal, NOT_SENT } from "./refusals.js";
import { findRoom } from "./state.js";
import { notify, request, settle, update } from "./step.js";

/** The name of a setting. @typedef {keyof SettingsChange} SettingName */
/** Somebody who is kept out. @typedef {BansEvent["bans"][number]} Ban */

/**
 * The dialog with the settings of a room.
 *
 * @typedef {object} RoomDialog
 * @property {string} room
 * @property {SettingsChange} typed values that the server has not confirmed, which are shown instead
 *   of its own
 * @property {Readonly<Partial<Record<SettingName, string>>>} problems by setting
 * @property {SettingName | ""} saved the setting that was saved last
 * @property {string} password the one that the user has just set, for links
 * @property {readonly Ban[] | null} bans of the room; null: not known
 * @property {readonly Ban[] | null} serverBans
 * @property {string} bansProblem
 */

/** The limit of the protocol, in code points. */
export const MAX_TOPIC = 200;
/** The most moderators of a room. */
export const MAX_MODERATORS = 50;

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reduceRoomSettings(step, input, next) {
  const { roomDialog } = step.state;
  switch (input.type) {
    case "room_settings_opened":
      return open(step, input.room);
    case "room_settings_closed":
      return update(step, { roomDialog: null });
    case "setting_typed":
      return change(step, { typed: { ...roomDialog?.typed, ...input.change }, saved: "" });
    case "setting_chosen":
      return configure(step, input.room, input.change);
    case "moderator_chosen":
      return nameModerator(step, input);
    case "received":
      if (!receive(step, input.event)) next();
      return follow(step, input.event);
    case "closed":
      loseAll(step);
      return next();
    case "room_left":
    case "room_opened":
      next();
      // The room may be gone.
      if (roomDialog !== null && roomDialog.room !== step.state.current) {
        update(step, { roomDialog: null });
      }
      return;
    default:
      return next();
  }
}

/**
 * @param {Step} step
 * @param {string} room
 */
function open(step, room) {
  if (!step.state.features.includes("charge")) return;
  update(step, {
    roomDialog: {
      room,
      typed: {},
      problems: {},
      saved: "",
      password: "",
      bans: null,
      serverBans: null,
      bansProblem: "",
    },
  });
  requestBans(step);
}

/**
 * @param {Step} step
 * @param {Partial<RoomDialog>} fields
 */
function change(step, fields) {
  const { roomDialog } = step.state;
  if (roomDialog !== null) update(step, { roomDialog: { ...roomDialog, ...fields } });
}

/**
 * Changes settings of a room. The dialog shows them at once.
 *
 * @param {Step} step
 * @param {string} room
 * @param {SettingsChange} changed
 */
function configure(step, room, changed) {
  const { roomDialog, connection } = step.state;
  const isShown = roomDialog?.room === room;
  const problem = settingProblem(changed) ||
    (connection.status === "online" ? "" : explainRefusal({ code: NOT_SENT }));
  if (problem === "") request(step, { type: "configure", room, ...changed });
  if (isShown) {
    const typed = { ...roomDialog.typed, ...changed };
    change(step, {
      typed: problem === "" ? typed : keptOf(typed, changed),
      problems: withProblem(roomDialog, changed, problem),
      saved: "",
    });
  } else if (problem !== "") {
    notify(step, problem);
  }
}

/**
 * The reason for which a setting can't be as the user wants it, or "".
 *
 * @param {SettingsChange} changed
 * @returns {string}
 */
function settingProblem({ topic = "", password = "", moderators = [] }) {
  if (exceedsCodePoints(topic, MAX_TOPIC)) return `A topic has at most ${MAX_TOPIC} characters.`;
  if (exceedsCodePoints(password, MAX_PASSWORD)) {
    return `A password has at most ${MAX_PASSWORD} characters.`;
  }
  return moderators.length > MAX_MODERATORS
    ? `A room has at most ${MAX_MODERATORS} moderators.`
    : "";
}

/**
 * Makes a user a moderator of a room, or ends that.
 *
 * @param {Step} step
 * @param {{ room: string, user: User, isModerator: boolean }} chosen
 */
function nameModerator(step, { room, user, isModerator }) {
  const settings = findRoom(step.state, room)?.settings;
  if (!settings) return;
  // Those of a change that is on its way.
  const waiting = step.state.pending.findLast((command) =>
    command.type === "configure" && command.room === room && command.moderators !== undefined
  );
  const ids = waiting?.type === "configure" && waiting.moderators !== undefined
    ? waiting.moderators
    : settings.moderators.map(({ id }) => id);
  const others = ids.filter((id) => id !== user.id);
  configure(step, room, { moderators: isModerator ? [...others, user.id] : others });
}

/**
 * @param {Step} step
 * @param {ServerEvent} event
 * @returns {boolean} whether the rest of the reducer has nothing to do with it
 */
function receive(step, event) {
  if (event.type !== "settings" && event.type !== "bans" && event.type !== "error") return false;
  const { ref } = event;
  const command = step.state.pending.find((candidate) => candidate.ref === ref);
  switch (command?.type) {
    case "configure":
      settle(step, ref);
      hear(step);
      if (event.type === "settings") confirm(step, command);
      else if (event.type === "error") refuse(step, command, explainRefusal(event));
      return event.type === "error";
    case "bans":
      settle(step, ref);
      hear(step);
      receiveBans(step, command, event);
      return true;
    default:
      return event.type === "bans";
  }
}

/**
 * Asks for the people who are kept out when the user may know them.
 *
 * @param {Step} step
 * @param {ServerEvent} event
 */
function follow(step, event) {
  const { roomDialog, pending } = step.state;
  if (event.type !== "joined" && event.type !== "settings") return;
  if (roomDialog?.room !== event.room || roomDialog.bans !== null) return;
  if (!pending.some(({ type }) => type === "bans")) requestBans(step);
}

/**
 * @param {Step} step
 * @param {Extract<Command, { type: "configure" }>} command
 */
function confirm(step, command) {
  const { roomDialog } = step.state;
  const changed = changeOf(command);
  const [name = ""] = namesOf(changed);
  if (roomDialog === null || roomDialog.room !== command.room) {
    if (changed.moderators !== undefined) {
      notify(step, `The moderators of #${command.room} were changed`);
    }
    return;
  }
  const { typed } = roomDialog;
  const { password } = changed;
  change(step, {
    // Text that was typed meanwhile stays.
    typed: without(typed, namesOf(changed).filter((name) => typed[name] === changed[name])),
    saved: name,
    ...(password !== undefined && { password }),
  });
}

/**
 * @param {Step} step
 * @param {Extract<Command, { type: "configure" }>} command
 * @param {string} problem
 */
function refuse(step, command, problem) {
  const { roomDialog } = step.state;
  if (roomDialog === null || roomDialog.room !== command.room) return notify(step, problem);
  const changed = changeOf(command);
  change(step, {
    typed: keptOf(roomDialog.typed, changed),
    problems: withProblem(roomDialog, changed, problem),
  });
}

/**
 * Values without those that were refused, but for texts, which the user may mend.
 *
 * @param {SettingsChange} typed
 * @param {SettingsChange} refused
 * @returns {SettingsChange}
 */
function keptOf(typed, refused) {
  const names = namesOf(refused);
  return without(typed, names.filter((name) => name !== "topic" && name !== "password"));
}

/**
 * @param {RoomDialog} dialog
 * @param {SettingsChange} changed
 * @param {string} problem
 */
function withProblem({ problems }, changed, problem) {
  return { ...problems, ...Object.fromEntries(namesOf(changed).map((name) => [name, problem])) };
}

/**
 * @param {SettingsChange} values
 * @param {readonly SettingName[]} names
 * @returns {SettingsChange}
 */
function without(values, names) {
  const { ...kept } = /** @type {Record<string, unknown>} */ (values);
  for (const name of names) delete kept[name];
  return kept;
}

/**
 * The answers to what is on its way will not come.
 *
 * @param {Step} step
 */
function loseAll(step) {
  for (const command of step.state.pending) {
    if (command.type === "configure") refuse(step, command, explainRefusal({ code: NOT_SENT }));
  }
}

/**
 * Asks for the people who are kept out, as far as the user may know them.
 *
 * @param {Step} step
 * @returns {void}
 */
export function requestBans(step) {
  const { state } = step;
  const room = findRoom(state, state.roomDialog?.room ?? "");
  if (room === undefined || state.connection.status !== "online") return;
  if (mayDo(state, room, "read the bans of a room")) {
    request(step, { type: "bans", room: room.name });
  }
  if (mayDo(state, room, "read the bans of the server")) request(step, { type: "bans" });
}

/**
 * @param {Step} step
 * @param {Extract<Command, { type: "bans" }>} command
 * @param {ServerEvent} event
 */
function receiveBans(step, { room }, event) {
  if (event.type === "error") return change(step, { bansProblem: explainRefusal(event) });
  if (event.type !== "bans") return;
  const { bans } = event;
  if (room === undefined) change(step, { serverBans: bans, bansProblem: "" });
  else if (room === step.state.roomDialog?.room) change(step, { bans, bansProblem: "" });
}

/**
 * Returns true if a text has more than `limit` code points, of which each has one unit or two.
 *
 * @param {string} text
 * @param {number} limit
 */
function exceedsCodePoints(text, limit) {
  return text.length > 2 * limit || [...text].length > limit;
}

/**
 * @param {Extract<Command, { type: "configure" }>} command
 * @returns {SettingsChange}
 */
function changeOf({ type: _type, ref: _ref, room: _room, ...changed }) {
  return changed;
}

/**
 * @param {SettingsChange} changed
 * @returns {SettingName[]}
 */
function namesOf(changed) {
  return /** @type {SettingName[]} */ (Object.keys(changed));
}
