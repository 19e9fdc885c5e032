/**
 * Part of the reducer for a user who was muted by a moderator: finds out when that is over, also
 * where it ends early, of which no event tells. Pure.
 *
 * @module
 */

/** @import { Input } from "./reduce.js" */
/** @import { Step } from "./step.js" */
import { hear } from "./reconnect.js";
import { currentRoom } from "./state.js";
import { notify, request, settle, updateRoom, updateRooms } from "./step.js";

/** The time between two questions for an early end, in milliseconds. */
const ASK_MS = 30_000;
/** No message has this id: an edit of it changes nothing, but is refused while the user is muted. */
const NO_MESSAGE = "0".repeat(26);

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reduceSilence(step, input, next) {
  if (!receive(step, input)) next();
  endSilence(step);
  ask(step);
}

/**
 * @param {Step} step
 * @param {Input} input
 * @returns {boolean} whether it is the answer to such a question
 */
function receive(step, input) {
  if (input.type !== "received" || input.event.type !== "error") return false;
  const { ref, code, retryMs = 0 } = input.event;
  const command = step.state.pending.find((candidate) => candidate.ref === ref);
  if (command?.type !== "edit") return false;
  settle(step, ref);
  hear(step);
  // An answer that says nothing of it: asked again.
  if (code === "rate_limited" || code === "unavailable" || code === "not_joined") return true;
  updateRoom(step, command.room, {
    silencedUntil: code === "muted" ? step.now + retryMs : step.now,
  });
  return true;
}

/** @param {Step} step */
function endSilence(step) {
  const { now, state: { rooms, current } } = step;
  const over = rooms.filter(({ silencedUntil }) => silencedUntil > 0 && silencedUntil <= now);
  if (over.length === 0) return;
  updateRooms(step, (room) => over.includes(room) ? { ...room, silencedUntil: 0 } : room);
  if (over.some(({ name }) => name === current)) notify(step, "You may write again");
}

/** @param {Step} step */
function ask(step) {
  const { now, state } = step;
  const { name, status, silencedUntil, silenceAskedAt } = currentRoom(state);
  if (silencedUntil <= now || !state.visible || status !== "joined") return;
  if (state.connection.status !== "online") return;
  if (now - silenceAskedAt < ASK_MS) return;
  updateRoom(step, name, { silenceAskedAt: now });
  request(step, { type: "edit", ref: "", room: name, id: NO_MESSAGE, text: "." });
}
