/**
 * What the user has seen: the counts, the line above the first unread message, and what is worth
 * a notification. Pure.
 *
 * @module
 */

/** @import { Message } from "../chat/protocol.ts" */
/** @import { Room, State } from "./state.js" */
/** @import { Turn } from "./turn.js" */
import { isMentioned } from "./mentions.js";
import { currentRoom, findRoom } from "./state.js";
import { store, update, updateRoom } from "./turn.js";

/**
 * Whether the user sees what comes into a room.
 *
 * @param {State} state
 * @param {string} room
 * @returns {boolean}
 */
export function isLooking({ visible, atBottom, current }, room) {
  return visible && atBottom && current === room;
}

/**
 * @param {Turn} turn
 * @param {string} name
 * @param {readonly Message[]} messages of others
 * @param {number} [others] how many more there are
 * @returns {void}
 */
export function addUnread(turn, name, messages, others = 0) {
  const room = findRoom(turn.state, name);
  const count = messages.length + others;
  if (room === undefined || count === 0) return;
  const mentions = messages.filter(({ text }) => isMentioned(text, turn.state.name)).length;
  updateRoom(turn, name, {
    unread: room.unread + count,
    mentions: room.mentions + mentions,
    unreadFrom: room.unread === 0 ? messages[0]?.id ?? room.unreadFrom : room.unreadFrom,
  });
}

/**
 * The user has scrolled: at the bottom of the log, all has been seen.
 *
 * @param {Turn} turn
 * @param {boolean} atBottom
 * @returns {void}
 */
export function scroll(turn, atBottom) {
  update(turn, { atBottom });
  const { current } = turn.state;
  if (isLooking(turn.state, current)) updateRoom(turn, current, { unread: 0, mentions: 0 });
}

/**
 * The user stops looking at the room on show: how far it was read is kept for the next visit.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function rememberRead(turn) {
  const { name, since, readTo, unread } = currentRoom(turn.state);
  if (unread > 0 || since === null || since === readTo) return;
  updateRoom(turn, name, { readTo: since });
  store(turn, `read.${name}`, since);
}

/**
 * Raises a notification for a message, if the user wants one.
 *
 * @param {Turn} turn
 * @param {Room} room
 * @param {Message} message
 * @returns {void}
 */
export function alertUser(turn, room, { user, text }) {
  const { visible, alerts, name } = turn.state;
  if (visible || room.muted || alerts === "off") return;
  if (alerts === "mentions" && !isMentioned(text, name)) return;
  turn.effects.push({
    type: "alert",
    room: room.name,
    title: `${user.name} in #${room.name}`,
    body: text,
  });
}

/**
 * How many messages wait for the user, in all rooms that aren't muted.
 *
 * @param {State} state
 * @returns {number}
 */
export function totalUnread({ rooms }) {
  return rooms.reduce((total, { muted, unread }) => total + (muted ? 0 : unread), 0);
}
