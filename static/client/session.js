/**
 * Session of a client: its state, inputs and effects, and the changes that all steps make. Pure.
 *
 * @module
 */

/** @import { Command, ErrorEvent, ServerEvent, WelcomeEvent } from "./protocol.d.ts" */
/** @import { Connection } from "./connection.js" */
/** @import { Item } from "./outbox.js" */
/** @import { Cursor } from "./resume.js" */
import { IDLE } from "./connection.js";

/**
 * A room of the client. `known`: only its position is known, from storage; `out`: to be joined.
 *
 * @typedef {Cursor & {
 *   name: string,
 *   password: string,
 *   status: "known" | "out" | "joining" | "joined",
 *   joinAt: number,
 *   floor: string | null,
 * }} SessionRoom
 */

/** @typedef {{ name: string, key: string, password?: string, token?: string }} Credentials */

/**
 * @typedef {object} Session
 * @property {Credentials} credentials
 * @property {Connection} connection
 * @property {number} closeCode with which the last connection was lost, or 0
 * @property {WelcomeEvent | null} welcome the latest one
 * @property {readonly SessionRoom[]} rooms
 * @property {readonly Item[]} outbox
 * @property {readonly Command[]} pending commands that wait for their answer on this connection
 * @property {number} nextRef
 */

/**
 * A failure of a command: an error of the server, or one of the client: `disconnected` (the
 * connection was lost before the answer), `not_connected`, `too_long` (for a frame), `stopped`.
 *
 * @typedef {Pick<ErrorEvent, "message" | "retryMs" | "needs"> & { code: string }} Failure
 */

/**
 * Messages of a room that the client will not be given. `isKept`: the server still has them, for
 * `history` with `since: after`, up to the position `before`.
 *
 * @typedef {{ type: "gap", room: string, after: string, before: string, isKept: boolean }} GapEvent
 */

/** @typedef {"idle" | "connecting" | "online" | "offline" | "stopped"} Status of the connection */

/**
 * The state of the connection has changed. `retryAt` is the time of the next try, in milliseconds
 * since 1970, or Infinity.
 *
 * @typedef {{
 *   type: "status",
 *   status: Status,
 *   closeCode: number,
 *   retryAt: number,
 * }} StatusEvent
 */

/** @typedef {Exclude<ServerEvent, { type: "gap" }> | GapEvent | StatusEvent} ClientEvent */

/**
 * An effect that client.js performs. `settle` and `fail` end the promise under a key, `fail_all` all.
 *
 * @typedef {{ type: "open" }
 *   | { type: "close" }
 *   | { type: "send", command: Command }
 *   | { type: "store" }
 *   | { type: "emit", event: ClientEvent }
 *   | { type: "settle", key: string, answer: ServerEvent }
 *   | { type: "fail", key: string, failure: Failure }
 *   | { type: "fail_all", failure: Failure }} Effect
 */

/**
 * An input: of the program that uses the client, of the socket, or of time.
 *
 * @typedef {{ type: "connect_wanted", credentials: Partial<Credentials> }
 *   | { type: "close_wanted" }
 *   | { type: "join_wanted", room: string, password: string }
 *   | { type: "leave_wanted", room: string, ref: string }
 *   | { type: "item_queued", item: Item }
 *   | { type: "requested", command: Command & { ref: string } }
 *   | { type: "told", command: Command }
 *   | { type: "opened" }
 *   | { type: "received", event: ServerEvent }
 *   | { type: "closed", code: number }
 *   | { type: "ticked" }} Input
 */

/**
 * One step, which its functions change in place.
 *
 * @typedef {{ session: Session, effects: Effect[], now: number, random: number }} Step
 */

/** The keys of promises besides the refs of commands. */
export const CONNECT_KEY = ".connect";
export const joinKey = (/** @type {string} */ room) => `.join ${room}`;

/**
 * @param {Credentials} credentials
 * @param {{ rooms?: Readonly<Record<string, string>>, outbox?: readonly Item[] }} [saved] the
 *   position of each room, and what was not acknowledged
 * @returns {Session}
 */
export function createSession(credentials, { rooms = {}, outbox = [] } = {}) {
  return {
    credentials,
    connection: IDLE,
    closeCode: 0,
    welcome: null,
    rooms: Object.entries(rooms).map(([name, since]) => ({ ...newRoom(name), since })),
    outbox,
    pending: [],
    nextRef: 1,
  };
}

/**
 * @param {string} name
 * @returns {SessionRoom}
 */
export function newRoom(name) {
  return { name, password: "", status: "known", joinAt: 0, since: null, follow: 0, floor: null };
}

/**
 * @param {Step} step
 * @param {Partial<Session>} change
 * @returns {void}
 */
export function update(step, change) {
  step.session = { ...step.session, ...change };
}

/**
 * @param {Step} step
 * @param {string} name
 * @param {Partial<SessionRoom>} change
 * @returns {void}
 */
export function updateRoom(step, name, change) {
  const { rooms } = step.session;
  update(step, { rooms: rooms.map((room) => room.name === name ? { ...room, ...change } : room) });
}

/**
 * @param {Session} session
 * @param {string} name
 * @returns {SessionRoom | undefined}
 */
export function findRoom({ rooms }, name) {
  return rooms.find((room) => room.name === name);
}

/**
 * @param {Step} step
 * @param {ClientEvent} event
 * @returns {void}
 */
export function emit(step, event) {
  step.effects.push({ type: "emit", event });
}

/**
 * @param {Step} step
 * @param {string} key
 * @param {Failure} failure
 * @returns {void}
 */
export function fail(step, key, failure) {
  step.effects.push({ type: "fail", key, failure: failureOf(failure) });
}

/** @param {Failure} failure an error of the server has more fields */
function failureOf({ code, message, retryMs, needs }) {
  const more = { ...(retryMs !== undefined && { retryMs }), ...(needs !== undefined && { needs }) };
  return { code, message, ...more };
}

/**
 * Forgets a room, and what waits to be sent to it.
 *
 * @param {Step} step
 * @param {string} name
 * @param {Failure} failure
 * @returns {void}
 */
export function dropRoom(step, name, failure) {
  const { rooms, outbox } = step.session;
  const dropped = outbox.filter((item) => item.room === name);
  update(step, {
    rooms: rooms.filter((room) => room.name !== name),
    outbox: outbox.filter((item) => item.room !== name),
  });
  for (const key of [joinKey(name), ...dropped.map(({ ref }) => ref)]) fail(step, key, failure);
}

/**
 * Takes the command with this `ref` from `pending`.
 *
 * @param {Step} step
 * @param {string | undefined} ref
 * @returns {Command | undefined}
 */
export function takePending(step, ref) {
  const { pending } = step.session;
  const command = pending.find((candidate) => candidate.ref === ref);
  if (command !== undefined) {
    update(step, { pending: pending.filter((other) => other !== command) });
  }
  return command;
}

/**
 * The session will not connect by itself again. The outbox stays as it is.
 *
 * @param {Step} step
 * @param {Failure} failure
 * @returns {void}
 */
export function stop(step, failure) {
  step.effects.push({ type: "fail_all", failure: failureOf(failure) });
}

/**
 * A room in which the client is not any more.
 *
 * @param {SessionRoom} room
 * @returns {SessionRoom}
 */
export function outside(room) {
  return room.status === "known" ? room : { ...room, status: "out", joinAt: 0, follow: 0 };
}
