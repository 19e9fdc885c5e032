/**
 * Ways back from the past, or from a message to which the page has led, to the latest messages. Pure.
 *
 * @module
 */

/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { findRoom } from "./state.js";
import { settle, updateRoom } from "./step.js";
import { scroll } from "./unread.js";

/**
 * Goes back to the latest messages, which the user asked for.
 *
 * @param {Step} step
 * @param {Room} room
 * @returns {void}
 */
export function returnToPresent(step, room) {
  if (room.past === null && room.target === null && room.wanted === null) return;
  leavePast(step, room);
  showRoom(step, room.name);
}

/**
 * @param {Step} step
 * @param {Room} room
 * @returns {void}
 */
export function leavePast(step, room) {
  const { name } = room;
  if (room.past !== null || room.target !== null) {
    updateRoom(step, name, { atBottom: true });
    if (name === step.state.current) scroll(step, true);
  }
  forgetTarget(step, room);
  dropPast(step, name);
}

/**
 * The address of the room, without that of a message.
 *
 * @param {Step} step
 * @param {string} room
 * @returns {void}
 */
export function showRoom(step, room) {
  if (room === step.state.current) step.effects.push({ type: "navigate", room, replace: true });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @returns {void}
 */
export function forgetTarget(step, { name, wanted, target }) {
  settle(step, wanted?.ref ?? undefined);
  if (wanted !== null || target !== null) updateRoom(step, name, { wanted: null, target: null });
}

/**
 * @param {Step} step
 * @param {string} name
 * @returns {void}
 */
export function dropPast(step, name) {
  const past = findRoom(step.state, name)?.past ?? null;
  if (past === null) return;
  settle(step, past.ref ?? undefined);
  updateRoom(step, name, { past: null });
}
