/**
 * Changes of messages that the user makes: they wait in the outbox, as messages do. Pure.
 *
 * @module
 */

/** @import { AckEvent, ErrorEvent } from "../../chat/protocol/types.ts" */
/** @import { Entry, LogMessage } from "./log.js" */
/** @import { Change, Outgoing, OutgoingChange } from "./outbox.js" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { withoutEra } from "./era.js";
import { explainChange } from "./explanations.js";
import { findIn, insertMessages } from "./log.js";
import { outgoing, UNDO_MS } from "./outbox.js";
import { noteReaction, reactionsAfter } from "./reactions.js";
import { findRoom } from "./state.js";
import { notify, store, update, updateRoom } from "./step.js";
import { isBlank } from "./text.js";

/**
 * A change that the user wants. `id`: of the message, as the log or the server has it.
 *
 * @typedef {{ ref: string, room: string, id: string } & (
 *   | { type: "edit", text: string }
 *   | { type: "delete" }
 *   | { type: "react", emoji: string, on: boolean })} WantedChange
 */

/**
 * Puts a change into the outbox. It takes the place of one that it makes needless and that is not
 * on its way: it needs a `ref` of its own, since the server may have the other one.
 *
 * @param {Step} step
 * @param {WantedChange} wanted
 * @param {{ undoMs?: number }} [options] `undoMs`: the time in which a deletion can be undone
 * @returns {void}
 */
export function queueChange(step, wanted, { undoMs = UNDO_MS } = {}) {
  const place = { ...wanted, id: withoutEra(wanted.id), queuedAt: step.now };
  const item = outgoing(
    place.type === "delete" ? { ...place, holdUntil: step.now + undoMs } : place,
  );
  dropItems(step, (other) => other.status !== "sent" && isReplaced(other, item));
  update(step, { outbox: [...step.state.outbox, item] });
  store(step, `outbox.${item.ref}`, item);
}

/**
 * Removes items from the outbox for good.
 *
 * @param {Step} step
 * @param {(item: Outgoing) => boolean} isDropped
 * @returns {void}
 */
export function dropItems(step, isDropped) {
  const { outbox } = step.state;
  for (const item of outbox) if (isDropped(item)) store(step, `outbox.${item.ref}`, null);
  update(step, { outbox: outbox.filter((item) => !isDropped(item)) });
}

/**
 * @param {Outgoing} item
 * @param {OutgoingChange} change
 */
function isReplaced(item, change) {
  if (item.type === "send" || item.room !== change.room || item.id !== change.id) return false;
  return item.type === change.type &&
    (item.type !== "react" || change.type !== "react" || item.emoji === change.emoji);
}

/**
 * Makes a change in the log that the server has acknowledged. The message itself comes too, before
 * or after.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {{ item: Change, ack: AckEvent }} acknowledged
 * @returns {void}
 */
export function applyAcknowledged(step, room, { item, ack: { changed } }) {
  if (item.type === "delete") {
    dropItems(step, (other) => other.type !== "send" && other.id === item.id);
  }
  if (item.type === "react") updateRoom(step, room.name, { reacted: noteReaction(room, item) });
  if (changed === undefined) return;
  /** @param {readonly Entry[]} entries */
  const changeIn = (entries) => {
    const known = findIn({ entries, era: room.era }, item.id);
    if (known === undefined) return entries;
    const message = changeMessage(step, room, known, item);
    return insertMessages(entries, [{ ...message, changed, isTentative: true }]);
  };
  updateRoom(step, room.name, {
    entries: changeIn(room.entries),
    past: room.past && { ...room.past, entries: changeIn(room.past.entries) },
  });
}

/**
 * A message as a change makes it.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {LogMessage} message
 * @param {Change} change
 * @returns {LogMessage}
 */
function changeMessage({ state: { you }, now }, { reacted }, message, change) {
  switch (change.type) {
    case "edit":
      return { ...message, text: change.text, edited: now };
    case "delete":
      return { ...message, deleted: true };
    case "react":
      return { ...message, reactions: reactionsAfter(message, change, { you: you?.id, reacted }) };
  }
}

/**
 * Drops a change that the server refused for good, and says why.
 *
 * @param {Step} step
 * @param {OutgoingChange} item
 * @param {ErrorEvent} error
 * @returns {void}
 */
export function giveUpChange(step, item, error) {
  dropItems(step, (other) => other.ref === item.ref);
  const isKept = item.type === "edit" && keepAsDraft(step, item.room, item.text);
  const place = isKept ? " Your text is in the message field." : "";
  notify(step, `${explainChange(item.type, error)}${place}`);
}

/**
 * Puts the text of an edit that can't be made into the message field, below the draft that is there.
 *
 * @param {Step} step
 * @param {string} name
 * @param {string} text
 * @returns {boolean} whether there was something to keep
 */
export function keepAsDraft(step, name, text) {
  const room = findRoom(step.state, name);
  if (room === undefined || isBlank(text)) return false;
  const draft = isBlank(room.draft) ? text : `${room.draft}\n${text}`;
  updateRoom(step, name, { draft });
  store(step, `draft.${name}`, draft);
  return true;
}
