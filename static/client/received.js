/**
 * Handlers of the server's events in a session. Pure.
 *
 * @module
 */

/**
 * @import {
 *   AckEvent, ErrorEvent, JoinedEvent, MessageEvent, ServerEvent
 * } from "./protocol.d.ts"
 */
/** @import { SessionRoom, Step } from "./session.js" */
import { IDLE, turnedAway, welcomed } from "./connection.js";
import { isOutside, refuseItem, removeItem } from "./outbox.js";
import { isKeptSince, joinedCursor, movedCursor, positionOf, rejoinMs } from "./resume.js";
import {
  CONNECT_KEY,
  dropRoom,
  emit,
  fail,
  findRoom,
  joinKey,
  outside,
  stop,
  takePending,
  update,
  updateRoom,
} from "./session.js";

/**
 * @param {Step} step
 * @param {ServerEvent} event
 * @returns {void}
 */
export function receive(step, event) {
  const { session, now } = step;
  switch (event.type) {
    case "welcome":
      takePending(step, event.ref);
      update(step, {
        welcome: event,
        connection: welcomed(session.connection, event.heartbeatMs, now),
      });
      step.effects.push({ type: "settle", key: CONNECT_KEY, answer: event });
      return emit(step, event);
    case "error":
      return receiveError(step, event);
    case "bye":
      update(step, { connection: { ...session.connection, byeMs: event.retryMs } });
      return emit(step, event);
    case "ack":
      return receiveAck(step, event);
    case "joined":
      return receiveJoined(step, event);
    case "renamed":
      update(step, {
        credentials: { ...session.credentials, name: event.you.name },
        welcome: session.welcome && { ...session.welcome, you: event.you },
      });
      emit(step, event);
      return answer(step, event);
    case "settings":
      emit(step, event);
      return answer(step, event);
    case "pong":
      return;
  }
  if ("ref" in event && event.ref !== undefined) return answer(step, event);
  // Events of a room before its `joined` belong to an earlier membership.
  const room = "room" in event ? findRoom(session, event.room) : undefined;
  if (room?.status !== "joined") return;
  switch (event.type) {
    case "message":
      return receiveMessage(step, room, event);
    case "gap": {
      // Without a store, a gap is what the server has dropped.
      const isKept = session.welcome?.keepDays !== undefined && room.floor !== null &&
        event.after >= room.floor;
      return emit(step, { ...event, isKept });
    }
    case "kicked":
      // The answer to this join tells the time that is left.
      updateRoom(step, room.name, { ...outside(room), joinAt: now });
  }
  emit(step, event);
}

/**
 * @param {Step} step
 * @param {ServerEvent & { ref?: string }} event
 */
function answer(step, event) {
  const { ref } = event;
  if (takePending(step, ref) === undefined || ref === undefined) return;
  step.effects.push({ type: "settle", key: ref, answer: event });
}

/**
 * @param {Step} step
 * @param {AckEvent} ack
 */
function receiveAck(step, ack) {
  update(step, { outbox: removeItem(step.session.outbox, ack.ref) });
  step.effects.push({ type: "settle", key: ack.ref, answer: ack });
}

/**
 * @param {Step} step
 * @param {JoinedEvent} joined
 */
function receiveJoined(step, joined) {
  takePending(step, joined.ref);
  const room = findRoom(step.session, joined.room);
  if (room === undefined) return;
  const { name, since } = room;
  const { floor, head, complete, messages } = joined;
  updateRoom(step, name, { status: "joined", floor, ...joinedCursor(room, joined) });
  step.effects.push({ type: "settle", key: joinKey(name), answer: joined });
  emit(step, joined);
  if (since === null) return;
  if (!complete) {
    const isKept = isKeptSince(joined, since);
    emit(step, { type: "gap", room: name, after: since, before: head, isKept });
  }
  for (const message of messages) {
    if (positionOf(message) > since) emit(step, { ...message, type: "message", room: name });
  }
}

/**
 * A message that the client has already is dropped.
 *
 * @param {Step} step
 * @param {SessionRoom} room
 * @param {MessageEvent} message
 */
function receiveMessage(step, room, message) {
  updateRoom(step, room.name, movedCursor(room, message));
  if (room.since === null || positionOf(message) > room.since) emit(step, message);
}

/**
 * @param {Step} step
 * @param {ErrorEvent} error
 */
function receiveError(step, error) {
  const { session } = step;
  const { ref, code, retryMs } = error;
  if (code === "banned") {
    takePending(step, ref);
    // The server closes the connection.
    update(step, { connection: { ...session.connection, byeMs: retryMs ?? null } });
    emit(step, error);
    return stop(step, error);
  }
  if (ref !== undefined && session.outbox.some((item) => item.ref === ref)) {
    return refuseSent(step, { ...error, ref });
  }
  const command = takePending(step, ref);
  switch (command?.type) {
    case "hello":
      return refuseEntry(step, error);
    case "join":
      return refuseJoin(step, command.room, error);
  }
  if (ref !== undefined) fail(step, ref, error);
  emit(step, error);
}

/**
 * @param {Step} step
 * @param {ErrorEvent & { ref: string }} error
 */
function refuseSent(step, error) {
  const { session, now } = step;
  const { ref, code, message } = error;
  const outbox = refuseItem(session.outbox, error, { now, explain: () => message });
  const item = outbox.find((candidate) => candidate.ref === ref);
  update(step, { outbox });
  if (item?.status === "failed") {
    update(step, { outbox: removeItem(outbox, ref) });
    fail(step, ref, error);
    return emit(step, error);
  }
  const room = item && findRoom(session, item.room);
  // Not one that was kicked meanwhile, which waits.
  if (isOutside(code) && room?.status === "joined") {
    updateRoom(step, room.name, { ...outside(room), joinAt: now });
  }
}

/**
 * The server lets the client in later, or never as it is.
 *
 * @param {Step} step
 * @param {ErrorEvent} error
 */
function refuseEntry(step, error) {
  const { session: { connection }, now, random } = step;
  const { retryMs } = error;
  step.effects.push({ type: "close" });
  emit(step, error);
  if (rejoinMs(error) < Infinity) {
    const when = { ...(retryMs !== undefined && { retryMs }), now, random };
    return update(step, { connection: turnedAway(connection, when) });
  }
  update(step, { connection: { ...IDLE, status: "stopped" } });
  stop(step, error);
}

/**
 * A room that was refused for good is forgotten.
 *
 * @param {Step} step
 * @param {string} name
 * @param {ErrorEvent} error
 */
function refuseJoin(step, name, error) {
  const room = findRoom(step.session, name);
  if (room === undefined) return;
  const waitMs = rejoinMs(error);
  // A user who was put out comes back when that is over; others hear at once that they can't come in.
  const isPutOff = waitMs < Infinity && (error.code !== "kicked" || room.since !== null);
  if (isPutOff) return updateRoom(step, name, { status: "out", joinAt: step.now + waitMs });
  dropRoom(step, name, error);
  emit(step, error);
}
