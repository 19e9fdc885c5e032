/**
 * Part of the reducer for replies and for reactions of the user. Pure.
 *
 * @module
 */

/** @import { OutgoingChange } from "./outbox.js" */
/** @import { Input } from "./reduce.js" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { dropItems, queueChange } from "./changes.js";
import { countUse, parseUses } from "./emoji_use.js";
import { withoutEra } from "./era.js";
import { findMessage } from "./log.js";
import { changesOf } from "./outbox.js";
import { setReply } from "./sending.js";
import { isReaction, isSameEmoji, pillsOf } from "./reactions.js";
import { announceReaction } from "./reaction_news.js";
import { currentRoom, findRoom } from "./state.js";
import { store, update, updateRoom } from "./step.js";

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reduceReactions(step, input, next) {
  const room = currentRoom(step.state);
  switch (input.type) {
    case "reply_wanted":
      return replyTo(step, room, input.id);
    case "reply_dismissed":
      return setReply(step, room.name, null);
    case "reaction_wanted":
      return update(step, { reactingTo: input.id });
    case "reaction_dismissed":
      return update(step, { reactingTo: "" });
    case "reaction_toggled":
      return toggleReaction(step, room, input);
    case "stored_elsewhere":
      if (input.key === "emoji") update(step, { emojiUses: parseUses(input.value) });
      return next();
    case "received": {
      const { event } = input;
      const before = "room" in event ? findRoom(step.state, event.room ?? "") : undefined;
      next();
      if (event.type === "message" && before !== undefined) announceReaction(step, before, event);
      return;
    }
    default:
      return next();
  }
}

/**
 * The next message answers this one. An edit that has begun is saved first.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {string} id in the log
 */
function replyTo(step, { name, editing }, id) {
  const isEdited = editing !== null && editing.text !== editing.original;
  updateRoom(step, name, { editing: isEdited ? editing : null });
  setReply(step, name, withoutEra(id));
}

/**
 * Adds a reaction of the user, or takes it back. One that was not sent yet is dropped instead.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {{ ref: string, id: string, emoji: string }} reaction `id` as the log or
 *   the server has it
 */
function toggleReaction(step, room, { ref, id, emoji }) {
  const message = findMessage(room, id);
  if (message === undefined || message.deleted === true) return;
  const { you, outbox } = step.state;
  /** @param {OutgoingChange[]} pending */
  const isOnWith = (pending) =>
    pillsOf(message, { you: you?.id, pending, reacted: room.reacted })
      .some((pill) => pill.isYours && isSameEmoji(pill.emoji, emoji));
  const pending = changesOf(outbox, { room: room.name, id }).filter(isReaction);
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
