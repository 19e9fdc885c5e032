/**
 * Search panel: the rooms that a text names, and the messages that the server has found. Pure.
 *
 * @module
 */

/** @import { FoundEvent, Message } from "../../chat/protocol/types.ts" */
/** @import { Room, State } from "./state.js" */
import { parseRoom } from "./names.js";
import { byRank, rankOf } from "./rank.js";

/** A message that was found, with the server's id. @typedef {FoundEvent["messages"][number]} Found */

/**
 * @typedef {object} Search
 * @property {string} text as it was typed
 * @property {string} room that was on show when the panel was opened
 * @property {readonly Found[]} results newest first
 * @property {boolean} more whether there are older ones
 * @property {string | null} answered the text for which they were found; null: none was
 * @property {string | null} ref of the command that is on its way
 * @property {string} asked the text of that command
 * @property {boolean} isNext whether that command asks for the results that follow
 * @property {number} dueAt when to ask; Infinity: not before something changes
 * @property {string} problem why there are no results, or ""
 */

/** The most code points of a text that the server searches. */
const MAX_TEXT = 200;
/** The most results that are kept. */
export const MAX_RESULTS = 400;
/** The most rooms that are offered. */
const MAX_ROOMS = 7;

/**
 * A panel that was just opened.
 *
 * @param {string} room
 * @returns {Search}
 */
export function newSearch(room) {
  return {
    text: "",
    room,
    results: [],
    more: false,
    answered: null,
    ref: null,
    asked: "",
    isNext: false,
    dueAt: Infinity,
    problem: "",
  };
}

/**
 * Returns the reason why a text can't be searched, "" if it can be, undefined if it is blank.
 *
 * @param {string} text
 * @returns {string | undefined}
 */
export function searchProblem(text) {
  if (text.trim() === "") return undefined;
  const isLong = text.length > 2 * MAX_TEXT || [...text.trim()].length > MAX_TEXT;
  return isLong ? `A search has at most ${MAX_TEXT} characters.` : "";
}

/**
 * The panel with a page of results.
 *
 * @param {Search} search
 * @param {Pick<FoundEvent, "messages" | "more">} found
 * @returns {Search}
 */
export function addFound(search, { messages, more }) {
  const { isNext, asked, results } = search;
  const known = new Set(isNext ? results.map(keyOf) : []);
  const added = messages.filter((message) => !known.has(keyOf(message)) && !message.deleted);
  const all = isNext ? [...results, ...added] : added;
  return {
    ...search,
    results: all.slice(0, MAX_RESULTS),
    more: more && messages.length > 0 && all.length < MAX_RESULTS,
    answered: asked,
    ref: null,
  };
}

/**
 * The panel after messages of a room were changed: a deleted one is not shown any more.
 *
 * @param {Search} search
 * @param {string} room
 * @param {readonly Message[]} messages with the server's ids
 * @returns {Search} `search` itself if nothing has changed
 */
export function changeFound(search, room, messages) {
  const byId = new Map(messages.map((message) => [message.id, message]));
  let isChanged = false;
  const results = search.results.flatMap((found) => {
    const message = found.room === room ? byId.get(found.id) : undefined;
    if (message === undefined || (message.changed ?? "") <= (found.changed ?? "")) return [found];
    isChanged = true;
    return message.deleted ? [] : [{ ...message, room }];
  });
  return isChanged ? { ...search, results } : search;
}

/** @param {Found} found */
function keyOf({ room, id }) {
  return `${room} ${id}`;
}

/**
 * The user's rooms that a text names, the best match first, and the room that it would join. For no
 * text: the previous room and those with unread messages first.
 *
 * @param {State} state
 * @param {string} text
 * @returns {{ rooms: Room[], join: string | undefined }}
 */
export function matchRooms({ rooms, current, previous }, text) {
  const wanted = text.trim().replace(/^#/, "").toLowerCase();
  const found = byRank(
    [...rooms].sort((a, b) => b.unread - a.unread),
    wanted === "" ? rankOfRoom : rankOfMatch,
  );
  const room = parseRoom(wanted);
  const isKnown = rooms.some(({ name }) => name === room);
  return {
    rooms: found.slice(0, MAX_ROOMS),
    join: isKnown ? undefined : room,
  };

  /** @param {Room} room */
  function rankOfRoom({ name, unread, mentions }) {
    if (name === current) return Infinity;
    if (name === previous) return 0;
    if (mentions > 0) return 1;
    return unread > 0 ? 2 : 3;
  }

  /** @param {Room} room */
  function rankOfMatch({ name }) {
    return Math.min(rankOf(name, wanted), name.includes(wanted) ? 3 : Infinity);
  }
}
