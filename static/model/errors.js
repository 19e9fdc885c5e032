/**
 * What the page makes of the server's errors: try again by itself, or say what to do. Pure.
 *
 * @module
 */

/** @import { ErrorEvent } from "../../chat/protocol/types.ts" */
/** @import { NameDialog } from "./state.js" */
/** @import { Step } from "./step.js" */
import { IDLE } from "./connection.js";
import { explainJoin, explainName } from "./explanations.js";
import { foldForComparison, suggestName } from "./names.js";
import { refuseMessage } from "./outbox.js";
import { endAbsence } from "./restart.js";
import { findRoom } from "./state.js";
import { notify, settle, store, update, updateRoom, updateRooms } from "./step.js";

/** How long to stay out of a room when the server wants us later and does not say when. */
const REJOIN_MS = 2000;
/** The wait before a full room that is on show is asked for again: at first, and at most. */
const FULL_BASE_MS = 5000;
const FULL_MAX_MS = 60_000;

/**
 * @param {Step} step
 * @param {ErrorEvent} error
 * @returns {void}
 */
export function receiveError(step, error) {
  const { ref } = error;
  const item = step.state.outbox.find((candidate) => candidate.ref === ref);
  if (ref !== undefined && item !== undefined) {
    update(step, { outbox: refuseMessage(step.state.outbox, { ...error, ref }, step.now) });
    if (error.code === "not_joined") updateRoom(step, item.room, { status: "out", joinAt: 0 });
    return;
  }
  const command = settle(step, ref);
  switch (command?.type) {
    case "hello":
      // Without a name there is nothing to connect for.
      step.effects.push({ type: "close" });
      update(step, { name: "", connection: IDLE });
      store(step, "name", null);
      return refuseName(step, command.name, error);
    case "rename":
      return refuseName(step, command.name, error);
    case "join":
      return refuseJoin(step, command.room, error);
    case "history":
      updateRoom(step, command.room, { loading: false, seeking: false });
      return notify(step, "Older messages could not be loaded. Scroll up to try again");
  }
}

/**
 * @param {Step} step
 * @param {string} room
 * @param {ErrorEvent} error
 */
function refuseJoin(step, room, error) {
  const { code } = error;
  const known = findRoom(step.state, room)?.refusal;
  const isKnown = known?.code === code;
  const tries = isKnown ? known.tries + 1 : 1;
  const refusal = { code, text: explainRefusal(step, room, error), tries };
  updateRoom(step, room, {
    status: "out",
    joinAt: step.now + rejoinMs(step, room, error, tries),
    refusal,
  });
  if (code === "too_many_rooms") refuseOthers(step);
  endAbsence(step);
  // After a lost connection the same refusal is no news.
  if (code !== "name_taken" || room !== step.state.current || isKnown) return;
  const { nameDialog } = step.state;
  // A form that the user opened keeps what is written there.
  if (nameDialog === null || nameDialog.reason === "refused") askForName(step, room);
}

/**
 * How long to stay out of a room that was refused; Infinity: until something changes. A full room
 * is asked for again only while the user looks at it.
 *
 * @param {Step} step
 * @param {string} room
 * @param {ErrorEvent} error
 * @param {number} tries
 */
function rejoinMs({ state, random }, room, { code, retryMs = REJOIN_MS }, tries) {
  switch (code) {
    case "rate_limited":
    case "unavailable":
    case "internal":
      return retryMs;
    case "room_full":
      if (!state.visible || state.current !== room) return Infinity;
      return (1 + random) / 2 * Math.min(FULL_MAX_MS, FULL_BASE_MS * 2 ** (tries - 1));
    default:
      return Infinity;
  }
}

/**
 * The server has told that no more rooms can be joined: the other ones need not ask.
 *
 * @param {Step} step
 */
function refuseOthers(step) {
  const { now } = step;
  updateRooms(step, (room) => {
    if (room.status !== "out" || room.joinAt > now) return room;
    const code = "too_many_rooms";
    const text = explainRefusal(step, room.name, { code });
    return { ...room, joinAt: Infinity, refusal: { code, text, tries: 1 } };
  });
}

/**
 * The meaning of a refusal for the user, and what can be done about it.
 *
 * @param {Step} step
 * @param {string} room
 * @param {Pick<ErrorEvent, "code" | "retryMs">} error
 * @returns {string}
 */
function explainRefusal({ state: { name, rooms } }, room, error) {
  const joinedCount = rooms.filter(({ status }) => status === "joined").length;
  return explainJoin(error, { room, name, joinedCount });
}

/**
 * Asks for another name for a room in which the present one is taken.
 *
 * @param {Step} step
 * @param {string} room
 * @returns {void}
 */
export function askForName(step, room) {
  const { name } = step.state;
  const nameDialog = suggestAnother(step, name, ` in #${room}`);
  update(step, { nameDialog: { reason: "refused", room, ...nameDialog } });
}

/**
 * Asks for another name after the server refused one.
 *
 * @param {Step} step
 * @param {string} name
 * @param {ErrorEvent} error
 */
function refuseName(step, name, error) {
  const { limits, nameDialog: asked } = step.state;
  /** @type {NameDialog} */
  const nameDialog = {
    // A user who only wants another name is in the rooms already.
    reason: asked?.reason === "change" ? "change" : "refused",
    room: asked?.room ?? "",
    name,
    error: explainName(error, limits.name),
  };
  const other = error.code === "name_taken" ? suggestAnother(step, name) : {};
  update(step, { nameDialog: { ...nameDialog, ...other } });
}

/**
 * The sentence of the form for a name that is taken, and the free name that it offers.
 *
 * @param {Step} step
 * @param {string} name
 * @param {string} [place]
 * @returns {Pick<NameDialog, "name" | "error">}
 */
function suggestAnother({ state: { limits, rooms } }, name, place = "") {
  const taken = new Set(
    rooms.flatMap(({ members }) => members.map((user) => foldForComparison(user.name))),
  );
  let free = suggestName(name, limits.name);
  while (taken.has(foldForComparison(free))) free = suggestName(free, limits.name);
  return {
    name: free,
    error: `“${name}” is taken${place}. Choose another, for example “${free}”.`,
  };
}
