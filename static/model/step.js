/**
 * One step of `reduce`: the new state and the effects, which its functions change in place.
 *
 * @module
 */

/** @import { Command } from "../../chat/protocol/types.ts" */
/** @import { Room, State } from "./state.js" */
import { expecting } from "../client/connection.js";
import { findRoom } from "./state.js";

/**
 * An effect that app.js performs, as plain data. A `store` of null removes. What is announced of a
 * message has the server's id of it, and is withdrawn when its text is changed or deleted.
 *
 * @typedef {{ type: "open" }
 *   | { type: "close" }
 *   | { type: "probe" }
 *   | { type: "send", command: Command }
 *   | { type: "store", key: string, value: unknown }
 *   | { type: "announce", text: string, id?: string }
 *   | { type: "withdraw", id: string }
 *   | { type: "notification", room: string, title: string, body: string }
 *   | { type: "sound" }
 *   | { type: "navigate", room: string, replace: boolean, message?: string }} Effect
 */

/**
 * @typedef {object} Step
 * @property {State} state
 * @property {Effect[]} effects
 * @property {number} now
 * @property {number} random
 */

/** How long a notice is shown. */
const NOTICE_MS = 8000;

/**
 * @param {Step} step
 * @param {Partial<State>} change
 * @returns {void}
 */
export function update(step, change) {
  step.state = { ...step.state, ...change };
}

/**
 * @param {Step} step
 * @param {string} name
 * @param {Partial<Room>} change
 * @returns {void}
 */
export function updateRoom(step, name, change) {
  if (findRoom(step.state, name) === undefined) return;
  updateRooms(step, (room) => room.name === name ? { ...room, ...change } : room);
}

/**
 * @param {Step} step
 * @param {(room: Room) => Room} change
 * @returns {void}
 */
export function updateRooms(step, change) {
  update(step, { rooms: step.state.rooms.map(change) });
}

/**
 * Sends a command whose answer matters: it is kept in `pending` until then.
 *
 * @param {Step} step
 * @param {Command} command
 * @returns {string} its `ref`
 */
export function request(step, command) {
  const { nextRef, pending, connection } = step.state;
  const numbered = { ...command, ref: String(nextRef) };
  update(step, {
    nextRef: nextRef + 1,
    pending: [...pending, numbered],
    connection: expecting(connection, step.now),
  });
  send(step, numbered);
  return numbered.ref;
}

/**
 * Takes the command with this `ref` from `pending`.
 *
 * @param {Step} step
 * @param {string | undefined} ref
 * @returns {Command | undefined}
 */
export function settle(step, ref) {
  const { pending } = step.state;
  const command = pending.find((candidate) => candidate.ref === ref);
  if (command !== undefined) {
    update(step, { pending: pending.filter((other) => other !== command) });
  }
  return command;
}

/**
 * @param {Step} step
 * @param {Command} command
 * @returns {void}
 */
export function send(step, command) {
  step.effects.push({ type: "send", command });
}

/**
 * @param {Step} step
 * @param {string} key
 * @param {unknown} value
 * @returns {void}
 */
export function store(step, key, value) {
  step.effects.push({ type: "store", key, value });
}

/**
 * @param {Step} step
 * @param {string} text
 * @returns {void}
 */
export function notify(step, text) {
  update(step, { notice: { text, until: step.now + NOTICE_MS } });
}
