/**
 * Rooms of the user: join, switch, leave, mute and page backwards. Pure.
 *
 * @module
 */

/** @import { Outgoing } from "./outbox.js" */
/** @import { Room, State } from "./state.js" */
/** @import { Step } from "./step.js" */
import { dropItems } from "./changes.js";
import { oldestMessage } from "./log.js";
import { commandOf, markSent } from "./outbox.js";
import { currentRoom, findRoom, newRoom } from "./state.js";
import { request, send, store, update, updateRoom, updateRooms } from "./step.js";
import { rememberRead } from "./unread.js";

/** How many older messages are asked for at once. */
const PAGE_SIZE = 100;
/**
 * The most joins that wait for their answers, or that were refused for want of a password within a
 * time: the server ends connections with 20 of those in 10 s.
 */
const MAX_JOINING = 15;
const LOCKED_MS = 12_000;

/**
 * Puts a room on show, and joins it if it is a new one.
 *
 * @param {Step} step
 * @param {string} name
 * @param {{ isFromLocation?: boolean, replace?: boolean }} [options] `isFromLocation`: the location
 *   is that of the room already; `replace`: the room takes the place of the one on show in the
 *   history
 * @returns {void}
 */
export function openRoom(step, name, { isFromLocation = false, replace = false } = {}) {
  const previous = currentRoom(step.state);
  if (previous.name === name) return;
  if (isFromLocation && findRoom(step.state, name) === undefined) {
    // Back or forward led to a room that the user has left.
    step.effects.push({ type: "navigate", room: previous.name, replace: true });
    return;
  }
  rememberRead(step);
  updateRoom(step, previous.name, {
    seeking: false,
    // Messages that were read need no line when the user comes back.
    unreadFrom: previous.unread === 0 ? null : previous.unreadFrom,
  });
  if (findRoom(step.state, name) === undefined) {
    const room = { ...newRoom(name, step.now), isNew: true };
    update(step, { rooms: [...step.state.rooms, room] });
    rememberRoom(step, name);
  }
  update(step, { current: name, previous: previous.name });
  askForFullRoom(step);
  store(step, "current", name);
  step.effects.push({ type: "announce", text: `You are in #${name}` });
  if (!isFromLocation) step.effects.push({ type: "navigate", room: name, replace });
}

/**
 * @param {Step} step
 * @param {1 | -1} direction
 * @returns {void}
 */
export function openNeighbour(step, direction) {
  const { rooms, current } = step.state;
  const index = rooms.findIndex((room) => room.name === current);
  const neighbour = rooms.at((index + direction) % rooms.length);
  if (neighbour !== undefined) openRoom(step, neighbour.name);
}

/**
 * Leaves a room, after a confirmation if unsent text would be lost. The last room can't be left.
 *
 * @param {Step} step
 * @param {string} name
 * @returns {void}
 */
export function leaveRoom(step, name) {
  const room = findRoom(step.state, name);
  if (room === undefined || step.state.rooms.length === 1) return;
  if (hasUnsentText(step.state, room)) update(step, { leaving: name });
  else removeRoom(step, room);
}

/**
 * Leaves the room after the confirmation, and discards its unsent texts.
 *
 * @param {Step} step
 * @returns {void}
 */
export function confirmLeave(step) {
  const { rooms, leaving } = step.state;
  const room = findRoom(step.state, leaving);
  update(step, { leaving: "" });
  if (room !== undefined && rooms.length > 1) removeRoom(step, room);
}

/**
 * Goes back from a room that can't be joined to the previous one. A room that was never joined is
 * forgotten, unless it has unsent text.
 *
 * @param {Step} step
 * @param {string} name
 * @returns {void}
 */
export function giveUpRoom(step, name) {
  const { previous } = step.state;
  const room = findRoom(step.state, name);
  if (room === undefined || findRoom(step.state, previous) === undefined) return;
  openRoom(step, previous, { replace: true });
  if (room.isNew && !hasUnsentText(step.state, room)) removeRoom(step, room);
}

/**
 * @param {State} state
 * @param {Room} room
 * @returns {boolean}
 */
function hasUnsentText({ outbox }, room) {
  const { draft, editing } = room;
  return draft.trim() !== "" || (editing !== null && editing.text !== editing.original) ||
    outbox.some((item) => item.room === room.name && !isSentAtLeaving(room, item));
}

/**
 * Returns true if an item is sent when its room is left: a deletion that the user can still undo.
 *
 * @param {Room} room
 * @param {Outgoing} item
 */
function isSentAtLeaving({ name, status }, item) {
  return item.room === name && status === "joined" && item.type === "delete";
}

/**
 * @param {Step} step
 * @param {Room} room
 */
function removeRoom(step, room) {
  const { name, status } = room;
  const { rooms, outbox, current } = step.state;
  const index = rooms.findIndex((room) => room.name === name);
  const neighbour = rooms[index + 1] ?? rooms[index - 1];
  if (current === name && neighbour !== undefined) {
    openRoom(step, neighbour.name, { replace: true });
  }
  // They stay in the outbox until they are acknowledged.
  const deletions = outbox.filter((item) => isSentAtLeaving(room, item));
  for (const item of deletions) if (item.status === "queued") send(step, commandOf(item));
  if (status !== "out") send(step, { type: "leave", room: name });
  dropItems(step, (item) => item.room === name && !deletions.includes(item));
  update(step, {
    rooms: step.state.rooms.filter((other) => other.name !== name),
    outbox: deletions.reduce((all, { ref }) => markSent(all, ref), step.state.outbox),
  });
  for (const kind of ["room", "draft", "reply", "read", "password"]) {
    store(step, `${kind}.${name}`, null);
  }
  // Another room can be joined now.
  updateRooms(
    step,
    (room) => room.joinError?.code === "too_many_rooms" ? { ...room, joinAt: 0 } : room,
  );
}

/**
 * @param {Step} step
 * @param {string} name
 * @param {boolean} muted
 * @returns {void}
 */
export function muteRoom(step, name, muted) {
  updateRoom(step, name, { muted });
  rememberRoom(step, name);
}

/**
 * @param {Step} step
 * @param {string} name
 * @returns {void}
 */
export function rememberRoom(step, name) {
  const room = findRoom(step.state, name);
  if (room === undefined) return;
  const addedAt = room.addedAt || step.now;
  updateRoom(step, name, { addedAt });
  store(step, `room.${name}`, { addedAt, muted: room.muted });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @returns {void}
 */
export function requestOlder(step, room) {
  const before = oldestMessage(room.entries)?.id.slice(room.era.length);
  if (!room.more || room.loading || room.status !== "joined" || before === undefined) return;
  updateRoom(step, room.name, { loading: true });
  request(step, { type: "history", room: room.name, before, limit: PAGE_SIZE });
}

/**
 * Tries to join a room again, at which the user looks again: it was full, or has kicked the user.
 *
 * @param {Step} step
 * @returns {void}
 */
export function askForFullRoom(step) {
  const { name, joinError, joinAt } = currentRoom(step.state);
  const isPutOff = joinError?.code === "room_full"
    ? joinAt === Infinity
    : joinError?.code === "kicked";
  if (!isPutOff || !step.state.visible) return;
  updateRoom(step, name, { joinAt: step.now });
}

/**
 * Joins the rooms that are due, the one on show first, so that it is joined where there are too
 * many.
 *
 * @param {Step} step
 * @returns {void}
 */
export function joinRooms(step) {
  const { state: { rooms, current }, now } = step;
  const asked = rooms.filter(({ status }) => status === "joining").length;
  const due = rooms.filter(({ status, joinAt }) => status === "out" && joinAt <= now);
  const [shown, others] = [due.filter(isShown), due.filter((room) => !isShown(room))];
  const locked = rooms.filter(({ joinError }) => (joinError?.lockedAt ?? 0) + LOCKED_MS > now);
  const places = Math.max(0, MAX_JOINING - asked - locked.length);
  const inOrder = [...shown, ...others];
  for (const room of inOrder.slice(0, places)) {
    updateRoom(step, room.name, { status: "joining" });
    requestJoin(step, room);
  }
  // Without an answer on its way nothing else leads back here.
  if (asked + places > 0) return;
  for (const { name } of inOrder) updateRoom(step, name, { joinAt: now + LOCKED_MS });

  /** @param {Room} room */
  function isShown({ name }) {
    return name === current;
  }
}

/**
 * Asks for the members of a room that has shrunk to a size at which the server names all of them.
 *
 * @param {Step} step
 * @param {string} name
 * @returns {void}
 */
export function refreshMembers(step, name) {
  const room = findRoom(step.state, name);
  const isAsked = step.state.pending.some((command) =>
    command.type === "join" && command.room === name
  );
  if (room !== undefined && !isAsked) requestJoin(step, room);
}

/**
 * @param {Step} step
 * @param {Room} room
 */
function requestJoin(step, { name, since, password }) {
  request(step, {
    type: "join",
    room: name,
    ...(since !== null && { since }),
    ...(password !== "" && { password }),
  });
}
