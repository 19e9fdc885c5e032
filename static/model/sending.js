/**
 * What the user writes: drafts, the outbox, and telling the others that we type. Pure.
 *
 * @module
 */

/** @import { Command } from "../../chat/protocol/types.ts" */
/** @import { Room, State } from "./state.js" */
/** @import { Turn } from "./step.js" */
import { expecting } from "./connection.js";
import { isMessage } from "./log.js";
import { dueMessages, failMessage, markSent, outgoing, removeMessage } from "./outbox.js";
import { findRoom } from "./state.js";
import { send, store, update, updateRoom } from "./step.js";
import { ALL_READ } from "./unread.js";

/** How often the others are told that we type. */
const TYPING_INTERVAL_MS = 3000;

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {string} text
 * @returns {void}
 */
export function draft(turn, room, text) {
  const { now } = turn;
  updateRoom(turn, room.name, { draft: text });
  store(turn, `draft.${room.name}`, text === "" ? null : text);
  if (text === "" || room.status !== "joined" || now - room.typedAt < TYPING_INTERVAL_MS) return;
  updateRoom(turn, room.name, { typedAt: now });
  send(turn, { type: "typing", room: room.name });
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {{ ref: string, text: string }} message
 * @returns {void}
 */
export function submit(turn, room, { ref, text }) {
  const item = outgoing({ ref, room: room.name, text, queuedAt: turn.now });
  update(turn, { outbox: [...turn.state.outbox, item] });
  store(turn, `outbox.${ref}`, item);
  draft(turn, room, "");
  // The message ends the typing for the others, so the next key is to be told at once.
  updateRoom(turn, room.name, {
    typedAt: -Infinity,
    atBottom: true,
    ...ALL_READ,
    unreadFrom: null,
  });
}

/**
 * @param {Turn} turn
 * @param {string} ref
 * @returns {void}
 */
export function discard(turn, ref) {
  update(turn, { outbox: removeMessage(turn.state.outbox, ref) });
  store(turn, `outbox.${ref}`, null);
}

/**
 * Sends the messages that are due.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function sendMessages(turn) {
  for (const { ref, room, text } of dueMessages(turn.state.outbox, turn.now)) {
    if (findRoom(turn.state, room)?.status !== "joined") continue;
    /** @type {Command} */
    const command = { type: "send", ref, room, text };
    const { outbox, limits, connection } = turn.state;
    // The server would end the connection, which would then be sent the same again.
    if (bytesOf(command) > limits.frame) {
      update(turn, {
        outbox: failMessage(
          outbox,
          ref,
          "it is too long for this chat. Discard it, and send it in parts.",
        ),
      });
      continue;
    }
    update(turn, {
      outbox: markSent(outbox, ref),
      connection: expecting(connection, turn.now),
    });
    send(turn, command);
  }
}

/** @param {Command} command */
function bytesOf(command) {
  return new TextEncoder().encode(JSON.stringify(command)).length;
}

/**
 * What the user sent last to the room on show, or "".
 *
 * @param {State} state
 * @returns {string}
 */
export function lastSentText(state) {
  const { current, outbox, you } = state;
  const waiting = outbox.findLast((item) => item.room === current);
  if (waiting !== undefined) return waiting.text;
  const sent = findRoom(state, current)?.entries
    .findLast((entry) => isMessage(entry) && entry.user.id === you?.id);
  return isMessage(sent) ? sent.text : "";
}
