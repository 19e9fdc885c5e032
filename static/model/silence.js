/**
 * Limits of what the user may say in a room: muted, read-only, and slow mode. Pure.
 *
 * @module
 */

/** @import { ErrorEvent } from "../../chat/protocol/types.ts" */
/** @import { Outgoing } from "./outbox.js" */
/** @import { Room, State } from "./state.js" */
/** @import { Step } from "./step.js" */
import { yourRole } from "./roles.js";
import { findRoom } from "./state.js";
import { updateRoom } from "./step.js";

/**
 * The reason for which the user can't write in a room now, or null.
 *
 * @param {Pick<State, "you" | "now">} state
 * @param {Room} room
 * @returns {"muted" | "read_only" | null}
 */
export function silenceIn(state, room) {
  if (room.silencedUntil > state.now) return "muted";
  const isReadOnly = room.settings?.readOnly === true && yourRole(state, room) === undefined;
  return isReadOnly ? "read_only" : null;
}

/**
 * The rooms whose next message waits for the end of a pause.
 *
 * @param {State} state
 * @param {number} now
 * @returns {ReadonlySet<string>}
 */
export function slowRooms({ rooms }, now) {
  return new Set(rooms.flatMap(({ name, slowUntil }) => slowUntil > now ? [name] : []));
}

/**
 * Starts the pause of slow mode after a message of the user, who has also said something: a mute is
 * over.
 *
 * @param {Step} step
 * @param {Room} room
 * @returns {void}
 */
export function noteSaid(step, room) {
  const slowMs = slowMsFor(step.state, room);
  updateRoom(step, room.name, {
    silencedUntil: 0,
    slowUntil: slowMs === 0 ? 0 : step.now + slowMs,
  });
}

/**
 * Takes into account why an item of the outbox was refused.
 *
 * @param {Step} step
 * @param {Outgoing} item
 * @param {ErrorEvent} error
 * @returns {boolean} whether slow mode makes it wait
 */
export function noteRefused(step, item, { code, retryMs = 0 }) {
  const room = findRoom(step.state, item.room);
  if (room === undefined) return false;
  const until = step.now + retryMs;
  if (code === "muted") {
    updateRoom(step, room.name, { silencedUntil: until, silenceAskedAt: step.now });
  }
  const isSlow = code === "rate_limited" && item.type === "send" && slowMsFor(step.state, room) > 0;
  if (isSlow) updateRoom(step, room.name, { slowUntil: until });
  return isSlow;
}

/**
 * A room whose settings have changed: a pause is never longer than they ask for.
 *
 * @param {State} state
 * @param {Room} room
 * @param {number} now
 * @returns {number} `slowUntil`
 */
export function pauseAfter(state, room, now) {
  return Math.min(room.slowUntil, now + slowMsFor(state, room));
}

/**
 * @param {State} state
 * @param {Room} room
 */
function slowMsFor(state, room) {
  return yourRole(state, room) === undefined ? room.settings?.slowMs ?? 0 : 0;
}
