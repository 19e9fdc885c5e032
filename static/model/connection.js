/**
 * State of the connection: connecting, heartbeat, backoff and terminal close codes. Pure: the time
 * and random numbers are passed in. All times are milliseconds; Infinity means never.
 *
 * @module
 */

import { nextTick } from "./countdown.js";

/**
 * @typedef {object} Connection
 * @property {"idle" | "connecting" | "online" | "offline" | "stopped"} status
 * @property {number} attempt tries since the connection was last stable
 * @property {number} goneAt when the last stable connection was lost, or the first try failed
 * @property {number} welcomedAt
 * @property {number} heartbeatMs
 * @property {number} heardAt when the server last said something
 * @property {number} pingAt when to send a ping
 * @property {number} deadAt when to give up on this socket
 * @property {number} retryAt when to try again
 * @property {number | null} byeMs how long the server told this client to stay away, or for how long
 *   it has banned the user
 * @property {string} reason why it stopped, or ""
 */

const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 20_000;
/**
 * Unless the server asked for fewer tries, a wait is at most half the time since the connection was
 * lost, or 2 s: the page finds a server that is back after 10 s within 5 s.
 */
const MAX_WAIT_SHARE = 0.5;
const MIN_BOUND_MS = 2000;
/** From `new WebSocket` to `welcome`. */
const CONNECT_TIMEOUT_MS = 15_000;
/**
 * Time that the page waits for an answer before it asks with a ping whether the connection is alive,
 * and then for the pong. A round trip takes less on all but the slowest lines.
 */
export const ANSWER_TIMEOUT_MS = 5000;
/** After this time online a connection counts as stable, and the backoff is reset. */
const STABLE_MS = 10_000;

/** The code that a browser gives when there was no close frame. */
export const ABNORMAL_CLOSURE = 1006;

/** @type {Connection} */
export const IDLE = {
  status: "idle",
  attempt: 0,
  goneAt: Infinity,
  welcomedAt: Infinity,
  heartbeatMs: Infinity,
  heardAt: -Infinity,
  pingAt: Infinity,
  deadAt: Infinity,
  retryAt: Infinity,
  byeMs: null,
  reason: "",
};

/**
 * Full jitter: anything up to a bound that doubles with every attempt, so that the clients of a
 * server that restarts don't come back all at once.
 *
 * @param {number} attempt from 0
 * @param {number} random from 0 to 1
 * @param {number} [maxMs] another bound
 * @returns {number} milliseconds
 */
export function backoffMs(attempt, random, maxMs = BACKOFF_MAX_MS) {
  return random * Math.min(BACKOFF_MAX_MS, maxMs, BACKOFF_BASE_MS * 2 ** attempt);
}

/**
 * Whether the server closed the connection for good.
 *
 * @param {number} code
 * @returns {boolean}
 */
export function isTerminal(code) {
  return code === 1003 || code === 1009 || (code >= 4500 && code <= 4999);
}

/**
 * Whether the server closed the connection and wants its clients to come back less and less often.
 *
 * @param {number} code
 */
function isAsked(code) {
  return code >= 4000 && code <= 4499;
}

/**
 * @param {Connection} connection
 * @param {number} now
 * @returns {Connection}
 */
export function connecting({ attempt, goneAt }, now) {
  return { ...IDLE, status: "connecting", attempt, goneAt, deadAt: now + CONNECT_TIMEOUT_MS };
}

/**
 * @param {Connection} connection
 * @param {number} heartbeatMs
 * @param {number} now
 * @returns {Connection}
 */
export function welcomed({ attempt, goneAt }, heartbeatMs, now) {
  return {
    ...IDLE,
    status: "online",
    attempt,
    goneAt,
    welcomedAt: now,
    heartbeatMs,
    heardAt: now,
    pingAt: now + heartbeatMs,
  };
}

/**
 * Any event of the server proves that the connection is alive.
 *
 * @param {Connection} connection
 * @param {number} now
 * @returns {Connection}
 */
export function heard(connection, now) {
  if (connection.status !== "online") return connection;
  return {
    ...connection,
    heardAt: now,
    pingAt: now + connection.heartbeatMs,
    deadAt: Infinity,
  };
}

/**
 * Sets the deadline for the answer to a ping that was sent.
 *
 * @param {Connection} connection
 * @param {number} now
 * @param {number} [timeoutMs]
 * @returns {Connection}
 */
export function pinged(connection, now, timeoutMs = connection.heartbeatMs) {
  const deadAt = Math.min(connection.deadAt, now + timeoutMs);
  return { ...connection, pingAt: Infinity, deadAt };
}

/**
 * A command waits for its answer: the page sends a ping soon if the server is silent.
 *
 * @param {Connection} connection
 * @param {number} now
 * @returns {Connection}
 */
export function expecting(connection, now) {
  if (connection.status !== "online") return connection;
  return { ...connection, pingAt: Math.min(connection.pingAt, now + ANSWER_TIMEOUT_MS) };
}

/**
 * Chooses the status and the next try after the socket has closed.
 *
 * @param {Connection} connection
 * @param {{ code: number, now: number, random: number }} closure
 * @returns {Connection}
 */
export function lost(connection, { code, now, random }) {
  if (isTerminal(code)) {
    const { byeMs } = connection;
    const retryAt = code === 4502 && byeMs !== null ? now + byeMs : Infinity;
    return { ...IDLE, status: "stopped", retryAt, reason: explainClosure(code) };
  }
  const wasStable = now - connection.welcomedAt >= STABLE_MS;
  const attempt = wasStable ? 0 : connection.attempt;
  const goneAt = wasStable ? now : Math.min(connection.goneAt, now);
  const bound = isAsked(code) ? Infinity : Math.max(MIN_BOUND_MS, MAX_WAIT_SHARE * (now - goneAt));
  const waitMs = connection.byeMs ?? backoffMs(attempt, random, bound);
  return { ...IDLE, status: "offline", attempt: attempt + 1, goneAt, retryAt: now + waitMs };
}

/**
 * The time at which the connection has something due next, including each change of a countdown.
 *
 * @param {Connection} connection
 * @param {number} now
 * @returns {number}
 */
export function nextConnectionDeadline({ pingAt, deadAt, retryAt }, now) {
  return Math.min(pingAt, deadAt, nextTick(retryAt, now));
}

/**
 * @param {number} code
 */
function explainClosure(code) {
  switch (code) {
    case 1003:
    case 4500:
      return "The chat doesn’t understand this page, which may be an old one. Reload it.";
    case 1009:
      return "A message is too large for this chat. Discard it, and try again.";
    case 4501:
      return "Too much was sent in a short time. Wait a minute, and try again.";
    case 4502:
      return "You were sent out of this chat.";
    case 4503:
      return "You were let in for a time, which is over. Come back with a new link.";
    default:
      return `The chat has ended the connection (number ${code}). Reload the page to try again.`;
  }
}
