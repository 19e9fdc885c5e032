/**
 * Part of the reducer for the directory: the listed rooms, which the search panel shows. They are
 * asked for when it opens, and again and again while it is open. Pure.
 *
 * @module
 */

/** @import { ListedRoom, ServerEvent } from "../../chat/protocol/types.ts" */
/** @import { Input } from "./reduce.js" */
/** @import { State } from "./state.js" */
/** @import { Step } from "./step.js" */
import { hear } from "./reconnect.js";
import { request, settle, update } from "./step.js";

/**
 * @typedef {object} Directory
 * @property {readonly ListedRoom[] | null} rooms those with most people first; null: not known
 * @property {string | null} ref of the command that is on its way
 * @property {number} dueAt when to ask again
 */

/** The time after which a list that is on show is asked for again. */
const FRESH_MS = 10_000;
/** The most rooms that are offered; more are found by a part of their name. */
const MAX_OFFERED = 100;

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reduceDirectory(step, input, next) {
  if (input.type !== "received" || !receive(step, input.event)) next();
  const { search, directory, features } = step.state;
  if (search === null || !features.includes("charge")) {
    if (directory !== null) close(step, directory);
    return;
  }
  const open = directory ?? { rooms: null, ref: null, dueAt: step.now };
  // Its answer will not come any more.
  const isLost = input.type === "closed";
  update(step, { directory: isLost ? { ...open, ref: null, dueAt: step.now } : open });
  ask(step);
}

/**
 * @param {Step} step
 * @param {Directory} directory
 */
function close(step, { ref }) {
  settle(step, ref ?? undefined);
  update(step, { directory: null });
}

/** @param {Step} step */
function ask(step) {
  const { directory, connection } = step.state;
  if (directory === null || directory.ref !== null || directory.dueAt > step.now) return;
  if (connection.status !== "online") return;
  const ref = request(step, { type: "rooms" });
  update(step, { directory: { ...directory, ref, dueAt: Infinity } });
}

/**
 * @param {Step} step
 * @param {ServerEvent} event
 * @returns {boolean} whether the rest of the reducer has nothing to do with it
 */
function receive(step, event) {
  const { directory, pending } = step.state;
  if (event.type !== "rooms" && event.type !== "error") return false;
  const command = pending.find(({ type, ref }) => type === "rooms" && ref === event.ref);
  if (event.type === "error" && command === undefined) return false;
  settle(step, command?.ref);
  hear(step);
  if (directory === null || directory.ref !== event.ref) return true;
  const wait = event.type === "error" ? Math.max(FRESH_MS, event.retryMs ?? 0) : FRESH_MS;
  const rooms = event.type === "rooms" ? event.rooms : directory.rooms;
  update(step, { directory: { rooms, ref: null, dueAt: step.now + wait } });
  return true;
}

/**
 * The listed rooms whose name or topic has a text.
 *
 * @param {Pick<State, "directory">} state
 * @param {string} text
 * @returns {readonly ListedRoom[]}
 */
export function matchListed({ directory }, text) {
  const wanted = text.trim().replace(/^#/, "").toLowerCase();
  const rooms = directory?.rooms ?? [];
  return rooms.filter(({ room, topic }) =>
    room.includes(wanted) || topic.toLowerCase().includes(wanted)
  ).slice(0, MAX_OFFERED);
}

/**
 * @param {ListedRoom} room
 * @returns {{ people: string, last: number | null, topic: string }} `last`: the time of the newest
 *   message; null: there is none
 */
export function describeListed({ count, last, topic }) {
  const people = count === 0 ? "nobody there" : count === 1 ? "1 person" : `${count} people`;
  return { people, last: last === undefined ? null : timeOfId(last), topic };
}

/** The digits of a ULID, whose first ten are its time. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** @param {string} id */
function timeOfId(id) {
  let time = 0;
  for (const digit of id.slice(0, 10)) time = time * DIGITS.length + DIGITS.indexOf(digit);
  return time;
}
