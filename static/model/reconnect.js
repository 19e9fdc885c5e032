/**
 * When to connect, to break the silence, and to come back. Pure.
 *
 * @module
 */

/** @import { State } from "./state.js" */
/** @import { Turn } from "./step.js" */
import {
  ABNORMAL_CLOSURE,
  ANSWER_TIMEOUT_MS,
  connecting,
  expecting,
  heard,
  lost,
  pinged,
} from "./connection.js";
import { expireTypists } from "./members.js";
import { requeue } from "./outbox.js";
import { beginAbsence } from "./restart.js";
import { send, update, updateRooms } from "./step.js";

/**
 * @param {Turn} turn
 * @returns {void}
 */
export function connect(turn) {
  update(turn, { connection: connecting(turn.state.connection, turn.now) });
  turn.effects.push({ type: "open" });
}

/**
 * @param {Turn} turn
 * @param {number} code
 * @returns {void}
 */
export function lose(turn, code) {
  const { connection, outbox, hasNetwork } = turn.state;
  if (connection.status === "online") beginAbsence(turn);
  // A connection that was lost may come back at once; one that failed has a reason.
  else if (hasNetwork) turn.effects.push({ type: "probe" });
  update(turn, {
    connection: lost(connection, { code, now: turn.now, random: turn.random }),
    outbox: requeue(outbox),
    notice: null,
    pending: [],
  });
  updateRooms(turn, (room) => ({
    ...room,
    status: "out",
    joinAt: 0,
    loading: false,
    seeking: false,
    follow: 0,
    typists: [],
  }));
}

/**
 * The user wants to try now.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function retry(turn) {
  const { status } = turn.state.connection;
  if (status === "offline" || status === "stopped") return connect(turn);
  updateRooms(turn, (room) => room.status === "out" ? { ...room, joinAt: 0, refusal: null } : room);
}

/**
 * Does what is due.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function tick(turn) {
  const { now, state: { connection, notice } } = turn;
  if (connection.deadAt <= now) {
    turn.effects.push({ type: "close" });
    lose(turn, ABNORMAL_CLOSURE);
  } else if (connection.pingAt <= now) {
    ping(turn, isAnswerDue(turn.state));
  } else if (connection.retryAt <= now) {
    connect(turn);
  }
  if (notice !== null && notice.until <= now) update(turn, { notice: null });
  if (!turn.state.rooms.some((room) => room.typists.some(({ until }) => until <= now))) return;
  updateRooms(turn, (room) => {
    const typists = expireTypists(room.typists, now);
    return typists === room.typists ? room : { ...room, typists };
  });
}

/**
 * The network or the page is back: is the connection still good?
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function wake(turn) {
  const { status } = turn.state.connection;
  if (status === "offline") return connect(turn);
  // Sleep ends connections without a word.
  if (status === "online") ping(turn, true);
}

/**
 * The browser has a network now, or has none any more.
 *
 * @param {Turn} turn
 * @param {boolean} hasNetwork
 * @returns {void}
 */
export function changeNetwork(turn, hasNetwork) {
  update(turn, { hasNetwork });
  if (hasNetwork || turn.state.connection.status === "online") wake(turn);
}

/**
 * The server has said something, which may not be the answer that is awaited.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function hear(turn) {
  const { now, state: { connection } } = turn;
  const alive = heard(connection, now);
  update(turn, { connection: isAnswerDue(turn.state) ? expecting(alive, now) : alive });
}

/**
 * Asks whether the connection is alive.
 *
 * @param {Turn} turn
 * @param {boolean} isInDoubt whether to give it up soon if it doesn't answer
 */
function ping(turn, isInDoubt) {
  const { now, state: { connection } } = turn;
  // On a slow line the pong comes long after the page of messages before it: up to 1 MiB.
  const isSoon = isInDoubt && !isPageDue(turn.state);
  const timeoutMs = isSoon ? ANSWER_TIMEOUT_MS : connection.heartbeatMs;
  update(turn, { connection: pinged(connection, now, timeoutMs) });
  send(turn, { type: "ping" });
}

/** @param {State} state */
function isAnswerDue({ pending, outbox }) {
  return pending.length > 0 || outbox.some(({ status }) => status === "sent");
}

/** @param {State} state */
function isPageDue({ pending }) {
  return pending.some(({ type }) => type === "join" || type === "history");
}
