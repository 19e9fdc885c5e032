/**
 * Part of the reducer for kicks, mutes and bans: the dialog that asks for how long, the command, and
 * the deletion of the user's last messages. Pure.
 *
 * @module
 */

/** @import { Command, ServerEvent, User } from "../../chat/protocol/types.ts" */
/** @import { Input } from "./reduce.js" */
/** @import { LogMessage } from "./log.js" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { queueChange } from "./changes.js";
import { isMessage } from "./log.js";
import { hear } from "./reconnect.js";
import { explainRefusal, NOT_SENT } from "./refusals.js";
import { requestBans } from "./room_settings.js";
import { findRoom } from "./state.js";
import { notify, request, settle, update } from "./step.js";

/** @typedef {"kick" | "mute" | "ban"} ModeratingAct */
/** @typedef {Extract<Command, { minutes: number }>} ModeratingCommand */

/**
 * An act that the user is to confirm.
 *
 * @typedef {object} Moderating
 * @property {ModeratingAct} act
 * @property {string} room in which the user acts
 * @property {User} user on whom
 * @property {string | null} ref of the command that is on its way
 * @property {boolean} deletes whether the user's last messages go when it is done
 * @property {string} problem
 */

/** The age up to which messages are deleted with a kick, and the most of them. */
const DELETED_MS = 60 * 60_000;
const MAX_DELETED = 50;

/** The times that are offered, in minutes. The last one is the longest that there is. */
export const MINUTES = /** @type {const} */ ([10, 60, 1440, 43_200]);

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reduceModerating(step, input, next) {
  const { moderating } = step.state;
  switch (input.type) {
    case "act_wanted": {
      const { act, room, user } = input;
      return update(step, {
        moderating: { act, room, user, ref: null, deletes: false, problem: "" },
      });
    }
    case "act_dismissed":
      return update(step, { moderating: null });
    case "act_confirmed":
      return confirm(step, input);
    case "ban_ended":
      return end(step, input);
    case "received":
      if (!receive(step, input.event)) next();
      return;
    case "closed":
      if (moderating !== null && moderating.ref !== null) {
        update(step, {
          moderating: { ...moderating, ref: null, problem: explainRefusal({ code: NOT_SENT }) },
        });
      }
      return next();
    default:
      return next();
  }
}

/**
 * The messages of a user that a kick can delete: those of the last hour that the page has.
 *
 * @param {Room} room
 * @param {string} id of the user
 * @param {number} now
 * @returns {LogMessage[]}
 */
export function lastMessages({ entries, era }, id, now) {
  return entries.filter(isMessage).filter((message) =>
    message.user.id === id && message.deleted !== true && message.id.startsWith(era) &&
    message.time > now - DELETED_MS
  ).slice(-MAX_DELETED);
}

/**
 * @param {Step} step
 * @param {{ minutes: number, deletes: boolean }} chosen
 */
function confirm(step, { minutes, deletes }) {
  const { moderating, connection } = step.state;
  if (moderating === null || moderating.ref !== null) return;
  const { act: type, room, user: { id: user } } = moderating;
  if (connection.status !== "online") {
    const problem = explainRefusal({ code: NOT_SENT });
    return update(step, { moderating: { ...moderating, problem } });
  }
  const ref = request(
    step,
    type === "ban" ? { type, user, minutes } : { type, room, user, minutes },
  );
  update(step, { moderating: { ...moderating, ref, deletes, problem: "" } });
}

/**
 * @param {Step} step
 * @param {{ kind: ModeratingAct, room: string, user: string }} ban
 */
function end(step, { kind: type, room, user }) {
  if (step.state.connection.status !== "online") {
    return notify(step, explainRefusal({ code: NOT_SENT }));
  }
  const minutes = 0;
  request(step, type === "ban" ? { type, user, minutes } : { type, room, user, minutes });
}

/**
 * @param {Step} step
 * @param {ServerEvent} event
 * @returns {boolean} whether the rest of the reducer has nothing to do with it
 */
function receive(step, event) {
  const { pending, moderating } = step.state;
  if (event.type !== "done" && event.type !== "error") return false;
  const command = pending.filter(isModerating).find(({ ref }) => ref === event.ref);
  if (command === undefined) return event.type === "done";
  settle(step, event.ref);
  hear(step);
  const isAsked = moderating !== null && moderating.ref === command.ref;
  if (event.type === "error") {
    const problem = explainRefusal(event);
    if (isAsked) update(step, { moderating: { ...moderating, ref: null, problem } });
    else notify(step, problem);
    return true;
  }
  requestBans(step);
  if (!isAsked) return true;
  update(step, { moderating: null });
  notify(step, describeDone(command, moderating));
  if (moderating.deletes) deleteMessages(step, moderating);
  return true;
}

/**
 * @param {Command} command
 * @returns {command is ModeratingCommand}
 */
function isModerating(command) {
  return command.type === "kick" || command.type === "mute" || command.type === "ban";
}

/**
 * @param {Step} step
 * @param {Moderating} moderating
 */
function deleteMessages(step, { room: name, user, ref }) {
  const room = findRoom(step.state, name);
  if (room === undefined) return;
  for (const { id } of lastMessages(room, user.id, step.now)) {
    queueChange(step, { type: "delete", ref: `${ref} ${id}`, room: name, id }, { undoMs: 0 });
  }
}

/**
 * "Bob is out of #lobby for 1 hour"
 *
 * @param {ModeratingCommand} command
 * @param {Moderating} moderating
 */
function describeDone({ minutes }, { act, room, user: { name } }) {
  const time = describeMinutes(minutes);
  switch (act) {
    case "kick":
      return `${name} is out of #${room} for ${time}`;
    case "mute":
      return `${name} can’t write in #${room} for ${time}`;
    case "ban":
      return `${name} is banned for ${time}`;
  }
}

/**
 * @param {number} minutes
 * @returns {string}
 */
export function describeMinutes(minutes) {
  for (const [unit, size] of /** @type {const} */ ([["day", 1440], ["hour", 60]])) {
    if (minutes >= size) return count(Math.round(minutes / size), unit);
  }
  return count(minutes, "minute");
}

/**
 * @param {number} number
 * @param {string} unit
 */
function count(number, unit) {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
