/**
 * All behaviour of the page: what happened in, the new state and what is to be done out. Pure:
 * time and chance come with the input.
 *
 * @module
 */

/** @import { ServerEvent } from "../../chat/protocol/types.ts" */
/** @import { Outage } from "./outage.js" */
/** @import { Alerts, State, Theme } from "./state.js" */
/** @import { Effect, Turn } from "./step.js" */
import { IDLE, nextConnectionDeadline } from "./connection.js";
import { adoptStored } from "./other_tabs.js";
import { foldName, nameProblem } from "./names.js";
import { nextRetryAt, retryMessage } from "./outbox.js";
import { receive } from "./receive.js";
import { changeNetwork, connect, hear, lose, retry, tick, wake } from "./reconnect.js";
import { askForName } from "./errors.js";
import {
  askForFullRoom,
  confirmLeave,
  giveUpRoom,
  joinRooms,
  leaveRoom,
  muteRoom,
  openNeighbour,
  openRoom,
  rememberRoom,
  requestOlder,
  seekUnread,
} from "./rooms.js";
import { discard, draft, sendMessages, submit } from "./sending.js";
import { currentRoom } from "./state.js";
import { notify, request, store, update } from "./step.js";
import { nextReadAt, noteRead, rememberRead, scroll } from "./unread.js";

/**
 * What can happen to the page.
 *
 * @typedef {{ type: "started" }
 *   | { type: "opened", refs: readonly string[] | null }
 *   | { type: "received", event: ServerEvent }
 *   | { type: "closed", code: number }
 *   | { type: "probed", outage: Outage }
 *   | { type: "network_changed", hasNetwork: boolean }
 *   | { type: "ticked" }
 *   | { type: "woke" }
 *   | { type: "retry_wanted" }
 *   | { type: "visibility_changed", visible: boolean }
 *   | { type: "scrolled", atBottom: boolean }
 *   | { type: "name_asked" }
 *   | { type: "name_chosen", name: string }
 *   | { type: "name_dismissed" }
 *   | { type: "drafted", text: string }
 *   | { type: "submitted", ref: string, text: string }
 *   | { type: "message_retried", ref: string }
 *   | { type: "message_discarded", ref: string }
 *   | { type: "older_wanted" }
 *   | { type: "first_unread_wanted" }
 *   | { type: "room_opened", room: string, isAddress?: boolean }
 *   | { type: "neighbour_opened", direction: 1 | -1 }
 *   | { type: "room_left", room: string }
 *   | { type: "leave_confirmed" }
 *   | { type: "leave_dismissed" }
 *   | { type: "room_muted", room: string, muted: boolean }
 *   | { type: "theme_chosen", theme: Theme }
 *   | { type: "alerts_chosen", alerts: Alerts }
 *   | { type: "stored_elsewhere", key: string, value: unknown }
 *   | { type: "noticed", text: string }} Occurrence
 */

/** @typedef {Occurrence & { now: number, random: number }} Input */

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
  // Whatever has happened: the timer for what is due now may not have fired yet, and won't again.
  tick(turn);
  noteRead(turn);
  update(turn, { now });
  if (turn.state.connection.status === "online") {
    joinRooms(turn);
    sendMessages(turn);
  }
  return { state: turn.state, effects: turn.effects };
}

/**
 * When `reduce` next wants to be told the time, or Infinity.
 *
 * @param {State} state
 * @returns {number}
 */
export function nextDeadline(state) {
  const { now, connection, notice, rooms, outbox } = state;
  const deadlines = [
    nextConnectionDeadline(connection, now),
    nextRetryAt(outbox),
    nextReadAt(state),
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
  const { state } = turn;
  const room = currentRoom(state);
  switch (input.type) {
    case "started":
      return start(turn);
    case "opened": {
      // What is no longer stored was acknowledged in another tab of this user.
      const { refs } = input;
      if (refs !== null) {
        update(turn, { outbox: state.outbox.filter((item) => refs.includes(item.ref)) });
      }
      return request(turn, { type: "hello", name: state.name, key: state.key });
    }
    case "received":
      receive(turn, input.event);
      return hear(turn);
    case "closed":
      return lose(turn, input.code);
    case "probed":
      // It may have come back meanwhile.
      return state.connection.status === "online"
        ? undefined
        : update(turn, { outage: input.outage });
    case "network_changed":
      return changeNetwork(turn, input.hasNetwork);
    case "ticked":
      return;
    case "woke":
      return wake(turn);
    case "retry_wanted":
      return retry(turn);
    case "visibility_changed":
      if (!input.visible) rememberRead(turn);
      update(turn, { visible: input.visible });
      if (!input.visible) return;
      askForFullRoom(turn);
      return wake(turn);
    case "scrolled":
      return scroll(turn, input.atBottom);
    case "name_asked":
      if (room.refusal?.code === "name_taken") return askForName(turn, room.name);
      return update(turn, {
        entrance: { reason: "change", room: "", name: state.name, error: "" },
      });
    case "name_chosen":
      return chooseName(turn, input.name);
    case "name_dismissed":
      return dismissName(turn);
    case "drafted":
      return draft(turn, room, input.text);
    case "submitted":
      return submit(turn, room, input);
    case "message_retried":
      return update(turn, { outbox: retryMessage(state.outbox, input.ref) });
    case "message_discarded":
      return discard(turn, input.ref);
    case "older_wanted":
      return requestOlder(turn, room);
    case "first_unread_wanted":
      return seekUnread(turn, room.name);
    case "room_opened":
      return openRoom(turn, input.room, input);
    case "neighbour_opened":
      return openNeighbour(turn, input.direction);
    case "room_left":
      return leaveRoom(turn, input.room);
    case "leave_confirmed":
      return confirmLeave(turn);
    case "leave_dismissed":
      return update(turn, { leaving: "" });
    case "room_muted":
      return muteRoom(turn, input.room, input.muted);
    case "theme_chosen":
      update(turn, { theme: input.theme });
      return store(turn, "theme", input.theme);
    case "alerts_chosen":
      update(turn, { alerts: input.alerts });
      return store(turn, "alerts", input.alerts);
    case "stored_elsewhere":
      return adoptStored(turn, input.key, input.value);
    case "noticed":
      return notify(turn, input.text);
  }
}

/** @param {Turn} turn */
function start(turn) {
  const { name, current } = turn.state;
  rememberRoom(turn, current);
  store(turn, "current", current);
  turn.effects.push({ type: "navigate", room: current, replace: true });
  if (name !== "") return connect(turn);
  update(turn, { entrance: { reason: "first", room: "", name: "", error: "" } });
}

/**
 * Closes the form that asks for a name. Nobody can go on without any; where a room refused the
 * name, the user goes back to the room before.
 *
 * @param {Turn} turn
 */
function dismissName(turn) {
  const { name, entrance, current } = turn.state;
  if (name === "") return;
  update(turn, { entrance: null });
  if (entrance?.reason === "refused" && entrance.room === current) giveUpRoom(turn, current);
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
    const { reason = "change", room = "" } = entrance ?? {};
    return update(turn, { entrance: { reason, room, name, error } });
  }
  // The form stays until the server has agreed.
  if (connection.status === "online") return request(turn, { type: "rename", name });
  update(turn, { name, entrance: null });
  store(turn, "name", name);
  if (connection === IDLE) connect(turn);
}
