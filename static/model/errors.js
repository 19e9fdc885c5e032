/**
 * What the page makes of the server's errors: try again by itself, or say what to do. Pure.
 *
 * @module
 */

/** @import { ErrorEvent } from "../../chat/protocol/types.ts" */
/** @import { Entrance } from "./state.js" */
/** @import { Turn } from "./step.js" */
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
 * @param {Turn} turn
 * @param {ErrorEvent} error
 * @returns {void}
 */
export function receiveError(turn, error) {
  const { ref } = error;
  const item = turn.state.outbox.find((candidate) => candidate.ref === ref);
  if (ref !== undefined && item !== undefined) {
    update(turn, { outbox: refuseMessage(turn.state.outbox, { ...error, ref }, turn.now) });
    if (error.code === "not_joined") updateRoom(turn, item.room, { status: "out", joinAt: 0 });
    return;
  }
  const command = settle(turn, ref);
  switch (command?.type) {
    case "hello":
      // Without a name there is nothing to connect for.
      turn.effects.push({ type: "close" });
      update(turn, { name: "", connection: IDLE });
      store(turn, "name", null);
      return refuseName(turn, command.name, error);
    case "rename":
      return refuseName(turn, command.name, error);
    case "join":
      return refuseJoin(turn, command.room, error);
    case "history":
      updateRoom(turn, command.room, { loading: false, seeking: false });
      return notify(turn, "Older messages could not be loaded. Scroll up to try again");
  }
}

/**
 * @param {Turn} turn
 * @param {string} room
 * @param {ErrorEvent} error
 */
function refuseJoin(turn, room, error) {
  const { code } = error;
  const known = findRoom(turn.state, room)?.refusal;
  const isKnown = known?.code === code;
  const tries = isKnown ? known.tries + 1 : 1;
  const refusal = { code, text: explainRefusal(turn, room, error), tries };
  updateRoom(turn, room, {
    status: "out",
    joinAt: turn.now + rejoinMs(turn, room, error, tries),
    refusal,
  });
  if (code === "too_many_rooms") refuseOthers(turn);
  endAbsence(turn);
  // After a lost connection the same refusal is no news.
  if (room !== turn.state.current || isKnown) return;
  const { entrance } = turn.state;
  // A form that the user opened keeps what is written there.
  const canAsk = entrance === null || entrance.reason === "refused";
  if (code === "name_taken" && canAsk) askForName(turn, room);
  else turn.effects.push({ type: "announce", text: refusal.text });
}

/**
 * How long to stay out of a room that was refused; Infinity: until something changes. A full room
 * is asked for again only while the user looks at it.
 *
 * @param {Turn} turn
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
 * @param {Turn} turn
 */
function refuseOthers(turn) {
  const { now } = turn;
  updateRooms(turn, (room) => {
    if (room.status !== "out" || room.joinAt > now) return room;
    const code = "too_many_rooms";
    const text = explainRefusal(turn, room.name, { code });
    return { ...room, joinAt: Infinity, refusal: { code, text, tries: 1 } };
  });
}

/**
 * The meaning of a refusal for the user, and what can be done about it.
 *
 * @param {Turn} turn
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
 * @param {Turn} turn
 * @param {string} room
 * @returns {void}
 */
export function askForName(turn, room) {
  const { name } = turn.state;
  const entrance = suggestAnother(turn, name, ` in #${room}`);
  update(turn, { entrance: { reason: "refused", room, ...entrance } });
}

/**
 * Asks for another name after the server refused one.
 *
 * @param {Turn} turn
 * @param {string} name
 * @param {ErrorEvent} error
 */
function refuseName(turn, name, error) {
  const { limits, entrance: asked } = turn.state;
  /** @type {Entrance} */
  const entrance = {
    // A user who only wants another name is in the rooms already.
    reason: asked?.reason === "change" ? "change" : "refused",
    room: asked?.room ?? "",
    name,
    error: explainName(error, limits.name),
  };
  const other = error.code === "name_taken" ? suggestAnother(turn, name) : {};
  update(turn, { entrance: { ...entrance, ...other } });
}

/**
 * The sentence of the form for a name that is taken, and the free name that it offers.
 *
 * @param {Turn} turn
 * @param {string} name
 * @param {string} [place]
 * @returns {Pick<Entrance, "name" | "error">}
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
