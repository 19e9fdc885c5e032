/**
 * Quotes: the messages that others answer, in the log or beside it, and the messages that are for
 * the user. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Room, State } from "./state.js" */
/** @import { Step } from "./step.js" */
import { findMessage } from "./log.js";
import { isMentioned } from "./mentions.js";
import { changesOf } from "./outbox.js";
import { overlayOf } from "./overlay.js";
import { findRoom } from "./state.js";
import { updateRoom } from "./step.js";

/**
 * The part of a message that its quotes need.
 *
 * @typedef {Pick<Message, "id" | "user" | "text" | "deleted" | "changed"> & { isIgnored?: boolean,
 *   pending?: string }} Quote
 *   `isIgnored`: nothing of it is shown, since the user ignores its author; `pending`: the refs of
 *   the user's edits and deletion of it that wait, with which it is shown
 */

/**
 * A message that answers one that the page does not have, and may be for the user.
 *
 * @typedef {object} WantedQuote
 * @property {string} reply the server's id of the answered message
 * @property {string} id the id in the log of the message
 * @property {boolean} isNew whether the user is to be told of it
 */

/** The most messages of a room whose quotes are asked for. */
const MAX_WANTED = 100;

/**
 * The message that another one answers. null: it is not there any more; undefined: the page does
 * not know it.
 *
 * @param {Pick<Room, "entries" | "era" | "past" | "quotes">} room
 * @param {string} reply the server's id
 * @returns {Quote | null | undefined}
 */
export function quoteOf(room, reply) {
  return findMessage(room, reply) ?? room.quotes.get(reply);
}

/**
 * The message that another one answers, as it is drawn: with the changes of the user that wait.
 *
 * @param {Pick<State, "ignored" | "revealed" | "outbox">} state
 * @param {Pick<Room, "name" | "entries" | "era" | "past" | "quotes">} room
 * @param {string} reply the server's id
 * @returns {Quote | null | undefined}
 */
export function shownQuote({ ignored, revealed, outbox }, room, reply) {
  const quote = quoteOf(room, reply);
  if (!quote) return quote;
  if (ignored.has(quote.user.id) && !revealed.has(quote.id)) return { ...quote, isIgnored: true };
  const waiting = changesOf(outbox, { room: room.name, id: reply })
    .filter(({ type }) => type !== "react");
  if (waiting.length === 0) return quote;
  const { text, isDeleted } = overlayOf(quote, waiting);
  const pending = waiting.map(({ ref }) => ref).join(" ");
  return { ...quote, text, pending, ...(isDeleted && { deleted: true }) };
}

/**
 * Returns true if a message mentions the user, or answers a message of the user.
 *
 * @param {Pick<State, "name" | "you">} state
 * @param {Room} room
 * @param {Message} message
 * @returns {boolean}
 */
export function concernsYou({ name, you }, room, { text, reply }) {
  if (isMentioned(text, name, room.members)) return true;
  if (reply === undefined || you === null) return false;
  return quoteOf(room, reply)?.user.id === you.id;
}

/**
 * Notes those of some messages that answer one which the page does not know.
 *
 * @param {Step} step
 * @param {string} name
 * @param {readonly Message[]} messages of others
 * @param {{ isNew?: boolean }} [options] `isNew`: the user is to be told if one is for them
 * @returns {void}
 */
export function wantQuotes(step, name, messages, { isNew = false } = {}) {
  const room = findRoom(step.state, name);
  if (room === undefined) return;
  const wanted = messages.flatMap(({ id, reply }) =>
    reply === undefined || quoteOf(room, reply) !== undefined ||
      room.wantedQuotes.some((other) => other.id === id)
      ? []
      : [{ reply, id, isNew }]
  );
  if (wanted.length === 0) return;
  updateRoom(step, name, { wantedQuotes: [...room.wantedQuotes, ...wanted].slice(-MAX_WANTED) });
}
