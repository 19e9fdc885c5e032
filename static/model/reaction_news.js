/**
 * Announcement of reactions to the user's messages in the room on show. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { findMessage } from "./log.js";
import { plainText } from "./plain_text.js";
import { cutText } from "./text.js";
import { update } from "./step.js";

/** The least time between two announcements, in milliseconds. */
const INTERVAL_MS = 5000;
/** The UTF-16 units of the message that are spoken. */
const MAX_TEXT = 40;

/**
 * @param {Step} step
 * @param {Room} room as it was before the change
 * @param {Message} message as it is now
 * @returns {void}
 */
export function announceReaction(step, room, { id, user, text, reactions = [] }) {
  const { you, current, visible, reactionToldAt, ignored } = step.state;
  if (room.status !== "joined" || room.follow > 0 || room.name !== current) return;
  if (!visible || user.id !== you?.id || reactions.length === 0) return;
  if (step.now - reactionToldAt < INTERVAL_MS) return;
  const before = findMessage(room, id);
  if (before === undefined) return;
  for (const { emoji, users } of reactions) {
    const known = before.reactions?.find((other) => other.emoji === emoji)?.users ?? [];
    const newcomer = users.find((other) =>
      other !== you.id && !known.includes(other) && !ignored.has(other)
    );
    if (newcomer === undefined) continue;
    const name = room.members.find((member) => member.id === newcomer)?.name ?? "Somebody";
    update(step, { reactionToldAt: step.now });
    const beginning = cutText(plainText(text), MAX_TEXT);
    const spoken = `${name} reacted with ${emoji} to: ${beginning}`;
    step.effects.push({ type: "announce", id, text: spoken });
    return;
  }
}
