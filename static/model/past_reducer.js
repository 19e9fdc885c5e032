/**
 * Part of the reducer that leads to a message, wherever it is, and shows the past around it. Pure.
 *
 * @module
 */

/** @import { ErrorEvent, HistoryEvent, Message, ServerEvent } from "../../chat/protocol/types.ts" */
/** @import { Input } from "./reduce.js" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { inEra, withoutEra } from "./era.js";
import { reveal } from "./ignoring.js";
import { findIn } from "./log.js";
import { parseId } from "./names.js";
import { changePast, pastOf } from "./past.js";
import { meet, PAGE_SIZE, pageOf, receivePage, requestPage, reread } from "./past_pages.js";
import { dropPast, forgetTarget, leavePast, returnToPresent, showRoom } from "./present.js";
import { hear } from "./reconnect.js";
import { openRoom } from "./rooms.js";
import { currentRoom, findRoom } from "./state.js";
import { notify, request, settle, updateRoom, updateRooms } from "./step.js";

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reducePast(step, input, next) {
  const { current } = step.state;
  handle(step, input, next);
  const left = findRoom(step.state, current);
  if (step.state.current !== current && left !== undefined) forgetTarget(step, left);
  const room = currentRoom(step.state);
  if (room.wanted !== null) seek(step, room);
}

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next
 */
function handle(step, input, next) {
  const room = currentRoom(step.state);
  switch (input.type) {
    case "message_wanted":
      return want(step, input.room, input.id);
    case "room_opened":
      next();
      if (step.state.current !== input.room || input.message === undefined) return;
      if (input.message !== "") return setWanted(step, currentRoom(step.state), input.message);
      // Back or forward led to a place where no message is named.
      if (room.name === input.room) leavePast(step, room);
      return;
    case "present_wanted":
      return returnToPresent(step, room);
    case "submitted":
      // An edit is of a message that may be on show.
      if (room.editing === null) returnToPresent(step, room);
      return next();
    case "older_wanted":
      return room.past === null ? next() : requestPage(step, room, "before");
    case "newer_wanted":
      return requestPage(step, room, "after");
    case "past_reread":
      return reread(step, room, input.id);
    case "closed":
      next();
      return updateRooms(step, (each) => ({
        ...each,
        wanted: each.wanted && { ...each.wanted, ref: null },
        past: each.past && { ...each.past, loading: null, ref: null },
      }));
    case "received":
      return receive(step, input.event, next);
    default:
      return next();
  }
}

/**
 * Opens the room of a message, and leads to it.
 *
 * @param {Step} step
 * @param {string} name
 * @param {string} written the server's id, in either case
 */
function want(step, name, written) {
  const id = parseId(written);
  if (id === undefined) return;
  const isMove = step.state.current !== name;
  if (isMove) openRoom(step, name);
  setWanted(step, currentRoom(step.state), id);
  step.effects.push({ type: "navigate", room: name, replace: isMove, message: id });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {string} id
 */
function setWanted(step, room, id) {
  settle(step, room.wanted?.ref ?? undefined);
  updateRoom(step, room.name, { wanted: { id, ref: null } });
}

/**
 * Goes to the wanted message if the page has it, and else asks for what was said around it.
 *
 * @param {Step} step
 * @param {Room} room
 */
function seek(step, { name, wanted, status, past, entries, era }) {
  if (wanted === null || wanted.ref !== null || status !== "joined") return;
  const shown = past && findIn({ entries: past.entries, era }, wanted.id);
  const id = (shown ?? findIn({ entries, era }, wanted.id))?.id;
  if (id === undefined) {
    const ref = request(step, { type: "history", room: name, around: wanted.id, limit: PAGE_SIZE });
    return updateRoom(step, name, { wanted: { ...wanted, ref } });
  }
  if (!shown) dropPast(step, name);
  updateRoom(step, name, { wanted: null, target: { id } });
  reveal(step, [id]);
}

/**
 * @param {Step} step
 * @param {ServerEvent} event
 * @param {() => void} next
 */
function receive(step, event, next) {
  const ref = "ref" in event ? event.ref : undefined;
  const asked = ref === undefined
    ? undefined
    : step.state.rooms.find(({ wanted, past }) => wanted?.ref === ref || past?.ref === ref);
  if (asked !== undefined && (event.type === "history" || event.type === "error")) {
    settle(step, ref);
    if (event.type === "error") refusePage(step, asked, event);
    else if (asked.wanted?.ref === ref) receiveWanted(step, asked, event);
    else receivePage(step, asked, event);
    return hear(step);
  }
  // The page that it answers is wanted no more.
  const isAsked = ref === undefined || step.state.pending.some((command) => command.ref === ref);
  if (event.type === "history" && !isAsked) return hear(step);
  const before = "room" in event ? findRoom(step.state, event.room) : undefined;
  next();
  if (before !== undefined && before.past !== null) follow(step, before, event);
}

/**
 * Brings the past up to date after an event of its room.
 *
 * @param {Step} step
 * @param {Room} before
 * @param {ServerEvent} event
 */
function follow(step, { name, era }, event) {
  const room = findRoom(step.state, name);
  if (room === undefined || room.past === null) return;
  switch (event.type) {
    case "joined":
      // The past is of another server, which has no more of it.
      if (room.era !== era) return leavePast(step, room);
      if (!event.complete) updateRoom(step, name, { past: { ...room.past, isStale: true } });
      return change(step, name, event.messages);
    case "gap":
      return updateRoom(step, name, { past: { ...room.past, isStale: true } });
    case "history":
      return change(step, name, event.messages);
    case "message":
      return change(step, name, [event]);
  }
}

/**
 * @param {Step} step
 * @param {string} name
 * @param {readonly Message[]} messages
 */
function change(step, name, messages) {
  const room = findRoom(step.state, name);
  if (room === undefined || room.past === null) return;
  const past = changePast(room.past, messages.map((message) => inEra(message, room.era)));
  if (past !== room.past) updateRoom(step, name, { past });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {HistoryEvent} page around the wanted message
 */
function receiveWanted(step, room, page) {
  const { name, wanted } = room;
  const past = pastOf(pageOf(room, page));
  const id = past.entries.find((entry) => withoutEra(entry.id) === wanted?.id)?.id;
  updateRoom(step, name, { wanted: null });
  if (id === undefined) {
    notify(step, "That message is not kept here any more");
    if (room.past === null) showRoom(step, name);
    return;
  }
  dropPast(step, name);
  updateRoom(step, name, { target: { id }, past, atBottom: false });
  reveal(step, [id]);
  meet(step, name, false);
  if (findRoom(step.state, name)?.past === null) return;
  step.effects.push({
    type: "announce",
    text: "Older messages are on show. Escape leads back to the latest",
  });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {ErrorEvent} error
 */
function refusePage(step, { name, past, wanted }, { ref }) {
  if (wanted?.ref === ref) {
    updateRoom(step, name, { wanted: null });
    return notify(step, "The message could not be loaded. Try again");
  }
  if (past === null) return;
  updateRoom(step, name, { past: { ...past, loading: null, ref: null, isStale: false } });
  notify(step, "Messages could not be loaded. Scroll to try again");
}
