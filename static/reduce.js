/**
 * All behaviour of the page: what happened in, the new state and what is to be done out. Pure:
 * time and chance come with the input.
 *
 * @module
 */

/** @import { ServerEvent } from "../chat/protocol.ts" */
/** @import { Room, State } from "./state.js" */
/** @import { Effect, Turn } from "./turn.js" */
import {
  ABNORMAL_CLOSURE,
  connecting,
  heard,
  IDLE,
  lost,
  nextConnectionDeadline,
  pinged,
  probed,
} from "./connection.js";
import { oldestMessage } from "./log.js";
import { expireTypists } from "./members.js";
import { foldName, nameProblem } from "./names.js";
import {
  dueMessages,
  markSent,
  nextRetryAt,
  outgoing,
  removeMessage,
  requeue,
  retryMessage,
} from "./outbox.js";
import { receive } from "./receive.js";
import { currentRoom, findRoom, newRoom } from "./state.js";
import { request, send, store, update, updateRoom, updateRooms } from "./turn.js";

/**
 * What can happen to the page.
 *
 * @typedef {{ type: "started" }
 *   | { type: "opened", refs: readonly string[] }
 *   | { type: "received", event: ServerEvent }
 *   | { type: "closed", code: number, reason: string }
 *   | { type: "ticked" }
 *   | { type: "woke" }
 *   | { type: "retry_wanted" }
 *   | { type: "visibility_changed", visible: boolean }
 *   | { type: "name_asked" }
 *   | { type: "name_chosen", name: string }
 *   | { type: "name_dismissed" }
 *   | { type: "drafted", text: string }
 *   | { type: "submitted", ref: string, text: string }
 *   | { type: "message_retried", ref: string }
 *   | { type: "message_discarded", ref: string }
 *   | { type: "older_wanted" }
 *   | { type: "room_opened", room: string }} Occurrence
 */

/** @typedef {Occurrence & { now: number, random: number }} Input */

/** How often the others are told that we type. */
const TYPING_INTERVAL_MS = 3000;
/** How many older messages are asked for at once. */
const PAGE_SIZE = 50;

/**
 * @param {State} state
 * @param {Input} input
 * @returns {{ state: State, effects: Effect[] }}
 */
export function reduce(state, input) {
  const { now, random } = input;
  /** @type {Turn} */
  const turn = { state, effects: [], now, random };
  step(turn, input);
  update(turn, { now });
  pump(turn);
  return { state: turn.state, effects: turn.effects };
}

/**
 * When `reduce` next wants to be told the time, or Infinity.
 *
 * @param {State} state
 * @returns {number}
 */
export function nextDeadline({ now, connection, notice, rooms, outbox }) {
  const deadlines = [
    nextConnectionDeadline(connection, now),
    nextRetryAt(outbox),
    notice?.until ?? Infinity,
    ...rooms.flatMap((room) => [room.joinAt, ...room.typists.map((typist) => typist.until)]),
  ];
  // What is due by now waits for something other than time.
  return Math.min(...deadlines.filter((deadline) => deadline > now));
}

/**
 * @param {Turn} turn
 * @param {Input} input
 */
function step(turn, input) {
  const { state, now } = turn;
  const room = currentRoom(state);
  switch (input.type) {
    case "started":
      if (state.name === "") {
        return update(turn, { entrance: { reason: "first", name: "", error: "" } });
      }
      return connect(turn);
    case "opened": {
      // What is no longer stored was acknowledged in another tab of this user.
      const outbox = state.outbox.filter((item) => input.refs.includes(item.ref));
      update(turn, { outbox });
      return request(turn, { type: "hello", name: state.name, key: state.key });
    }
    case "received":
      update(turn, { connection: heard(state.connection, now) });
      return receive(turn, input.event);
    case "closed":
      return lose(turn, input.code, input.reason);
    case "ticked":
      return tick(turn);
    case "woke":
      return wake(turn);
    case "retry_wanted":
      return retry(turn);
    case "visibility_changed":
      update(turn, { visible: input.visible });
      if (!input.visible) return;
      updateRoom(turn, room.name, { unread: 0 });
      return wake(turn);
    case "name_asked":
      return update(turn, { entrance: { reason: "change", name: state.name, error: "" } });
    case "name_chosen":
      return chooseName(turn, input.name);
    case "name_dismissed":
      if (state.name !== "") update(turn, { entrance: null });
      return;
    case "drafted":
      return draft(turn, room, input.text);
    case "submitted": {
      const { ref, text } = input;
      const item = outgoing({ ref, room: room.name, text, queuedAt: now });
      update(turn, { outbox: [...state.outbox, item] });
      store(turn, `outbox.${ref}`, item);
      return draft(turn, room, "");
    }
    case "message_retried":
      return update(turn, { outbox: retryMessage(state.outbox, input.ref) });
    case "message_discarded":
      update(turn, { outbox: removeMessage(state.outbox, input.ref) });
      return store(turn, `outbox.${input.ref}`, null);
    case "older_wanted":
      return requestOlder(turn, room);
    case "room_opened":
      return openRoom(turn, input.room);
  }
}

/** @param {Turn} turn */
function connect(turn) {
  update(turn, { connection: connecting(turn.state.connection, turn.now) });
  turn.effects.push({ type: "open" });
}

/**
 * @param {Turn} turn
 * @param {number} code
 * @param {string} reason
 */
function lose(turn, code, reason) {
  const { connection, outbox } = turn.state;
  update(turn, {
    connection: lost(connection, { code, reason, now: turn.now, random: turn.random }),
    outbox: requeue(outbox),
    notice: null,
    pending: [],
  });
  updateRooms(turn, (room) => ({
    ...room,
    status: "out",
    joinAt: 0,
    loading: false,
    follow: 0,
    typists: [],
  }));
}

/** @param {Turn} turn */
function retry(turn) {
  const { status } = turn.state.connection;
  if (status === "offline" || status === "stopped") return connect(turn);
  updateRooms(turn, (room) => room.status === "out" ? { ...room, joinAt: 0 } : room);
}

/** @param {Turn} turn */
function tick(turn) {
  const { now, state: { connection, notice } } = turn;
  if (connection.deadAt <= now) {
    turn.effects.push({ type: "close" });
    lose(turn, ABNORMAL_CLOSURE, "");
  } else if (connection.pingAt <= now) {
    update(turn, { connection: pinged(connection, now) });
    send(turn, { type: "ping" });
  } else if (connection.retryAt <= now) {
    connect(turn);
  }
  if (notice !== null && notice.until <= now) update(turn, { notice: null });
  updateRooms(turn, (room) => {
    const typists = expireTypists(room.typists, now);
    return typists === room.typists ? room : { ...room, typists };
  });
}

/** @param {Turn} turn */
function wake(turn) {
  const { now, state: { connection } } = turn;
  if (connection.status === "offline") return connect(turn);
  if (connection.status !== "online") return;
  update(turn, { connection: probed(connection, now) });
  send(turn, { type: "ping" });
}

/**
 * @param {Turn} turn
 * @param {string} wanted
 */
function chooseName(turn, wanted) {
  const { connection, entrance, limits } = turn.state;
  const name = foldName(wanted);
  const error = nameProblem(name, limits.name);
  if (error !== "") {
    return update(turn, { entrance: { reason: entrance?.reason ?? "change", name, error } });
  }
  // The form stays until the server has agreed.
  if (connection.status === "online") return request(turn, { type: "rename", name });
  update(turn, { name, entrance: null });
  store(turn, "name", name);
  if (connection === IDLE) connect(turn);
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {string} text
 */
function draft(turn, room, text) {
  const { now } = turn;
  updateRoom(turn, room.name, { draft: text });
  store(turn, `draft.${room.name}`, text === "" ? null : text);
  if (text === "" || room.status !== "joined" || now - room.typedAt < TYPING_INTERVAL_MS) return;
  updateRoom(turn, room.name, { typedAt: now });
  send(turn, { type: "typing", room: room.name });
}

/**
 * @param {Turn} turn
 * @param {Room} room
 */
function requestOlder(turn, room) {
  const before = oldestMessage(room.entries)?.id;
  if (!room.more || room.loading || room.status !== "joined" || before === undefined) return;
  updateRoom(turn, room.name, { loading: true });
  request(turn, { type: "history", room: room.name, before, limit: PAGE_SIZE });
}

/**
 * @param {Turn} turn
 * @param {string} name
 */
function openRoom(turn, name) {
  if (findRoom(turn.state, name) === undefined) {
    update(turn, { rooms: [...turn.state.rooms, newRoom(name)] });
  }
  update(turn, { current: name });
  updateRoom(turn, name, { unread: 0 });
}

/**
 * Joins the rooms and sends the messages that are due.
 *
 * @param {Turn} turn
 */
function pump(turn) {
  const { now } = turn;
  if (turn.state.connection.status !== "online") return;
  for (const { name, status, joinAt, since } of turn.state.rooms) {
    if (status !== "out" || joinAt > now) continue;
    updateRoom(turn, name, { status: "joining", error: "" });
    request(turn, { type: "join", room: name, ...(since === null ? {} : { since }) });
  }
  for (const { ref, room, text } of dueMessages(turn.state.outbox, now)) {
    if (findRoom(turn.state, room)?.status !== "joined") continue;
    update(turn, { outbox: markSent(turn.state.outbox, ref) });
    send(turn, { type: "send", ref, room, text });
  }
}
