/**
 * Transitions of the connection: connect, ping, and reconnect. Pure.
 *
 * @module
 */

/** @import { State } from "./state.js" */
/** @import { Step } from "./step.js" */
import {
  ABNORMAL_CLOSURE,
  connecting,
  dueStep,
  heard,
  lost,
  pinged,
} from "../client/connection.js";
import { nextTick } from "./countdown.js";
import { outside } from "./kicked.js";
import { explainClosure, explainPass } from "./explanations.js";
import { expireTypists } from "./members.js";
import { requeue } from "./outbox.js";
import { askForPass } from "./passes.js";
import { beginAbsence } from "./restart.js";
import { send, update, updateRooms } from "./step.js";

/** The close code of a connection whose token has expired. */
const TOKEN_EXPIRED = 4503;

/**
 * @param {Step} step
 * @returns {void}
 */
export function connect(step) {
  update(step, { connection: connecting(step.state.connection, step.now) });
  step.effects.push({ type: "open" });
}

/**
 * @param {Step} step
 * @param {number} code
 * @returns {void}
 */
export function lose(step, code) {
  const { connection, outbox, hasNetwork } = step.state;
  if (connection.status === "online") beginAbsence(step);
  // A lost connection may come back at once; one that failed has a cause to look for.
  else if (hasNetwork) step.effects.push({ type: "probe" });
  const next = lost(connection, { code, now: step.now, random: step.random });
  update(step, {
    connection: next,
    stopReason: next.status === "stopped" ? explainClosure(code) : "",
    outbox: requeue(outbox),
    refusals: 0,
    notice: null,
    pending: [],
  });
  updateRooms(step, (room) => ({ ...outside(room), joinAt: 0 }));
  if (code === TOKEN_EXPIRED) askForPass(step, "token", explainPass("token", "expired"));
}

/**
 * Reconnects now, for the user.
 *
 * @param {Step} step
 * @returns {void}
 */
export function retry(step) {
  const { status } = step.state.connection;
  if (status === "offline" || status === "stopped") return connect(step);
  updateRooms(
    step,
    (room) => room.status === "out" ? { ...room, joinAt: 0, joinError: null } : room,
  );
}

/**
 * Connects, pings or closes, if that is due.
 *
 * @param {Step} step
 * @returns {void}
 */
export function tick(step) {
  const { now, state: { connection, notice } } = step;
  switch (dueStep(connection, now)) {
    case "give_up":
      step.effects.push({ type: "close" });
      lose(step, ABNORMAL_CLOSURE);
      break;
    case "ping":
      ping(step);
      break;
    case "open":
      connect(step);
  }
  if (notice !== null && notice.until <= now) update(step, { notice: null });
  if (!step.state.rooms.some((room) => room.typists.some(({ until }) => until <= now))) return;
  updateRooms(step, (room) => {
    const typists = expireTypists(room.typists, now);
    return typists === room.typists ? room : { ...room, typists };
  });
}

/**
 * Checks the connection after the network or the page is back.
 *
 * @param {Step} step
 * @returns {void}
 */
export function wake(step) {
  const { status } = step.state.connection;
  if (status === "offline") return connect(step);
  // While a device sleeps, connections end without a close.
  if (status === "online") ping(step, true);
}

/**
 * The browser has a network now, or has none any more.
 *
 * @param {Step} step
 * @param {boolean} hasNetwork
 * @returns {void}
 */
export function changeNetwork(step, hasNetwork) {
  update(step, { hasNetwork });
  if (hasNetwork || step.state.connection.status === "online") wake(step);
}

/**
 * An event has come.
 *
 * @param {Step} step
 * @returns {void}
 */
export function hear(step) {
  update(step, { connection: heard(step.state.connection, step.state, step.now) });
}

/**
 * The time at which the connection has something due next, including each change of a countdown.
 *
 * @param {Pick<State, "connection" | "now">} state
 * @returns {number}
 */
export function nextConnectionDeadline({ connection: { pingAt, deadAt, retryAt }, now }) {
  return Math.min(pingAt, deadAt, nextTick(retryAt, now));
}

/**
 * Asks whether the connection is alive.
 *
 * @param {Step} step
 * @param {boolean} [isInDoubt]
 */
function ping(step, isInDoubt) {
  const { now, state } = step;
  update(step, { connection: pinged(state.connection, state, now, isInDoubt) });
  send(step, { type: "ping" });
}
