/**
 * One step of `reduce`: the state that is being made, and what is to be done in the world.
 *
 * @module
 */

/** @import { Command } from "../../chat/protocol/types.ts" */
/** @import { Room, State } from "./state.js" */
import { expecting } from "./connection.js";
import { findRoom } from "./state.js";

/**
 * What the world has to do, as plain data. A `store` of null removes.
 *
 * @typedef {{ type: "open" }
 *   | { type: "close" }
 *   | { type: "probe" }
 *   | { type: "send", command: Command }
 *   | { type: "store", key: string, value: unknown }
 *   | { type: "announce", text: string }
 *   | { type: "alert", room: string, title: string, body: string }
 *   | { type: "navigate", room: string, replace: boolean }} Effect
 */

/**
 * @typedef {object} Turn
 * @property {State} state
 * @property {Effect[]} effects
 * @property {number} now
 * @property {number} random
 */

/** How long a notice is shown. */
const NOTICE_MS = 8000;

/**
 * @param {Turn} turn
 * @param {Partial<State>} change
 * @returns {void}
 */
export function update(turn, change) {
  turn.state = { ...turn.state, ...change };
}

/**
 * @param {Turn} turn
 * @param {string} name
 * @param {Partial<Room>} change
 * @returns {void}
 */
export function updateRoom(turn, name, change) {
  if (findRoom(turn.state, name) === undefined) return;
  updateRooms(turn, (room) => room.name === name ? { ...room, ...change } : room);
}

/**
 * @param {Turn} turn
 * @param {(room: Room) => Room} change
 * @returns {void}
 */
export function updateRooms(turn, change) {
  update(turn, { rooms: turn.state.rooms.map(change) });
}

/**
 * Sends a command whose answer matters: it is kept in `pending` until then.
 *
 * @param {Turn} turn
 * @param {Command} command
 * @returns {void}
 */
export function request(turn, command) {
  const { nextRef, pending, connection } = turn.state;
  const numbered = { ...command, ref: String(nextRef) };
  update(turn, {
    nextRef: nextRef + 1,
    pending: [...pending, numbered],
    connection: expecting(connection, turn.now),
  });
  send(turn, numbered);
}

/**
 * Takes the command with this `ref` from `pending`.
 *
 * @param {Turn} turn
 * @param {string | undefined} ref
 * @returns {Command | undefined}
 */
export function settle(turn, ref) {
  const { pending } = turn.state;
  const command = pending.find((candidate) => candidate.ref === ref);
  if (command !== undefined) {
    update(turn, { pending: pending.filter((other) => other !== command) });
  }
  return command;
}

/**
 * @param {Turn} turn
 * @param {Command} command
 * @returns {void}
 */
export function send(turn, command) {
  turn.effects.push({ type: "send", command });
}

/**
 * @param {Turn} turn
 * @param {string} key
 * @param {unknown} value
 * @returns {void}
 */
export function store(turn, key, value) {
  turn.effects.push({ type: "store", key, value });
}

/**
 * @param {Turn} turn
 * @param {string} text
 * @returns {void}
 */
export function notify(turn, text) {
  update(turn, { notice: { text, until: turn.now + NOTICE_MS } });
}
