/**
 * News of edits by others: those of messages in sight are announced, and a new mention alerts the
 * user. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { alertUser, soundFor } from "./alerts.js";
import { withoutEra } from "./era.js";
import { findMessage, placeOf } from "./log.js";
import { spokenText } from "./plain_text.js";
import { concernsYou } from "./quotes.js";
import { findRoom } from "./state.js";
import { update } from "./step.js";
import { isHeard } from "./unread.js";

/**
 * An edit that is to be announced.
 *
 * @typedef {{ room: string, id: string, at: number }} EditNews
 */

/** The wait for further edits, of which only the last one is announced, in milliseconds. */
const WAIT_MS = 1500;
/** The newest entries whose edits are announced: about those in sight. */
const MAX_NEAR = 30;

/**
 * @param {Step} step
 * @param {Room} room as it was before the change
 * @param {Message} message as it is now, with its id in the log
 * @returns {void}
 */
export function noteEdit(step, room, message) {
  const { current, editNews } = step.state;
  const { name, atBottom, entries, muted } = room;
  const { id, user, text, changed = "" } = message;
  if (message.edited === undefined || !isHeard(step.state, user)) return;
  const before = findMessage(room, id);
  if (before === undefined || before.deleted || before.text === text) return;
  if (changed <= (before.changed ?? "")) return;
  const isNewMention = concernsYou(step.state, room, message) &&
    !concernsYou(step.state, room, before);
  if (isNewMention) {
    alertUser(step, room, message);
    soundFor(step, room, message);
  }
  const isNear = name === current && atBottom && placeOf(entries, id) >= entries.length - MAX_NEAR;
  if (!isNear && (!isNewMention || (muted && name !== current))) return;
  update(step, { editNews: { room: name, id, at: editNews?.at ?? step.now + WAIT_MS } });
}

/**
 * Announces the last edit, when no more of them are waited for.
 *
 * @param {Step} step
 * @returns {void}
 */
export function tellEdit(step) {
  const { editNews, current } = step.state;
  if (editNews === null || editNews.at > step.now) return;
  update(step, { editNews: null });
  const room = findRoom(step.state, editNews.room);
  const message = room && findMessage(room, editNews.id);
  if (room === undefined || message === undefined || message.deleted) return;
  const place = room.name === current ? "" : ` in #${room.name}`;
  const text = `${message.user.name}${place} edited: ${spokenText(message.text)}`;
  step.effects.push({ type: "announce", id: withoutEra(message.id), text });
}
