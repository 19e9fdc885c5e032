/**
 * Reactions of the user. Pure.
 *
 * @module
 */

/** @import { OutgoingChange } from "./outbox.js" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { dropItems, queueChange } from "./changes.js";
import { countUse } from "./emoji_use.js";
import { withoutEra } from "./era.js";
import { findMessage } from "./log.js";
import { isReaction, isSameEmoji, pillsOf } from "./reactions.js";
import { store, update } from "./step.js";

/**
 * Adds a reaction of the user, or takes it back. One that was not sent yet is dropped instead.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {{ ref: string, id: string, emoji: string }} reaction `id` as the log or
 *   the server has it
 * @returns {void}
 */
export function toggleReaction(step, room, { ref, id, emoji }) {
  const message = findMessage(room, id);
  if (message === undefined || message.deleted === true) return;
  const { you, outbox } = step.state;
  /** @param {OutgoingChange[]} pending */
  const isOnWith = (pending) =>
    pillsOf(message, { you: you?.id, pending, reacted: room.reacted })
      .some((pill) => pill.isYours && isSameEmoji(pill.emoji, emoji));
  const pending = outbox.filter(isReaction)
    .filter((item) => item.room === room.name && item.id === withoutEra(id));
  const unsent = pending.filter((item) =>
    item.status !== "sent" && !item.isTried && isSameEmoji(item.emoji, emoji)
  );
  const on = !isOnWith(pending);
  dropItems(step, (item) => unsent.some((other) => other === item));
  if (on) {
    const emojiUses = countUse(step.state.emojiUses, emoji);
    update(step, { emojiUses });
    store(step, "emoji", emojiUses);
  }
  if (isOnWith(pending.filter((item) => !unsent.includes(item))) === on) return;
  queueChange(step, { type: "react", ref, room: room.name, id, emoji, on });
}
