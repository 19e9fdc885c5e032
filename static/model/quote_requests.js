/**
 * Part of the reducer for quotes: requests for answered messages that the log lacks, one at a time
 * in each room, and their later changes. Pure.
 *
 * @module
 */

/** @import { Command, HistoryEvent, Message, ServerEvent } from "../../chat/protocol/types.ts" */
/** @import { Input } from "./reduce.js" */
/** @import { Quote } from "./quotes.js" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { alertUser, announceMessage, soundFor } from "./alerts.js";
import { findMessage } from "./log.js";
import { quoteOf } from "./quotes.js";
import { hear } from "./reconnect.js";
import { findRoom } from "./state.js";
import { request, settle, update, updateRoom } from "./step.js";
import { countAnswers } from "./unread.js";
import { cutText } from "./text.js";

/** @typedef {Extract<Command, { type: "history" }> & { around: string }} QuoteRequest */

/** The most quotes of a room beside the log, far more than messages are in sight. */
const MAX_QUOTES = 500;
/** The UTF-16 units of a text that are kept, more than a line shows. */
const MAX_TEXT = 300;
/** The least time between two requests, of all rooms: the server ends connections that flood it. */
const INTERVAL_MS = 50;
/** The limit tells such a request from others: around an id there is the message alone. */
const LIMIT = 1;

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reduceQuotes(step, input, next) {
  switch (input.type) {
    case "quotes_wanted":
      return requestQuote(step, step.state.current, input.ids);
    case "received":
      if (takeAnswer(step, input.event)) hear(step);
      else next();
      followQuotes(step, input.event);
      break;
    default:
      next();
  }
  for (const { name, wantedQuotes } of step.state.rooms) {
    if (wantedQuotes.length > 0) settleWanted(step, name);
  }
}

/**
 * Takes the answer to a request of this module.
 *
 * @param {Step} step
 * @param {ServerEvent} event
 * @returns {boolean} whether it was one
 */
function takeAnswer(step, event) {
  if (event.type !== "history" && event.type !== "error") return false;
  const command = step.state.pending.filter(isQuoteRequest).find(({ ref }) => ref === event.ref);
  if (command === undefined) return false;
  settle(step, command.ref);
  if (event.type === "history") receiveQuote(step, command, event);
  else refuseQuote(step, command);
  return true;
}

/**
 * @param {Command | undefined} command
 * @returns {command is QuoteRequest}
 */
function isQuoteRequest(command) {
  return command?.type === "history" && command.around !== undefined && command.limit === LIMIT;
}

/**
 * Asks for the first of some messages that the page does not have, unless one is asked for.
 *
 * @param {Step} step
 * @param {string} name
 * @param {readonly string[]} ids of the server
 * @returns {void}
 */
function requestQuote(step, name, ids) {
  const room = findRoom(step.state, name);
  if (room?.status !== "joined" || requestIn(step, name) !== undefined) return;
  if (step.now < step.state.quotesDueAt) return;
  const around = ids.find((id) => !room.quotes.has(id) && findMessage(room, id) === undefined);
  if (around === undefined) return;
  update(step, { quotesDueAt: step.now + INTERVAL_MS });
  request(step, { type: "history", room: name, around, limit: LIMIT });
}

/**
 * @param {Step} step
 * @param {QuoteRequest} command
 * @param {HistoryEvent} page
 * @returns {void}
 */
function receiveQuote(step, { room, around }, { messages }) {
  const found = messages.find(({ id }) => id === around);
  // A change may have come before.
  if (found !== undefined) keepQuotes(step, room, [found]);
  else if (!findRoom(step.state, room)?.quotes.get(around)) setQuotes(step, room, [[around, null]]);
}

/**
 * The server refused a message: it is not asked for again on this connection.
 *
 * @param {Step} step
 * @param {QuoteRequest} command
 * @returns {void}
 */
function refuseQuote(step, { room, around }) {
  const known = findRoom(step.state, room);
  setQuotes(step, room, [[around, known?.quotes.get(around)]]);
  updateRoom(step, room, {
    wantedQuotes: known?.wantedQuotes.filter(({ reply }) => reply !== around) ?? [],
  });
}

/**
 * Brings the quotes up to date after an event: a changed message changes its quotes, also where the
 * log lacks it.
 *
 * @param {Step} step
 * @param {ServerEvent} event
 * @returns {void}
 */
function followQuotes(step, event) {
  const room = "room" in event ? findRoom(step.state, event.room ?? "") : undefined;
  if (room !== undefined && room.status === "joined") {
    const { name } = room;
    switch (event.type) {
      case "joined":
        // Changes may have been missed.
        forgetQuotes(step, room, { isAll: !event.complete });
        changeQuotes(step, name, event.messages);
        break;
      case "gap":
        forgetQuotes(step, room, { isAll: true });
        break;
      case "history":
        changeQuotes(step, name, event.messages);
        break;
      case "message":
        changeQuotes(step, name, [event]);
        break;
    }
  }
}

/**
 * Forgets those quotes that the server refused, or all.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {{ isAll: boolean }} options
 */
function forgetQuotes(step, { name, quotes }, { isAll }) {
  if (quotes.size === 0) return;
  const kept = isAll ? [] : [...quotes].filter(([, quote]) => quote !== undefined);
  if (kept.length < quotes.size) updateRoom(step, name, { quotes: new Map(kept) });
}

/**
 * Takes the changes of messages that are kept as quotes, or asked for.
 *
 * @param {Step} step
 * @param {string} name
 * @param {readonly Message[]} messages
 */
function changeQuotes(step, name, messages) {
  const quotes = findRoom(step.state, name)?.quotes;
  const asked = requestIn(step, name)?.around;
  if (asked === undefined && (quotes === undefined || quotes.size === 0)) return;
  keepQuotes(step, name, messages.filter(({ id }) => quotes?.has(id) || id === asked));
}

/**
 * Keeps messages as quotes, unless a later state of theirs is kept.
 *
 * @param {Step} step
 * @param {string} name
 * @param {readonly Message[]} messages
 */
function keepQuotes(step, name, messages) {
  const quotes = findRoom(step.state, name)?.quotes;
  const later = messages.filter(({ id, changed = "" }) => {
    const known = quotes?.get(id);
    return !known || changed > (known.changed ?? "");
  });
  setQuotes(step, name, later.map((message) => [message.id, quoteFrom(message)]));
}

/**
 * @param {Step} step
 * @param {string} name
 * @param {readonly [string, Quote | null | undefined][]} changes
 */
function setQuotes(step, name, changes) {
  const quotes = findRoom(step.state, name)?.quotes;
  if (quotes === undefined || changes.length === 0) return;
  // A map keeps the order in which keys came first.
  const next = [...new Map([...quotes, ...changes])];
  updateRoom(step, name, { quotes: new Map(next.slice(-MAX_QUOTES)) });
}

/**
 * @param {Message} message
 * @returns {Quote}
 */
function quoteFrom({ id, user, text, deleted, changed }) {
  return {
    id,
    user,
    text: deleted === true ? "" : cutText(text, MAX_TEXT),
    ...(deleted !== undefined && { deleted }),
    ...(changed !== undefined && { changed }),
  };
}

/**
 * Counts and tells of the messages whose quotes are known now to be the user's, and asks for the
 * next quote.
 *
 * @param {Step} step
 * @param {string} name
 */
function settleWanted(step, name) {
  const room = findRoom(step.state, name);
  if (room === undefined) return;
  const wantedQuotes = room.wantedQuotes.filter(({ reply }) => quoteOf(room, reply) === undefined);
  if (wantedQuotes.length < room.wantedQuotes.length) {
    updateRoom(step, name, { wantedQuotes });
    const you = step.state.you?.id;
    const answers = room.wantedQuotes.filter(({ reply }) =>
      you !== undefined && quoteOf(room, reply)?.user.id === you
    );
    countAnswers(step, name, answers.map(({ id }) => id));
    for (const { id } of answers.filter(({ isNew }) => isNew)) tell(step, room, id);
  }
  requestQuote(step, name, wantedQuotes.map(({ reply }) => reply));
}

/**
 * Tells the user of a message that is known now to be for them.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {string} id in the log
 */
function tell(step, room, id) {
  const { current, notifications, sound } = step.state;
  const message = findMessage(room, id);
  if (message === undefined || message.deleted === true) return;
  // They were told of all other messages when these came.
  if (notifications === "mentions") alertUser(step, room, message);
  if (sound === "mentions") soundFor(step, room, message);
  if (room.name !== current) announceMessage(step, room, message);
}

/**
 * The request of a room that waits for its answer.
 *
 * @param {Step} step
 * @param {string} name
 */
function requestIn({ state: { pending } }, name) {
  return pending.filter(isQuoteRequest).find(({ room }) => room === name);
}
