/**
 * Read positions: unread counts, and the line above the first unread message. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Fill, Gap } from "./log.js" */
/** @import { Room, State } from "./state.js" */
/** @import { Step } from "./step.js" */
import { findMessage, isFillable, isGap, isMessage, oldestMessage, placeOf } from "./log.js";
import { isMentioned } from "./mentions.js";
import { concernsYou, wantQuotes } from "./quotes.js";
import { currentRoom, findRoom } from "./state.js";
import { store, update, updateRoom } from "./step.js";

/** Larger counts are not distinguished. */
const MAX_COUNT = 999;
/** The least time between two stores of the read position, in milliseconds. */
const READ_INTERVAL_MS = 1000;

/**
 * Whether the user sees the messages that come into a room.
 *
 * @param {State} state
 * @param {string} room
 * @returns {boolean}
 */
export function isLooking(state, room) {
  return state.visible && state.current === room && currentRoom(state).atBottom;
}

/**
 * The user, and whom the user ignores.
 *
 * @typedef {Pick<State, "you" | "ignored">} Listener
 */

/**
 * Returns true if the user is told of what somebody says: of others who are not ignored.
 *
 * @param {Listener} listener
 * @param {{ id: string }} user
 * @returns {boolean}
 */
export function isHeard({ you, ignored }, { id }) {
  return id !== you?.id && !ignored.has(id);
}

/**
 * @param {Step} step
 * @param {string} name
 * @param {readonly Message[]} messages of others
 * @param {number} [others] how many more there are for sure
 * @returns {void}
 */
export function addUnread(step, name, messages, others = 0) {
  const room = findRoom(step.state, name);
  if (room === undefined) return;
  // Another tab of the user may have shown them already.
  const { era, readTo } = room;
  const unread = messages.filter((message) =>
    isUnread(message, step.state) && (readTo === null || message.id > era + readTo)
  );
  const count = unread.length + others;
  if (count === 0) return;
  const mentions = unread.filter((message) => concernsYou(step.state, room, message)).length;
  wantQuotes(step, name, unread);
  updateRoom(step, name, {
    unread: room.unread + count,
    mentions: room.mentions + mentions,
    unreadFrom: room.unread > 0 ? room.unreadFrom : unread[0]?.id ?? room.unreadFrom,
  });
  // The first one may be in a gap.
  if (room.unread === 0 && room.hasMoreUnread) recount(step, name);
}

/**
 * Takes the scroll position: at the bottom of the log, the user has seen all messages.
 *
 * @param {Step} step
 * @param {boolean} atBottom
 * @returns {void}
 */
export function scroll(step, atBottom) {
  const { current } = step.state;
  updateRoom(step, current, { atBottom });
  if (isLooking(step.state, current)) updateRoom(step, current, ALL_READ);
}

/**
 * Marks all messages as read while the user looks. The position is stored at intervals, for other
 * tabs.
 *
 * @param {Step} step
 * @returns {void}
 */
export function noteRead(step) {
  const { name, since, readTo, unread } = currentRoom(step.state);
  if (!isLooking(step.state, name) || unread > 0) return;
  if (since !== null && (readTo === null || since > readTo)) {
    updateRoom(step, name, { readTo: since });
  }
  if (step.now >= step.state.readDueAt) rememberRead(step);
}

/**
 * When to store the read position of the room on show, or Infinity.
 *
 * @param {State} state
 * @returns {number}
 */
export function nextReadAt(state) {
  const { readTo, readStored } = currentRoom(state);
  return readTo === readStored ? Infinity : state.readDueAt;
}

/**
 * Stores the read position of the room on show, for other tabs and the next visit.
 *
 * @param {Step} step
 * @returns {void}
 */
export function rememberRead(step) {
  const { name, readTo, readStored } = currentRoom(step.state);
  if (readTo === readStored) return;
  update(step, { readDueAt: step.now + READ_INTERVAL_MS });
  updateRoom(step, name, { readStored: readTo });
  store(step, `read.${name}`, readTo);
}

/**
 * Another tab of the user has shown a room up to `id`.
 *
 * @param {Step} step
 * @param {string} name
 * @param {string} id
 * @returns {void}
 */
export function readElsewhere(step, name, id) {
  const room = findRoom(step.state, name);
  if (room === undefined || (room.readTo !== null && room.readTo >= id)) return;
  updateRoom(step, name, { readTo: id, readStored: id });
  recount(step, name);
}

/**
 * Counts the unread messages that the page has. The count can only decrease, unless the page lacked
 * some of them: a message that was seen stays seen.
 *
 * @param {Step} step
 * @param {string} name
 * @returns {void}
 */
export function recount(step, name) {
  const room = findRoom(step.state, name);
  if (room === undefined || room.readTo === null) return;
  const { entries, hasMoreUnread } = room;
  const readTo = room.era + room.readTo;
  const unread = unreadIn(room, step.state);
  if (unread.length >= room.unread && !hasMoreUnread) return;
  const { gap, isAbove } = findFirstUnread(room, step.state);
  const isFirstMissing = hasMoreUnread && (isAbove || gap !== undefined);
  const lastGap = entries.findLastIndex(isGap);
  const afterGap = entries.slice(lastGap).find(isMessage);
  const isGapUnread = lastGap >= 0 && (afterGap === undefined || afterGap.id > readTo);
  updateRoom(step, name, {
    unread: unread.length,
    mentions: unread.filter((message) => concernsYou(step.state, room, message)).length,
    unreadFrom: isFirstMissing ? null : unread[0]?.id ?? null,
    hasMoreUnread: unread.length > 0 && hasMoreUnread && (isFirstMissing || isGapUnread),
  });
}

/**
 * Brings the counts up to date after a change of a message that the user has not seen. Reads the
 * texts of this message alone: that of all others would let one user keep the page busy.
 *
 * @param {Step} step
 * @param {Room} before the room before the change
 * @param {Message} message as it is now, with its id in the log
 * @returns {void}
 */
export function recountChanged(step, before, message) {
  const room = findRoom(step.state, before.name);
  const known = findMessage({ ...before, past: null }, message.id);
  if (room === undefined || room.unread === 0 || known === undefined) return;
  if (!isCounted(room, known, step.state) || (message.changed ?? "") <= (known.changed ?? "")) {
    return;
  }
  if (message.deleted !== true && message.text === known.text) return;
  const wasMention = concernsYou(step.state, before, known);
  if (message.deleted !== true) {
    return addMentions(
      step,
      room,
      Number(concernsYou(step.state, room, message)) - Number(wasMention),
    );
  }
  addMentions(step, room, -Number(wasMention));
  const next = room.entries.slice(placeOf(room.entries, `${known.id}!`)).filter(isMessage)
    .find((entry) => isUnread(entry, step.state));
  updateRoom(step, room.name, {
    unread: room.unread - 1,
    unreadFrom: room.unreadFrom === known.id ? next?.id ?? null : room.unreadFrom,
    hasMoreUnread: room.hasMoreUnread && room.unread > 1,
  });
}

/**
 * Counts unread messages as mentions, since their quotes show now that they answer the user.
 *
 * @param {Step} step
 * @param {string} name
 * @param {readonly string[]} ids in the log
 * @returns {void}
 */
export function countAnswers(step, name, ids) {
  const room = findRoom(step.state, name);
  if (room === undefined || room.unread === 0) return;
  const answers = ids.flatMap((id) => findMessage({ ...room, past: null }, id) ?? [])
    .filter((message) => isCounted(room, message, step.state))
    .filter(({ text }) => !isMentioned(text, step.state.name, room.members));
  addMentions(step, room, answers.length);
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {number} count may be negative
 */
function addMentions(step, { name, mentions }, count) {
  if (count !== 0) updateRoom(step, name, { mentions: Math.max(0, mentions + count) });
}

/**
 * Returns true if a message is one of the unread ones of its room.
 *
 * @param {Room} room with unread ones
 * @param {Message} message
 * @param {Listener} listener
 */
function isCounted({ era, readTo, unreadFrom }, message, listener) {
  const isAfter = readTo === null
    ? unreadFrom !== null && message.id >= unreadFrom
    : message.id > era + readTo;
  return isAfter && isUnread(message, listener);
}

/**
 * The unread messages that the page has.
 *
 * @param {Room} room
 * @param {Listener} listener
 */
function unreadIn(room, listener) {
  const { entries, readTo, unreadFrom } = room;
  const start = readTo === null ? placeOf(entries, unreadFrom ?? "~") : 0;
  return entries.slice(start).filter(isMessage)
    .filter((message) => isCounted(room, message, listener));
}

/**
 * Place of the first unread message, if the page does not have the message.
 *
 * @param {Room} room
 * @param {Listener} listener
 * @returns {{ gap?: Gap & { fill: Fill }, isAbove: boolean }} in a gap or above the log
 */
export function findFirstUnread({ entries, era, readTo, more, reach }, listener) {
  if (readTo === null) return { isAbove: false };
  const read = era + readTo;
  const oldest = oldestMessage(entries);
  const isReached = reach !== null && reach <= readTo;
  if (more && oldest !== undefined && oldest.id > read && !isReached) return { isAbove: true };
  const start = placeOf(entries, read);
  const first = entries.findIndex((entry, index) =>
    index >= start && entry.id > read && isMessage(entry) && isUnread(entry, listener)
  );
  const end = first === -1 ? entries.length : first;
  const lastRead = entries.findLastIndex((entry) => isMessage(entry) && entry.id <= read);
  const gap = entries.slice(lastRead + 1, end).filter(isFillable).find(isGap);
  return { ...(gap !== undefined && { gap }), isAbove: false };
}

/**
 * @param {Message} message
 * @param {Listener} listener
 */
function isUnread({ user, deleted }, listener) {
  return deleted !== true && isHeard(listener, user);
}

/** The change of a room in which all messages were seen. */
export const ALL_READ = { unread: 0, mentions: 0, hasMoreUnread: false };

/**
 * The number of unread messages in all rooms that are not muted.
 *
 * @param {State} state
 * @returns {Pick<Room, "unread" | "hasMoreUnread">}
 */
export function totalUnread({ rooms }) {
  const heard = rooms.filter(({ muted }) => !muted);
  return {
    unread: heard.reduce((total, { unread }) => total + unread, 0),
    hasMoreUnread: heard.some(({ hasMoreUnread }) => hasMoreUnread),
  };
}

/**
 * A count as text: "200+" where there are more than the page knows.
 *
 * @param {Pick<Room, "unread" | "hasMoreUnread">} count
 * @returns {string}
 */
export function countText({ unread, hasMoreUnread }) {
  if (unread > MAX_COUNT) return `${MAX_COUNT}+`;
  return hasMoreUnread ? `${unread}+` : String(unread);
}
