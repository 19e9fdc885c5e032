/**
 * Editing and deleting of the user's own messages. A message that was not sent yet is edited in
 * the outbox. Pure.
 *
 * @module
 */

/** @import { OutgoingMessage } from "./outbox.js" */
/** @import { Room, State } from "./state.js" */
/** @import { Step } from "./step.js" */
import { dropItems, keepAsDraft, queueChange } from "./changes.js";
import { withoutEra } from "./era.js";
import { findMessage, isMessage } from "./log.js";
import { changesOf, findUnsent, isNewMessage } from "./outbox.js";
import { overlayOf } from "./overlay.js";
import { currentRoom, findRoom } from "./state.js";
import { notify, store, update, updateRoom } from "./step.js";
import { isBlank } from "./text.js";

/**
 * The edit of a message in the composer. It is kept while the page is open.
 *
 * @typedef {object} Editing
 * @property {string} id of the message in the log, or the `ref` of one in the outbox
 * @property {string} text as the user has written it so far
 * @property {string} original what the message said when the user last saw it
 */

/**
 * A message whose deletion the user is to confirm.
 *
 * @typedef {{ room: string, id: string }} Deleting
 */

/**
 * Begins to edit a message of the room on show.
 *
 * @param {Step} step
 * @param {string} id as in `Editing`
 * @returns {void}
 */
export function startEdit(step, id) {
  const room = currentRoom(step.state);
  const text = textToEdit(step.state, room, id);
  if (text === undefined) return;
  updateRoom(step, room.name, { editing: { id, text, original: text } });
}

/**
 * Begins to edit the last message of the user. That is announced, as the field has the focus before.
 *
 * @param {Step} step
 * @returns {void}
 */
export function editLast(step) {
  startEdit(step, lastEditable(step.state));
  if (currentRoom(step.state).editing === null) return;
  step.effects.push({ type: "announce", text: "You are editing your last message" });
}

/**
 * The last message of the user in the room on show that can be edited, as in `Editing`, or "".
 *
 * @param {State} state
 * @returns {string}
 */
export function lastEditable(state) {
  const room = currentRoom(state);
  const waiting = state.outbox.filter(isNewMessage).findLast((item) => item.room === room.name);
  if (waiting !== undefined) return waiting.ref;
  const last = room.entries.findLast((entry) =>
    isMessage(entry) && entry.user.id === state.you?.id &&
    textToEdit(state, room, entry.id) !== undefined
  );
  return last?.id ?? "";
}

/**
 * The text of a message that the user may edit, with an edit that waits, or undefined.
 *
 * @param {State} state
 * @param {Room} room
 * @param {string} id as in `Editing`
 * @returns {string | undefined}
 */
export function textToEdit(state, room, id) {
  const item = findUnsent(state.outbox, id);
  if (item !== undefined) return item.text;
  const message = findMessage(room, id);
  if (message === undefined || message.user.id !== state.you?.id) return undefined;
  if (!state.features.includes("talk")) return undefined;
  const { text, isDeleted } = overlayOf(message, changesOf(state.outbox, { room: room.name, id }));
  return isDeleted ? undefined : text;
}

/**
 * Ends the edit with a text: an unchanged one changes nothing, and instead of an empty one the
 * message may be deleted.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {{ ref: string, text: string }} edited
 * @returns {void}
 */
export function saveEdit(step, room, { ref, text }) {
  if (room.editing === null) return;
  const { id, original } = room.editing;
  if (isBlank(text)) return askToDelete(step, id);
  updateRoom(step, room.name, { editing: null });
  if (text === original) return;
  const { outbox } = step.state;
  const item = findUnsent(outbox, id);
  if (item !== undefined) return revise(step, item, text);
  const known = findMessage(room, id);
  const edits = changesOf(outbox, { room: room.name, id }).filter(({ type }) => type === "edit");
  const isUnsent = edits.length > 0 && edits.every(({ isTried }) => !isTried);
  if (known?.text === text && isUnsent) {
    return dropItems(step, (other) => edits.some((edit) => edit === other));
  }
  queueChange(step, { type: "edit", ref, room: room.name, id, text });
}

/**
 * Gives another text to a message in the outbox.
 *
 * @param {Step} step
 * @param {OutgoingMessage} item
 * @param {string} text
 */
function revise(step, item, text) {
  /** @type {OutgoingMessage} */
  const revised = {
    ...item,
    text,
    status: item.status === "failed" ? "queued" : item.status,
    error: "",
    retryAt: 0,
    ...(item.isTried && { isRevised: true }),
  };
  update(step, { outbox: step.state.outbox.map((other) => other === item ? revised : other) });
  store(step, `outbox.${item.ref}`, revised);
}

/**
 * Another tab that is to send the same message has given it another text.
 *
 * @param {Step} step
 * @param {string} ref
 * @param {unknown} stored
 * @returns {void}
 */
export function adoptRevision(step, ref, stored) {
  const item = findUnsent(step.state.outbox, ref);
  const { text } = /** @type {{ text?: unknown }} */ (Object(stored));
  if (item === undefined || typeof text !== "string" || text === item.text) return;
  revise(step, item, text);
}

/**
 * @param {Step} step
 * @param {string} id as in `Editing`
 * @returns {void}
 */
export function askToDelete(step, id) {
  update(step, { deleting: { room: step.state.current, id } });
}

/**
 * Deletes the message that the user was asked about. A message that was not sent is discarded.
 *
 * @param {Step} step
 * @param {string} ref of the deletion
 * @returns {void}
 */
export function confirmDelete(step, ref) {
  const { deleting } = step.state;
  if (deleting === null) return;
  const { id } = deleting;
  update(step, { deleting: null });
  const room = findRoom(step.state, deleting.room);
  if (room === undefined) return;
  if (room.editing?.id === id) updateRoom(step, room.name, { editing: null });
  if (findUnsent(step.state.outbox, id) !== undefined) {
    return dropItems(step, (item) => item.ref === id);
  }
  queueChange(step, { type: "delete", ref, room: room.name, id });
  step.effects.push({ type: "withdraw", id: withoutEra(id) });
  step.effects.push({ type: "announce", text: "Message deleted. You can undo it for 5 seconds" });
}

/**
 * Takes back a deletion that was not sent.
 *
 * @param {Step} step
 * @param {string} ref
 * @returns {void}
 */
export function undoDelete(step, ref) {
  const item = step.state.outbox.find((other) => other.ref === ref);
  // The server may have it already.
  if (item?.type !== "delete" || item.isTried) return;
  dropItems(step, (other) => other === item);
  step.effects.push({ type: "announce", text: "The message is not deleted" });
}

/**
 * Follows the messages that are being edited after a step: they may be changed elsewhere.
 *
 * @param {Step} step
 * @param {State} before
 * @returns {void}
 */
export function followEdits(step, before) {
  const isSame = before.rooms === step.state.rooms && before.outbox === step.state.outbox;
  if (isSame || step.state.rooms.every(({ editing }) => editing === null)) return;
  for (const room of step.state.rooms) {
    const { name, editing } = room;
    const known = findRoom(before, name);
    if (editing === null || known?.editing?.id !== editing.id) continue;
    const isMissing = findMessage(room, editing.id) === undefined;
    // A message that was cut off the log can still be edited.
    if (isMissing && findUnsent(before.outbox, editing.id) === undefined) continue;
    const text = textToEdit(step.state, room, editing.id);
    if (text === undefined) giveUpEdit(step, room);
    else if (text !== editing.original) adoptText(step, room, text);
  }
}

/**
 * Closes the dialogs about a message that is deleted meanwhile: the question whether to delete it, and
 * the choice of a reaction.
 *
 * @param {Step} step
 * @param {State} before
 * @returns {void}
 */
export function followDialogs(step, before) {
  const { rooms, deleting, reactingTo } = step.state;
  if (before.rooms === rooms) return;
  const room = deleting === null ? undefined : findRoom(step.state, deleting.room);
  if (deleting !== null && room !== undefined && findMessage(room, deleting.id)?.deleted) {
    update(step, { deleting: null });
  }
  if (reactingTo !== "" && findMessage(currentRoom(step.state), reactingTo)?.deleted) {
    update(step, { reactingTo: "" });
  }
}

/**
 * The message is gone: the user's text becomes a draft.
 *
 * @param {Step} step
 * @param {Room} room
 */
function giveUpEdit(step, { name, editing }) {
  if (editing === null) return;
  updateRoom(step, name, { editing: null });
  const isKept = editing.text !== editing.original && keepAsDraft(step, name, editing.text);
  notify(
    step,
    isKept
      ? "The message that you were editing was deleted. Your text is in the message field"
      : "The message that you were editing was deleted",
  );
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {string} text what the message says now
 */
function adoptText(step, { name, editing }, text) {
  if (editing === null) return;
  if (editing.text === editing.original) {
    updateRoom(step, name, { editing: { ...editing, text, original: text } });
  } else {
    updateRoom(step, name, { editing: { ...editing, original: text } });
    notify(
      step,
      "The message was edited elsewhere meanwhile. If you save, your text replaces that",
    );
  }
}
