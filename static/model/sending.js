/**
 * Sending: drafts, the outbox, and the `typing` command. Pure.
 *
 * @module
 */

/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { expecting } from "../client/connection.js";
import { timeLeft } from "./countdown.js";
import { saveEdit } from "./editing.js";
import { commandOf, dueItems, failItem, fitsFrame, markSent, outgoing } from "./outbox.js";
import { silenceIn, slowRooms } from "./silence.js";
import { findRoom } from "./state.js";
import { notify, send, store, update, updateRoom } from "./step.js";
import { ALL_READ } from "./unread.js";

/** The least time between two `typing` commands, in milliseconds. */
const TYPING_INTERVAL_MS = 3000;

/**
 * @param {Step} step
 * @param {Room} room
 * @param {string} text
 * @returns {void}
 */
export function draft(step, room, text) {
  const { now } = step;
  if (room.editing !== null) {
    return updateRoom(step, room.name, { editing: { ...room.editing, text } });
  }
  updateRoom(step, room.name, { draft: text });
  store(step, `draft.${room.name}`, text === "" ? null : text);
  if (text === "" || room.status !== "joined" || now - room.typedAt < TYPING_INTERVAL_MS) return;
  if (silenceIn(step.state, room) !== null) return;
  updateRoom(step, room.name, { typedAt: now });
  send(step, { type: "typing", room: room.name });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {{ ref: string, text: string }} message
 * @returns {void}
 */
export function submit(step, room, { ref, text }) {
  if (room.editing !== null) return saveEdit(step, room, { ref, text });
  const reply = room.replyTo === null ? {} : { reply: room.replyTo };
  const item = outgoing({ type: "send", ref, room: room.name, text, ...reply, queuedAt: step.now });
  update(step, { outbox: [...step.state.outbox, item] });
  store(step, `outbox.${ref}`, item);
  draft(step, room, "");
  if (room.replyTo !== null) setReply(step, room.name, null);
  if (room.slowUntil > step.now) {
    notify(step, `Slow mode: this is sent in ${timeLeft(room.slowUntil, step.now)}`);
  }
  // The message ends the typing for other users, so the next key sends `typing` at once.
  updateRoom(step, room.name, {
    typedAt: -Infinity,
    atBottom: true,
    ...ALL_READ,
    unreadFrom: null,
  });
}

/**
 * Sets the message that the next one answers. It is kept with the draft.
 *
 * @param {Step} step
 * @param {string} room
 * @param {string | null} replyTo the server's id
 * @returns {void}
 */
export function setReply(step, room, replyTo) {
  updateRoom(step, room, { replyTo });
  store(step, `reply.${room}`, replyTo);
}

/**
 * Sends the messages and changes that are due.
 *
 * @param {Step} step
 * @returns {void}
 */
export function sendItems(step) {
  const { now } = step;
  for (const item of dueItems(step.state.outbox, now, slowRooms(step.state, now))) {
    const { ref, room } = item;
    if (findRoom(step.state, room)?.status !== "joined") continue;
    const command = commandOf(item);
    const { outbox, limits, connection } = step.state;
    if (!fitsFrame(command, limits.frame)) {
      update(step, {
        outbox: failItem(
          outbox,
          ref,
          "it is too long for this chat. Discard it, and send it in parts.",
        ),
      });
      continue;
    }
    update(step, {
      outbox: markSent(outbox, ref),
      connection: expecting(connection, step.now),
    });
    send(step, command);
  }
}
