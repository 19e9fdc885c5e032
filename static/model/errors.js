/**
 * Handlers of the server's errors: the page tries again by itself, or tells the user what to do.
 * Pure.
 *
 * @module
 */

/** @import { Command, ErrorEvent } from "../../chat/protocol/types.ts" */
/** @import { Change } from "./outbox.js" */
/** @import { JoinError, NameDialog } from "./state.js" */
/** @import { Step } from "./step.js" */
import { giveUpChange } from "./changes.js";
import { IDLE } from "../client/connection.js";
import { REJOIN_MS, rejoinMs } from "../client/resume.js";
import { explainJoin, explainName } from "./explanations.js";
import { stopFills } from "./gaps.js";
import { foldForComparison, suggestName } from "./names.js";
import { isOutside, isRetried, refuseItem } from "./outbox.js";
import { forgetPassword, refuseEntry } from "./passes.js";
import { endAbsence } from "./restart.js";
import { noteRefused } from "./silence.js";
import { findRoom } from "./state.js";
import { notify, settle, store, update, updateRoom, updateRooms } from "./step.js";

/** The first and the longest wait before the page tries to join a full room on show again. */
const FULL_BASE_MS = 5000;
const FULL_MAX_MS = 60_000;
/** The longest wait before the page tries to join a room on show from which the user was kicked. */
const KICKED_MAX_MS = 30_000;

/**
 * @param {Step} step
 * @param {ErrorEvent} error
 * @returns {void}
 */
export function receiveError(step, error) {
  const { ref, code } = error;
  if (code === "banned") {
    settle(step, ref);
    // The server closes the connection.
    return update(step, { connection: { ...step.state.connection, byeMs: error.retryMs ?? null } });
  }
  const item = step.state.outbox.find((candidate) => candidate.ref === ref);
  if (ref !== undefined && item !== undefined) {
    if (item.type !== "send" && isFinal(item.type, error)) {
      noteRefused(step, item, error);
      return giveUpChange(step, item, error);
    }
    if (code === "unavailable") update(step, { refusals: step.state.refusals + 1 });
    const isSlow = noteRefused(step, item, error);
    // The end of the pause in slow mode is kept with the room.
    const refused = { ...error, ref, ...(isSlow && { retryMs: 0 }) };
    update(step, { outbox: refuseItem(step.state.outbox, refused, step.now) });
    // Not one that was kicked meanwhile, which waits.
    const isThere = findRoom(step.state, item.room)?.status === "joined";
    if (isOutside(code) && isThere) updateRoom(step, item.room, { status: "out", joinAt: 0 });
    return;
  }
  const command = settle(step, ref);
  switch (command?.type) {
    case "hello":
      if (!isOfName(code)) return refuseEntry(step, command, error);
      // Without a name the page needs no connection.
      step.effects.push({ type: "close" });
      update(step, { name: "", connection: IDLE });
      store(step, "name", null);
      return refuseName(step, command.name, error);
    case "rename":
      return refuseName(step, command.name, error);
    case "join":
      return refuseJoin(step, command, error);
    case "history":
      return refuseHistory(step, command.room, command.since);
  }
}

/** @param {ErrorEvent["code"]} code */
function isOfName(code) {
  return code === "name_invalid" || code === "name_taken" || code === "bad_request";
}

/**
 * Returns true if a refused change is dropped: an edit that may still be made keeps its text.
 *
 * @param {Change["type"]} type
 * @param {ErrorEvent} error
 */
function isFinal(type, { code }) {
  if (isRetried(code)) return false;
  return type !== "edit" || code === "not_found" || code === "forbidden";
}

/**
 * @param {Step} step
 * @param {string} name
 * @param {string | undefined} since of a page of a gap
 */
function refuseHistory(step, name, since) {
  const { status = "out", entries = [] } = findRoom(step.state, name) ?? {};
  // The user was sent out meanwhile, and knows that.
  if (status !== "joined") return;
  if (since === undefined) updateRoom(step, name, { loading: false });
  else updateRoom(step, name, { entries: stopFills(entries, { isRefused: true }), seeking: false });
  notify(
    step,
    since === undefined
      ? "Older messages could not be loaded. Scroll up to try again"
      : "Messages could not be loaded. Try again",
  );
}

/**
 * @param {Step} step
 * @param {Extract<Command, { type: "join" }>} join
 * @param {ErrorEvent} error
 */
function refuseJoin(step, join, error) {
  const { room, password } = join;
  const { code } = error;
  const isGuessed = code === "rate_limited" && password !== undefined;
  const isLocked = code === "unauthorized";
  const hasOther = isLocked && forgetPassword(step, join);
  const known = findRoom(step.state, room)?.joinError;
  const isKnown = known?.code === code;
  const tries = isKnown ? known.tries + 1 : 1;
  /** @type {JoinError} */
  const joinError = {
    code,
    text: explainJoinError(step, room, error, password),
    tries,
    ...((isLocked || isGuessed) && { needs: "password" }),
    ...(isLocked && { isWrong: password !== undefined, lockedAt: step.now }),
    ...((code === "kicked" || isGuessed) && { until: step.now + (error.retryMs ?? REJOIN_MS) }),
  };
  updateRoom(step, room, {
    status: "out",
    joinAt: step.now + (hasOther ? 0 : waitMs(step, room, error, tries)),
    joinError,
  });
  // A live region says nothing where its text stays.
  if (isLocked && known?.text === joinError.text) {
    step.effects.push({ type: "announce", text: joinError.text });
  }
  if (code === "too_many_rooms") refuseOthers(step);
  endAbsence(step);
  // The user knows of an error that repeats after a lost connection.
  if (code !== "name_taken" || room !== step.state.current || isKnown) return;
  const { nameDialog } = step.state;
  // A form that the user opened keeps its text.
  if (nameDialog === null || nameDialog.reason === "refused") askForName(step, room);
}

/**
 * The wait before a refused room is joined again; Infinity: until something changes. The page tries
 * a full room only while the user looks at it, and then finds out that a kick has ended early.
 *
 * @param {Step} step
 * @param {string} room
 * @param {ErrorEvent} error
 * @param {number} tries
 */
function waitMs({ state, random }, room, error, tries) {
  const isOnShow = state.visible && state.current === room;
  if (isOnShow && error.code === "kicked") return Math.min(rejoinMs(error), KICKED_MAX_MS);
  if (isOnShow && error.code === "room_full") {
    return (1 + random) / 2 * Math.min(FULL_MAX_MS, FULL_BASE_MS * 2 ** (tries - 1));
  }
  return rejoinMs(error);
}

/**
 * The server accepts no more rooms, so the others that wait are not joined either.
 *
 * @param {Step} step
 */
function refuseOthers(step) {
  const { now } = step;
  updateRooms(step, (room) => {
    if (room.status !== "out" || room.joinAt > now) return room;
    const code = "too_many_rooms";
    const text = explainJoinError(step, room.name, { code });
    return { ...room, joinAt: Infinity, joinError: { code, text, tries: 1 } };
  });
}

/**
 * Explains a refused join to the user, and what can be done about it.
 *
 * @param {Step} step
 * @param {string} room
 * @param {Pick<ErrorEvent, "code">} error
 * @param {string} [password] that was given
 * @returns {string}
 */
function explainJoinError({ state: { name, rooms } }, room, { code }, password) {
  const joinedCount = rooms.filter(({ status }) => status === "joined").length;
  return explainJoin(code, { room, name, joinedCount, hasPassword: password !== undefined });
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
