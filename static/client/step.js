/**
 * Steps of a session: takes a state and an input, returns the new state and the effects. Connects,
 * joins, and sends what waits. Pure: the time and a random number come with the input.
 *
 * @module
 */

/** @import { Command, WelcomeEvent } from "./protocol.d.ts" */
/** @import { Effect, Input, Session, Step } from "./session.js" */
import {
  ABNORMAL_CLOSURE,
  connecting,
  dueStep,
  expecting,
  heard,
  IDLE,
  lost,
  pinged,
} from "./connection.js";
import {
  commandOf,
  dueItems,
  fitsFrame,
  markSent,
  nextRetryAt,
  removeItem,
  requeue,
} from "./outbox.js";
import { receive } from "./received.js";
import {
  dropRoom,
  emit,
  fail,
  findRoom,
  newRoom,
  outside,
  stop,
  update,
  updateRoom,
} from "./session.js";

/** The longest wait of a timer, in milliseconds: those of browsers count at most 25 days. */
const MAX_WAIT_MS = 86_400_000;

/**
 * @param {Session} session
 * @param {Input & { now: number, random: number }} input
 * @returns {{ session: Session, effects: Effect[] }}
 */
export function step(session, input) {
  const { now, random } = input;
  /** @type {Step} */
  const next = { session, effects: [], now, random };
  handle(next, input);
  tick(next);
  if (next.session.connection.status === "online") {
    joinRooms(next);
    sendItems(next);
  }
  const { connection, closeCode, rooms, outbox } = next.session;
  if (rooms !== session.rooms || outbox !== session.outbox) next.effects.push({ type: "store" });
  if (connection.status !== session.connection.status) {
    const { status, retryAt } = connection;
    emit(next, { type: "status", status, closeCode, retryAt });
  }
  return { session: next.session, effects: next.effects };
}

/**
 * The time at which `step` next needs a `ticked` input, or Infinity.
 *
 * @param {Session} session
 * @param {number} now
 * @returns {number}
 */
export function nextDeadline({ connection, rooms, outbox }, now) {
  const { status, pingAt, deadAt, retryAt } = connection;
  const deadlines = [pingAt, deadAt, retryAt];
  if (status === "online") {
    const waiting = rooms.filter((room) => room.status === "out");
    deadlines.push(nextRetryAt(outbox), ...waiting.map(({ joinAt }) => joinAt));
  }
  // An action that is due already waits for something else than time.
  const deadline = Math.min(...deadlines.filter((each) => each > now));
  return deadline === Infinity ? Infinity : Math.min(deadline, now + MAX_WAIT_MS);
}

/**
 * @param {Step} step
 * @param {Input} input
 * @returns {void}
 */
function handle(step, input) {
  const { session, now } = step;
  switch (input.type) {
    case "connect_wanted":
      update(step, { credentials: { ...session.credentials, ...input.credentials } });
      if (session.connection.status === "idle" || session.connection.status === "stopped") {
        open(step);
      }
      return;
    case "close_wanted":
      step.effects.push({ type: "close" });
      update(step, {
        connection: IDLE,
        closeCode: 0,
        pending: [],
        outbox: requeue(session.outbox),
        rooms: session.rooms.map(outside),
      });
      return stop(step, { code: "stopped", message: "The client was closed" });
    case "join_wanted": {
      const { room: name, password } = input;
      if (findRoom(session, name) === undefined) {
        update(step, { rooms: [...session.rooms, newRoom(name)] });
      }
      return updateRoom(step, name, { password, status: "out", joinAt: now });
    }
    case "leave_wanted": {
      const { room, ref } = input;
      const isIn = findRoom(session, room)?.status.startsWith("join") === true;
      dropRoom(step, room, { code: "stopped", message: "The room was left" });
      if (isIn) return request(step, { type: "leave", ref, room });
      step.effects.push({ type: "settle", key: ref, answer: { type: "left", room } });
      return;
    }
    case "item_queued":
      return update(step, { outbox: [...session.outbox, input.item] });
    case "requested":
      return request(step, input.command);
    case "told":
      if (session.connection.status === "online") send(step, input.command);
      return;
    case "opened": {
      const command =
        /** @type {const} */ ({ type: "hello", ref: ".hello", ...session.credentials });
      update(step, { pending: [command] });
      return send(step, command);
    }
    case "received":
      receive(step, input.event);
      return update(step, { connection: heard(step.session.connection, step.session, now) });
    case "closed":
      return lose(step, input.code);
    case "ticked":
      return;
  }
}

/** @param {Step} step */
function open(step) {
  update(step, { connection: connecting(step.session.connection, step.now) });
  step.effects.push({ type: "open" });
}

/**
 * @param {Step} step
 * @param {Command} command
 */
function send(step, command) {
  step.effects.push({ type: "send", command });
}

/**
 * Sends a command that is not sent again: its answer ends the promise under its `ref`.
 *
 * @param {Step} step
 * @param {Command & { ref: string }} command
 */
function request(step, command) {
  const { connection, welcome, pending } = step.session;
  if (connection.status !== "online" || welcome === null) {
    const message = `There is no connection for "${command.type}"`;
    return fail(step, command.ref, { code: "not_connected", message });
  }
  if (!fitsFrame(command, welcome.limits.frame)) return fail(step, command.ref, tooLong(welcome));
  update(step, { pending: [...pending, command], connection: expecting(connection, step.now) });
  send(step, command);
}

/** @param {WelcomeEvent} welcome */
function tooLong({ limits }) {
  return { code: "too_long", message: `The command has more than ${limits.frame} bytes` };
}

/**
 * @param {Step} step
 * @param {number} code
 */
function lose(step, code) {
  const { connection, pending, outbox, rooms } = step.session;
  for (const { ref, type } of pending) {
    if (ref === undefined || type === "hello" || type === "join") continue;
    const message = `The connection was lost before the answer to "${type}" came`;
    fail(step, ref, { code: "disconnected", message });
  }
  const next = lost(connection, { code, now: step.now, random: step.random });
  update(step, {
    connection: next,
    closeCode: code,
    pending: [],
    outbox: requeue(outbox),
    rooms: rooms.map(outside),
  });
  if (next.status !== "stopped" || next.retryAt < Infinity) return;
  stop(step, { code: "stopped", message: `The server ended the connection with ${code}` });
}

/**
 * Gives up, pings or connects, if that is due.
 *
 * @param {Step} step
 */
function tick(step) {
  const { session, now } = step;
  switch (dueStep(session.connection, now)) {
    case "give_up":
      step.effects.push({ type: "close" });
      return lose(step, ABNORMAL_CLOSURE);
    case "ping":
      update(step, { connection: pinged(session.connection, session, now) });
      return send(step, { type: "ping" });
    case "open":
      return open(step);
  }
}

/** @param {Step} step */
function joinRooms(step) {
  const { now } = step;
  for (const { name, status, joinAt, since, password } of step.session.rooms) {
    if (status !== "out" || joinAt > now) continue;
    updateRoom(step, name, { status: "joining" });
    const { nextRef } = step.session;
    update(step, { nextRef: nextRef + 1 });
    request(step, {
      type: "join",
      ref: `.${nextRef}`,
      room: name,
      ...(since !== null && { since }),
      ...(password !== "" && { password }),
    });
  }
}

/** @param {Step} step */
function sendItems(step) {
  const { session, now } = step;
  for (const item of dueItems(session.outbox, now)) {
    const { welcome, outbox, connection } = step.session;
    if (findRoom(session, item.room)?.status !== "joined" || welcome === null) continue;
    const command = commandOf(item);
    if (!fitsFrame(command, welcome.limits.frame)) {
      update(step, { outbox: removeItem(outbox, item.ref) });
      fail(step, item.ref, tooLong(welcome));
      continue;
    }
    update(step, { outbox: markSent(outbox, item.ref), connection: expecting(connection, now) });
    send(step, command);
  }
}
