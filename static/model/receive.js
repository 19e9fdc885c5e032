/**
 * Handlers of the server's events. Pure.
 *
 * @module
 */

/**
 * @import {
 *   AckEvent, HistoryEvent, Message, MessageEvent, PresenceEvent, ServerEvent, User, WelcomeEvent
 * } from "../../chat/protocol/types.ts"
 */
/** @typedef {Extract<ServerEvent, { type: "gap" }>} GapEvent */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { welcomed } from "../client/connection.js";
import { movedCursor } from "../client/resume.js";
import { alertUser, announceMessage, soundFor } from "./alerts.js";
import { applyAcknowledged, dropItems, queueChange } from "./changes.js";
import { noteEdit } from "./edit_news.js";
import { inEra } from "./era.js";
import { receiveJoined } from "./joined.js";
import { fillQuietGaps, receivePage } from "./fill.js";
import { noteName } from "./ignoring.js";
import { insertGap, placeMessages } from "./gaps.js";
import { findMessage, insertMessages, insertNote, placeOf, trimEntries } from "./log.js";
import { addTypist, applyPresence, isReturning, removeTypist, withoutReturned } from "./members.js";
import { foldName } from "./names.js";
import { isUnkept } from "./outage.js";
import { keepPasses, keepPassword } from "./passes.js";
import { noteSaid, pauseAfter } from "./silence.js";
import { receiveKicked } from "./kicked.js";
import { wantQuotes } from "./quotes.js";
import { receiveError } from "./errors.js";
import { withoutRoomRole, withRoles } from "./roles.js";
import { refreshMembers } from "./rooms.js";
import { findRoom } from "./state.js";
import { notify, settle, store, update, updateRoom, updateRooms } from "./step.js";
import { addUnread, isHeard, isLooking, recount, recountChanged } from "./unread.js";

/** The most members that the server names. */
const MAX_NAMED_MEMBERS = 200;

/**
 * @param {Step} step
 * @param {ServerEvent} event
 * @returns {void}
 */
export function receive(step, event) {
  const { state, now } = step;
  switch (event.type) {
    case "welcome":
      settle(step, event.ref);
      return receiveWelcome(step, event);
    case "error":
      return receiveError(step, event);
    case "renamed":
      settle(step, event.ref);
      update(step, { nameDialog: null });
      becomeUser(step, event.you);
      return updateRooms(
        step,
        (room) => room.status === "out" ? { ...room, joinAt: 0, joinError: null } : room,
      );
    case "bye":
      return update(step, {
        connection: { ...state.connection, byeMs: event.retryMs },
        outage: "sent_away",
      });
    case "ack":
      return receiveAck(step, event);
    case "rooms":
    case "bans":
    case "done":
      settle(step, event.ref);
      return;
    case "pong":
    case "found":
      return;
  }
  // An event of a later version of the protocol may have no room.
  const room = findRoom(state, event.room);
  if (room === undefined) return;
  switch (event.type) {
    case "joined":
      keepPassword(step, settle(step, event.ref), event);
      receiveJoined(step, room, event);
      return fillQuietGaps(step, room.name);
  }
  if (event.type === "settings") settle(step, event.ref);
  // Events before `joined` belong to an earlier membership of the room.
  if (room.status !== "joined") return;
  switch (event.type) {
    case "message":
      return receiveMessage(step, room, event);
    case "presence":
      return receivePresence(step, room, event);
    case "typing":
      if (!isHeard(state, event.user)) return;
      return updateRoom(step, room.name, { typists: addTypist(room.typists, event.user, now) });
    case "history": {
      const command = settle(step, event.ref);
      return command?.type === "history" && command.since !== undefined
        ? receivePage(step, room, command.since, event)
        : receiveHistory(step, room, event);
    }
    case "gap":
      return receiveGap(step, room, event);
    case "settings": {
      const { type: _, ref: __, room: ___, ...settings } = event;
      const slowUntil = pauseAfter(state, { ...room, settings }, now);
      const members = withRoles(room.members, settings);
      return updateRoom(step, room.name, { settings, members, slowUntil });
    }
    case "kicked":
      return receiveKicked(step, room, event.until);
  }
}

/**
 * @param {Step} step
 * @param {WelcomeEvent} welcome
 */
function receiveWelcome(step, { you, heartbeatMs, limits, features, keepDays }) {
  const { name, namer, token, connection } = step.state;
  update(step, {
    limits,
    features,
    keepDays: keepDays ?? null,
    outage: null,
    connection: welcomed(connection, heartbeatMs, step.now),
  });
  becomeUser(step, you);
  keepPasses(step);
  if (namer === "user" && token === "" && foldName(name) !== you.name) {
    notify(step, `You can’t be “${name}” in one of your rooms, so you are “${you.name}” here.`);
  }
}

/**
 * @param {Step} step
 * @param {User} you
 */
function becomeUser(step, you) {
  update(step, { you: withoutRoomRole(you), name: you.name });
  updateRooms(step, (room) => ({
    ...room,
    entries: noteChange(room, { renamed: [you] }),
    members: withRoles(applyPresence(room.members, { renamed: [you] }), room.settings),
  }));
  store(step, "name", you.name);
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {MessageEvent} event
 */
function receiveMessage(step, room, event) {
  const { name, era, follow } = room;
  const message = inEra(event, era);
  if (event.changed !== undefined && findMessage(room, message.id)?.text !== event.text) {
    step.effects.push({ type: "withdraw", id: event.id });
  }
  updateRoom(step, name, movedCursor(room, event));
  const isNew = addMessage(step, room, message) && event.deleted !== true;
  recountChanged(step, room, message);
  if (follow === 0) noteEdit(step, room, message);
  // All messages that followed have come, so the user's own ones are known.
  if (follow === 1) recount(step, name);
  if (isNew) updateRoom(step, name, { typists: removeTypist(room.typists, message.user.id) });
  if (isNew) noteName(step, message.user);
  if (!isNew || follow > 0 || !isHeard(step.state, message.user)) return;
  wantQuotes(step, name, [message], { isNew: true });
  if (!isLooking(step.state, name)) addUnread(step, name, [message]);
  alertUser(step, room, message);
  soundFor(step, room, message);
  announceMessage(step, room, message);
}

/**
 * @param {Step} step
 * @param {AckEvent} ack
 */
function receiveAck(step, ack) {
  const { outbox, you } = step.state;
  const { ref, id, time } = ack;
  if (isUnkept(step.state)) notify(step, "Sent: the chat keeps messages again");
  update(step, { refusals: 0 });
  const item = outbox.find((candidate) => candidate.ref === ref);
  if (item === undefined || you === null) return;
  dropItems(step, (other) => other === item);
  // The user may have left it meanwhile.
  const room = findRoom(step.state, item.room);
  if (room === undefined) return;
  if (item.type !== "send") return applyAcknowledged(step, room, { item, ack });
  if (!ack.duplicate) noteSaid(step, room);
  const { text, reply, isRevised } = item;
  // The message itself may come later. An ack moves no cursor: others may be on their way before it.
  const message = { id, time, user: you, text, ...(reply !== undefined && { reply }) };
  addMessage(step, room, inEra(message, room.era));
  if (room.editing?.id === ref) {
    updateRoom(step, room.name, { editing: { ...room.editing, id: room.era + id } });
  }
  if (step.state.deleting?.id === ref) {
    update(step, { deleting: { room: room.name, id: room.era + id } });
  }
  if (isRevised) queueChange(step, { type: "edit", ref: `${ref}+`, room: room.name, id, text });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {Message} message as it is placed
 * @returns {boolean} whether it was new, and no change of one that the user may have seen
 */
function addMessage(step, room, message) {
  const since = room.era + (room.since ?? "");
  const isKnown = room.entries[placeOf(room.entries, message.id)]?.id === message.id;
  const entries = placeMessages(room.entries, [message], { since, more: room.more });
  // A user who reads far up keeps the entries there.
  const isReading = room.name === step.state.current && !room.atBottom && room.past === null;
  const kept = isReading ? entries : trimEntries(entries);
  // The server has no messages of an earlier era.
  const isCut = kept !== entries && (kept[0]?.id ?? "") >= room.era;
  updateRoom(step, room.name, {
    entries: kept,
    more: room.more || isCut,
    reach: kept === entries ? room.reach : null,
  });
  const isOld = message.changed !== undefined && message.id <= since;
  return entries !== room.entries && !isKnown && !isOld;
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {PresenceEvent} presence
 */
function receivePresence(step, room, presence) {
  const { joined = [], left = [], renamed = [], count } = presence;
  const isOther = (/** @type {User} */ { id }) => id !== step.state.you?.id;
  /** @param {User} user */
  const isMember = ({ id }) => room.members.some((member) => member.id === id);
  const { absentees } = room;
  const isNews = (/** @type {User} */ user) =>
    isOther(user) && !isMember(user) && !isReturning(absentees, user, step.now);
  const members = applyPresence(room.members, presence);
  updateRoom(step, room.name, {
    members,
    absentees: absentees.ids.size > 0 ? withoutReturned(absentees, joined) : absentees,
    count,
    typists: room.typists.filter((typist) => !left.includes(typist.user.id)),
    entries: noteChange(room, {
      joined: joined.filter(isNews),
      left: room.members.filter((user) => isOther(user) && left.includes(user.id)),
      renamed,
    }),
  });
  // Of a large room only the count is sent, after which the list is out of date.
  if (count <= MAX_NAMED_MEMBERS && members.length !== count) refreshMembers(step, room.name);
  // Another tab of this user may have changed the name.
  const you = renamed.find((user) => user.id === step.state.you?.id);
  if (you !== undefined) becomeUser(step, you);
}

/**
 * The log of a room with a membership line for a change of presence.
 *
 * @param {Room} room
 * @param {{ joined?: readonly User[], left?: readonly User[], renamed?: readonly User[] }} change
 */
function noteChange(
  { status, entries, members, era, since },
  { joined = [], left = [], renamed = [] },
) {
  if (status !== "joined") return entries;
  const names = new Map(members.map(({ id, name }) => [id, name]));
  const renames = renamed.flatMap(({ id, name }) => {
    const from = names.get(id) ?? name;
    return from === name ? [] : [{ id, from, to: name }];
  });
  return insertNote(entries, era + (since ?? ""), { joined, left, renamed: renames });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {HistoryEvent} history
 */
function receiveHistory(step, room, { messages, more }) {
  const entries = insertMessages(
    room.entries,
    messages.map((message) => inEra(message, room.era)),
  );
  updateRoom(step, room.name, { entries, more, loading: false });
  if (room.hasMoreUnread) recount(step, room.name);
}

/**
 * Marks what this connection will not be given, and what can be loaded of it.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {GapEvent} gap
 */
function receiveGap(step, { name, entries, era, floor, readTo }, { after, before }) {
  // Without a store, a gap is what the server has dropped.
  const isKept = step.state.keepDays !== null && floor !== null && after >= floor;
  const range = isKept ? { since: after, until: before } : undefined;
  updateRoom(step, name, { entries: insertGap(entries, era + after, range) });
  if (isKept && readTo !== null && !isLooking(step.state, name)) {
    updateRoom(step, name, { hasMoreUnread: true });
  }
}
