/**
 * The rooms of the user: to join, to switch, to leave, to mute, to page backwards. Pure.
 *
 * @module
 */

/** @import { Room, State } from "./state.js" */
/** @import { Turn } from "./step.js" */
import { MAX_ENTRIES, oldestMessage } from "./log.js";
import { currentRoom, findRoom, newRoom } from "./state.js";
import { request, send, store, update, updateRoom, updateRooms } from "./step.js";
import { rememberRead } from "./unread.js";

/** How many older messages are asked for at once. */
const PAGE_SIZE = 100;
/** The most joins that wait for their answers, far below what the server takes for flooding. */
const MAX_JOINING = 20;

/**
 * Puts a room on show, and joins it if it is a new one.
 *
 * @param {Turn} turn
 * @param {string} name
 * @param {{ isAddress?: boolean, replace?: boolean }} [options] `isAddress`: the address bar has
 *   the room already; `replace`: the room takes the place of the one on show in the history
 * @returns {void}
 */
export function openRoom(turn, name, { isAddress = false, replace = false } = {}) {
  const previous = currentRoom(turn.state);
  if (previous.name === name) return;
  if (isAddress && findRoom(turn.state, name) === undefined) {
    // Back or forward, to a room that was left meanwhile.
    turn.effects.push({ type: "navigate", room: previous.name, replace: true });
    return;
  }
  rememberRead(turn);
  updateRoom(turn, previous.name, {
    seeking: false,
    // What was read needs no line when the user comes back.
    unreadFrom: previous.unread === 0 ? null : previous.unreadFrom,
  });
  if (findRoom(turn.state, name) === undefined) {
    const room = { ...newRoom(name, turn.now), isNew: true };
    update(turn, { rooms: [...turn.state.rooms, room] });
    rememberRoom(turn, name);
  }
  update(turn, { current: name, previous: previous.name });
  askForFullRoom(turn);
  store(turn, "current", name);
  turn.effects.push({ type: "announce", text: `You are in #${name}` });
  if (!isAddress) turn.effects.push({ type: "navigate", room: name, replace });
}

/**
 * @param {Turn} turn
 * @param {1 | -1} direction
 * @returns {void}
 */
export function openNeighbour(turn, direction) {
  const { rooms, current } = turn.state;
  const index = rooms.findIndex((room) => room.name === current);
  const neighbour = rooms.at((index + direction) % rooms.length);
  if (neighbour !== undefined) openRoom(turn, neighbour.name);
}

/**
 * Leaves a room, once the user has confirmed it where unsent text would be lost. One room always
 * stays.
 *
 * @param {Turn} turn
 * @param {string} name
 * @returns {void}
 */
export function leaveRoom(turn, name) {
  const room = findRoom(turn.state, name);
  if (room === undefined || turn.state.rooms.length === 1) return;
  if (hasUnsentText(turn.state, room)) update(turn, { leaving: name });
  else removeRoom(turn, room);
}

/**
 * Leaves the room that the user was asked about, and discards what was not sent.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function confirmLeave(turn) {
  const { rooms, leaving } = turn.state;
  const room = findRoom(turn.state, leaving);
  update(turn, { leaving: "" });
  if (room !== undefined && rooms.length > 1) removeRoom(turn, room);
}

/**
 * Goes back from a room that can't be entered to the one before. A room that the user has never
 * been in is forgotten, unless text waits there.
 *
 * @param {Turn} turn
 * @param {string} name
 * @returns {void}
 */
export function giveUpRoom(turn, name) {
  const { previous } = turn.state;
  const room = findRoom(turn.state, name);
  if (room === undefined || findRoom(turn.state, previous) === undefined) return;
  openRoom(turn, previous, { replace: true });
  if (room.isNew && !hasUnsentText(turn.state, room)) removeRoom(turn, room);
}

/**
 * @param {State} state
 * @param {Room} room
 * @returns {boolean}
 */
function hasUnsentText({ outbox }, { name, draft }) {
  return draft.trim() !== "" || outbox.some((item) => item.room === name);
}

/**
 * @param {Turn} turn
 * @param {Room} room
 */
function removeRoom(turn, { name, status }) {
  const { rooms, outbox, current } = turn.state;
  const index = rooms.findIndex((room) => room.name === name);
  const neighbour = rooms[index + 1] ?? rooms[index - 1];
  if (current === name && neighbour !== undefined) {
    openRoom(turn, neighbour.name, { replace: true });
  }
  if (status !== "out") send(turn, { type: "leave", room: name });
  update(turn, {
    rooms: turn.state.rooms.filter((room) => room.name !== name),
    outbox: outbox.filter((item) => item.room !== name),
  });
  for (const { ref, room } of outbox) if (room === name) store(turn, `outbox.${ref}`, null);
  for (const kind of ["room", "draft", "read"]) store(turn, `${kind}.${name}`, null);
  // There is a place for another room now.
  updateRooms(
    turn,
    (room) => room.refusal?.code === "too_many_rooms" ? { ...room, joinAt: 0 } : room,
  );
}

/**
 * @param {Turn} turn
 * @param {string} name
 * @param {boolean} muted
 * @returns {void}
 */
export function muteRoom(turn, name, muted) {
  updateRoom(turn, name, { muted });
  rememberRoom(turn, name);
}

/**
 * @param {Turn} turn
 * @param {string} name
 * @returns {void}
 */
export function rememberRoom(turn, name) {
  const room = findRoom(turn.state, name);
  if (room === undefined) return;
  const addedAt = room.addedAt || turn.now;
  updateRoom(turn, name, { addedAt });
  store(turn, `room.${name}`, { addedAt, muted: room.muted });
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {number} [limit] how many
 * @returns {void}
 */
export function requestOlder(turn, room, limit = PAGE_SIZE) {
  const before = oldestMessage(room.entries)?.id.slice(room.era.length);
  if (!room.more || room.loading || room.status !== "joined" || before === undefined) return;
  updateRoom(turn, room.name, { loading: true });
  request(turn, { type: "history", room: room.name, before, limit });
}

/**
 * Loads older messages, page after page, until the first unread one is there, or as many as the
 * page keeps.
 *
 * @param {Turn} turn
 * @param {string} name
 * @returns {void}
 */
export function seekUnread(turn, name) {
  const room = findRoom(turn.state, name);
  if (room === undefined) return;
  const { more, hasMoreUnread, unreadFrom, entries } = room;
  const seeking = more && hasMoreUnread && unreadFrom === null && entries.length < MAX_ENTRIES;
  updateRoom(turn, name, { seeking });
  if (seeking) requestOlder(turn, room, turn.state.limits.history);
}

/**
 * The user looks at a room again that was full, so it is to be asked for again.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function askForFullRoom(turn) {
  const { name, refusal, joinAt } = currentRoom(turn.state);
  if (refusal?.code !== "room_full" || joinAt !== Infinity || !turn.state.visible) return;
  updateRoom(turn, name, { joinAt: turn.now });
}

/**
 * Joins the rooms whose time has come, the one on show first: of too many rooms it gets in.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function joinRooms(turn) {
  const { state: { rooms, current }, now } = turn;
  const asked = rooms.filter(({ status }) => status === "joining").length;
  const due = rooms.filter(({ status, joinAt }) => status === "out" && joinAt <= now);
  const [shown, others] = [due.filter(isShown), due.filter((room) => !isShown(room))];
  for (const room of [...shown, ...others].slice(0, Math.max(0, MAX_JOINING - asked))) {
    updateRoom(turn, room.name, { status: "joining" });
    requestJoin(turn, room);
  }

  /** @param {Room} room */
  function isShown({ name }) {
    return name === current;
  }
}

/**
 * A room that has shrunk to a size at which the server names all members: who are they?
 *
 * @param {Turn} turn
 * @param {string} name
 * @returns {void}
 */
export function refreshMembers(turn, name) {
  const room = findRoom(turn.state, name);
  const isAsked = turn.state.pending.some((command) =>
    command.type === "join" && command.room === name
  );
  if (room !== undefined && !isAsked) requestJoin(turn, room);
}

/**
 * @param {Turn} turn
 * @param {Room} room
 */
function requestJoin(turn, { name, since }) {
  request(turn, { type: "join", room: name, ...(since === null ? {} : { since }) });
}
