/**
 * Ways to tell the user of a message: notification, sound, and announcement. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { withoutEra } from "./era.js";
import { plainText, spokenText } from "./plain_text.js";
import { concernsYou } from "./quotes.js";
import { update } from "./step.js";
import { isLooking } from "./unread.js";

/** The least time between two sounds, in milliseconds. */
const SOUND_INTERVAL_MS = 1000;

/**
 * Raises a notification for a message, if the user wants one.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {Message} message
 * @returns {void}
 */
export function alertUser(step, room, message) {
  const { visible, notifications } = step.state;
  if (visible || room.muted || notifications === "off") return;
  if (notifications === "mentions" && !concernsYou(step.state, room, message)) return;
  const { user, text } = message;
  step.effects.push({
    type: "notification",
    room: room.name,
    title: `${user.name} in #${room.name}`,
    body: plainText(text),
  });
}

/**
 * Makes a sound for a message that the user does not see, if they want one.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {Message} message
 * @returns {void}
 */
export function soundFor(step, room, message) {
  const { sound, soundedAt } = step.state;
  if (sound === "off" || room.muted || isLooking(step.state, room.name)) return;
  if (sound === "mentions" && !concernsYou(step.state, room, message)) return;
  if (step.now - soundedAt < SOUND_INTERVAL_MS) return;
  update(step, { soundedAt: step.now });
  step.effects.push({ type: "sound" });
}

/**
 * Announces a message of the room on show, and one of another room if it is for the user.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {Message} message
 * @returns {void}
 */
export function announceMessage(step, room, message) {
  const { name, muted } = room;
  const { user, text } = message;
  const id = withoutEra(message.id);
  if (name === step.state.current) {
    step.effects.push({ type: "announce", id, text: `${user.name}: ${spokenText(text)}` });
  } else if (!muted && concernsYou(step.state, room, message)) {
    const spoken = `${user.name} in #${name}: ${spokenText(text)}`;
    step.effects.push({ type: "announce", id, text: spoken });
  }
}
