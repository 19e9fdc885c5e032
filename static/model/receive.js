/**
 * What each event of the server does to the state. Pure.
 *
 * @module
 */

/**
 * @import {
 *   AckEvent, HistoryEvent, Message, MessageEvent, PresenceEvent, ServerEvent, User, WelcomeEvent
 * } from "../../chat/protocol/types.ts"
 */
/** @import { Room } from "./state.js" */
/** @import { Turn } from "./step.js" */
import { welcomed } from "./connection.js";
import { inEra } from "./era.js";
import { receiveJoined } from "./joined.js";
import { insertGap, insertMessages, insertNote, oldestMessage, trimEntries } from "./log.js";
import { addTypist, applyPresence, removeTypist } from "./members.js";
import { isMentioned } from "./mentions.js";
import { foldName } from "./names.js";
import { removeMessage } from "./outbox.js";
import { receiveError } from "./errors.js";
import { refreshMembers, seekUnread } from "./rooms.js";
import { findRoom } from "./state.js";
import { notify, settle, store, update, updateRoom, updateRooms } from "./step.js";
import { addUnread, alertUser, isLooking, recount } from "./unread.js";

/** The most members that the server names. */
const MAX_NAMED_MEMBERS = 200;

/**
 * @param {Turn} turn
 * @param {ServerEvent} event
 * @returns {void}
 */
export function receive(turn, event) {
  const { state, now } = turn;
  switch (event.type) {
    case "welcome":
      settle(turn, event.ref);
      return receiveWelcome(turn, event);
    case "error":
      return receiveError(turn, event);
    case "renamed":
      settle(turn, event.ref);
      update(turn, { entrance: null });
      becomeUser(turn, event.you);
      return updateRooms(
        turn,
        (room) => room.status === "out" ? { ...room, joinAt: 0, refusal: null } : room,
      );
    case "bye":
      return update(turn, {
        connection: { ...state.connection, byeMs: event.retryMs },
        outage: "sent_away",
      });
    case "pong":
      return;
  }
  // An event of a later version of the protocol may have no room.
  const room = findRoom(state, event.room);
  if (room === undefined) return;
  switch (event.type) {
    case "joined":
      settle(turn, event.ref);
      return receiveJoined(turn, room, event);
    case "ack":
      return receiveAck(turn, room, event);
  }
  // What comes before `joined` belongs to an earlier stay in the room.
  if (room.status !== "joined") return;
  switch (event.type) {
    case "message":
      return receiveMessage(turn, room, event);
    case "presence":
      return receivePresence(turn, room, event);
    case "typing":
      if (event.user.id === state.you?.id) return;
      return updateRoom(turn, room.name, { typists: addTypist(room.typists, event.user, now) });
    case "history":
      settle(turn, event.ref);
      return receiveHistory(turn, room, event);
    case "gap":
      return updateRoom(turn, room.name, {
        entries: insertGap(room.entries, room.era + event.after),
      });
  }
}

/**
 * @param {Turn} turn
 * @param {WelcomeEvent} welcome
 */
function receiveWelcome(turn, { you, heartbeatMs, limits }) {
  const { name, connection } = turn.state;
  update(turn, { limits, outage: null, connection: welcomed(connection, heartbeatMs, turn.now) });
  becomeUser(turn, you);
  if (foldName(name) !== you.name) {
    notify(turn, `“${name}” is taken in one of your rooms, so you are “${you.name}” here.`);
  }
}

/**
 * @param {Turn} turn
 * @param {User} you
 */
function becomeUser(turn, you) {
  update(turn, { you, name: you.name });
  updateRooms(turn, (room) => ({
    ...room,
    entries: noteChange(room, { renamed: [you] }),
    members: applyPresence(room.members, { renamed: [you] }),
  }));
  store(turn, "name", you.name);
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {MessageEvent} event
 */
function receiveMessage(turn, room, event) {
  const { name, since, era, follow } = room;
  const message = inEra(event, era);
  updateRoom(turn, name, {
    since: since === null || since < event.id ? event.id : since,
    follow: Math.max(0, follow - 1),
    typists: removeTypist(room.typists, message.user.id),
  });
  const isNew = addMessage(turn, room, message);
  // Now that all have come which followed, those of the user are known.
  if (follow === 1) recount(turn, name);
  if (!isNew || follow > 0 || message.user.id === turn.state.you?.id) return;
  if (!isLooking(turn.state, name)) addUnread(turn, name, [message]);
  alertUser(turn, room, message);
  announce(turn, room, message);
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {Message} message
 */
function announce(turn, { name, muted, members }, { user, text }) {
  if (name === turn.state.current) {
    turn.effects.push({ type: "announce", text: `${user.name}: ${text}` });
  } else if (!muted && isMentioned(text, turn.state.name, members)) {
    turn.effects.push({ type: "announce", text: `${user.name} in #${name}: ${text}` });
  }
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {AckEvent} ack
 */
function receiveAck(turn, room, { ref, id, time }) {
  const { outbox, you } = turn.state;
  const item = outbox.find((candidate) => candidate.ref === ref);
  if (item === undefined || you === null) return;
  update(turn, { outbox: removeMessage(outbox, ref) });
  store(turn, `outbox.${ref}`, null);
  // The message itself may come later. An ack moves no cursor: others may be on their way before it.
  addMessage(turn, room, inEra({ id, time, user: you, text: item.text }, room.era));
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {Message} message as it is placed
 * @returns {boolean} whether it was new
 */
function addMessage(turn, room, message) {
  const oldest = oldestMessage(room.entries);
  // Older than all that we have, it would hide those between; it comes with its page.
  if (room.more && oldest !== undefined && message.id < oldest.id) return false;
  const entries = insertMessages(room.entries, [message]);
  // Who reads far up keeps what is there.
  const isReading = room.name === turn.state.current && !room.atBottom;
  const kept = isReading ? entries : trimEntries(entries);
  // The server has nothing of an earlier era.
  const isCut = kept !== entries && (kept[0]?.id ?? "") >= room.era;
  updateRoom(turn, room.name, { entries: kept, more: room.more || isCut });
  return entries !== room.entries;
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {PresenceEvent} presence
 */
function receivePresence(turn, room, presence) {
  const { joined = [], left = [], renamed = [], count } = presence;
  const isOther = (/** @type {User} */ { id }) => id !== turn.state.you?.id;
  /** @param {User} user */
  const isMember = ({ id }) => room.members.some((member) => member.id === id);
  const members = applyPresence(room.members, presence);
  updateRoom(turn, room.name, {
    members,
    count,
    typists: room.typists.filter((typist) => !left.includes(typist.user.id)),
    entries: noteChange(room, {
      joined: joined.filter((user) => isOther(user) && !isMember(user)),
      left: room.members.filter((user) => isOther(user) && left.includes(user.id)),
      renamed,
    }),
  });
  // A crowd is told as a count alone, after which the list is out of date.
  if (count <= MAX_NAMED_MEMBERS && members.length !== count) refreshMembers(turn, room.name);
  // Another tab of this user may have changed the name.
  const you = renamed.find((user) => user.id === turn.state.you?.id);
  if (you !== undefined) becomeUser(turn, you);
}

/**
 * The log of a room with a note of who came and went, and of members who have another name now.
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
 * @param {Turn} turn
 * @param {Room} room
 * @param {HistoryEvent} history
 */
function receiveHistory(turn, room, { messages, more }) {
  const entries = insertMessages(
    room.entries,
    messages.map((message) => inEra(message, room.era)),
  );
  updateRoom(turn, room.name, { entries, more, loading: false });
  if (room.hasMoreUnread) recount(turn, room.name);
  if (room.seeking) seekUnread(turn, room.name);
}
