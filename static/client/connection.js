/**
 * State of the connection: connecting, heartbeat, backoff and terminal close codes. Pure: the time
 * and random numbers are passed in. All times are milliseconds; Infinity means never.
 *
 * @module
 */

/** @import { Command } from "./protocol.d.ts" */
/** @import { Status } from "./session.js" */

/**
 * @typedef {object} Connection
 * @property {Status} status
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
 */

/**
 * Commands that wait for their answers on this connection, and items of the outbox.
 *
 * @typedef {object} Work
 * @property {readonly Command[]} pending
 * @property {readonly { status: string }[]} outbox
 */

const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 20_000;
/**
 * Unless the server asked for fewer tries, a wait is at most half the time since the connection was
 * lost, or 2 s: a client finds a server that is back after 10 s within 5 s.
 */
const MAX_WAIT_SHARE = 0.5;
const MIN_BOUND_MS = 2000;
/** From `new WebSocket` to `welcome`. */
const CONNECT_TIMEOUT_MS = 15_000;
/**
 * Time that a client waits for an answer before it asks with a ping whether the connection is alive,
 * and then for the pong. A round trip takes less on all but the slowest lines.
 */
const ANSWER_TIMEOUT_MS = 5000;
/** After this time online a connection counts as stable, and the backoff is reset. */
const STABLE_MS = 10_000;

/** The code that a client sees when there was no close frame. */
export const ABNORMAL_CLOSURE = 1006;
/** A code after which clients come back less and less often. */
const COME_BACK = 4000;

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
 * Returns true if the server closed the connection for good.
 *
 * @param {number} code
 * @returns {boolean}
 */
export function isTerminal(code) {
  return code === 1003 || code === 1009 || (code >= 4500 && code <= 4999);
}

/**
 * Returns true if the server closed the connection and wants its clients to come back less and less
 * often.
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
 * Any event of the server proves that the connection is alive. It need not be the answer that is
 * awaited.
 *
 * @param {Connection} connection
 * @param {Work} work
 * @param {number} now
 * @returns {Connection}
 */
export function heard(connection, work, now) {
  if (connection.status !== "online") return connection;
  const alive = {
    ...connection,
    heardAt: now,
    pingAt: now + connection.heartbeatMs,
    deadAt: Infinity,
  };
  return isAnswerDue(work) ? expecting(alive, now) : alive;
}

/**
 * Sets the deadline for the answer to a ping that was sent.
 *
 * @param {Connection} connection
 * @param {Work} work
 * @param {number} now
 * @param {boolean} [isInDoubt] whether to give the connection up soon if it doesn't answer
 * @returns {Connection}
 */
export function pinged(connection, work, now, isInDoubt = isAnswerDue(work)) {
  // On a slow line the pong comes long after the page of messages before it: up to 1 MiB.
  const isSoon = isInDoubt && !isPageDue(work);
  const timeoutMs = isSoon ? ANSWER_TIMEOUT_MS : connection.heartbeatMs;
  const deadAt = Math.min(connection.deadAt, now + timeoutMs);
  return { ...connection, pingAt: Infinity, deadAt };
}

/** @param {Work} work */
function isAnswerDue({ pending, outbox }) {
  return pending.length > 0 || outbox.some(({ status }) => status === "sent");
}

/** @param {Work} work */
function isPageDue({ pending }) {
  return pending.some(({ type }) => type === "join" || type === "history");
}

/**
 * A command waits for its answer: a ping is sent soon if the server is silent.
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
    return { ...IDLE, status: "stopped", retryAt };
  }
  const wasStable = now - connection.welcomedAt >= STABLE_MS;
  const attempt = wasStable ? 0 : connection.attempt;
  const goneAt = wasStable ? now : Math.min(connection.goneAt, now);
  const bound = isAsked(code) ? Infinity : Math.max(MIN_BOUND_MS, MAX_WAIT_SHARE * (now - goneAt));
  const waitMs = connection.byeMs ?? backoffMs(attempt, random, bound);
  return { ...IDLE, status: "offline", attempt: attempt + 1, goneAt, retryAt: now + waitMs };
}

/**
 * The state after the server has refused `hello` for now: the next try is when it said, or like
 * after a lost connection.
 *
 * @param {Connection} connection
 * @param {{ retryMs?: number, now: number, random: number }} refusal
 * @returns {Connection}
 */
export function turnedAway(connection, { retryMs, now, random }) {
  return lost({ ...connection, byeMs: retryMs ?? null }, { code: COME_BACK, now, random });
}

/**
 * The step that is due: to give the socket up, to send a ping, or to open a socket.
 *
 * @param {Connection} connection
 * @param {number} now
 * @returns {"give_up" | "ping" | "open" | null}
 */
export function dueStep({ deadAt, pingAt, retryAt }, now) {
  if (deadAt <= now) return "give_up";
  if (pingAt <= now) return "ping";
  return retryAt <= now ? "open" : null;
}
