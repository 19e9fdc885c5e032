/**
 * The rooms of the user: to join, to switch, to leave, to mute, to page backwards. Pure.
 *
 * @module
 */

/** @import { Room } from "./state.js" */
/** @import { Turn } from "./turn.js" */
import { oldestMessage } from "./log.js";
import { currentRoom, findRoom, newRoom } from "./state.js";
import { notify, request, send, store, update, updateRoom } from "./turn.js";
import { rememberRead } from "./unread.js";

/** How many older messages are asked for at once. */
const PAGE_SIZE = 100;

/**
 * Puts a room on show, and joins it if it is a new one.
 *
 * @param {Turn} turn
 * @param {string} name
 * @param {{ isAddress?: boolean }} [options] `isAddress`: the address bar has the room already
 * @returns {void}
 */
export function openRoom(turn, name, { isAddress = false } = {}) {
  const previous = currentRoom(turn.state);
  if (previous.name === name) return;
  rememberRead(turn);
  // What was read needs no line when the user comes back.
  if (previous.unread === 0) updateRoom(turn, previous.name, { unreadFrom: null });
  if (findRoom(turn.state, name) === undefined) {
    update(turn, { rooms: [...turn.state.rooms, newRoom(name, turn.now)] });
    rememberRoom(turn, name);
  }
  update(turn, { current: name, atBottom: true });
  store(turn, "current", name);
  turn.effects.push({ type: "announce", text: `You are in #${name}` });
  if (!isAddress) turn.effects.push({ type: "navigate", room: name, replace: false });
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
 * Leaves a room and forgets it. There is always one left.
 *
 * @param {Turn} turn
 * @param {string} name
 * @returns {void}
 */
export function leaveRoom(turn, name) {
  const { rooms, outbox, current } = turn.state;
  const index = rooms.findIndex((room) => room.name === name);
  const neighbour = rooms[index + 1] ?? rooms[index - 1];
  if (index < 0 || neighbour === undefined) return;
  if (outbox.some((item) => item.room === name)) {
    return notify(turn, `#${name} has messages that were not sent yet`);
  }
  if (current === name) openRoom(turn, neighbour.name);
  if (rooms[index]?.status !== "out") send(turn, { type: "leave", room: name });
  update(turn, { rooms: turn.state.rooms.filter((room) => room.name !== name) });
  for (const kind of ["room", "draft", "read"]) store(turn, `${kind}.${name}`, null);
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
 * @returns {void}
 */
export function requestOlder(turn, room) {
  const before = oldestMessage(room.entries)?.id.slice(room.era.length);
  if (!room.more || room.loading || room.status !== "joined" || before === undefined) return;
  updateRoom(turn, room.name, { loading: true });
  request(turn, { type: "history", room: room.name, before, limit: PAGE_SIZE });
}

/**
 * Joins the rooms whose time has come.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function joinRooms(turn) {
  for (const room of turn.state.rooms) {
    if (room.status !== "out" || room.joinAt > turn.now) continue;
    updateRoom(turn, room.name, { status: "joining", error: "" });
    requestJoin(turn, room);
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
