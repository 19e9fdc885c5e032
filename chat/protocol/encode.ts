/**
 * Encoder of events and frames.
 *
 * @module
 */

import type { FoundEvent, HistoryEvent, JoinedEvent, ServerEvent, User } from "./types.ts";
import { timeOf } from "./ulid.ts";

/** An event as JSON, to be put into a frame by {@linkcode encodeFrame}. */
export function encodeEvent(event: ServerEvent): string {
  return JSON.stringify(event);
}

/** A text frame of encoded events: the events between brackets, separated by commas. */
export function encodeFrame(events: readonly string[]): string {
  // Not by join(): with concatenation the engine copies the characters once, at the send.
  let frame = "[";
  for (const event of events) frame += frame === "[" ? event : `,${event}`;
  return `${frame}]`;
}

/** A message in its current state, as a log has it. */
export interface LoggedMessage {
  readonly id: string;
  /** The position of its last change; its id if it was never changed. */
  readonly position: string;
  /** As {@linkcode encodeBody} returns it. */
  readonly body: string;
}

/** What the body of each message begins with. */
const BODY_START = '{"user":{"id":"';

/** The fields of a message besides its id and time, as the JSON of an object. */
export function encodeBody({ user, text }: { readonly user: User; readonly text: string }): string {
  return JSON.stringify({ user: { id: user.id, name: user.name }, text });
}

/** The id of the user of an encoded message, as JSON has it. */
export function encodedUserId(body: string): string {
  return body.slice(BODY_START.length, body.indexOf('"', BODY_START.length));
}

/** Bytes of an encoded message besides its body, at least if it was never changed. */
export const MESSAGE_FIELDS_BYTES = 58;

/** A message as `joined` and `history` have it. */
export function encodeMessage(message: LoggedMessage): string {
  return `{${encodeFields(message)}`;
}

function encodeFields({ id, position, body }: LoggedMessage): string {
  const changed = position === id ? "" : `"changed":"${position}",`;
  return `"id":"${id}","time":${timeOf(id)},${changed}${body.slice(1)}`;
}

/**
 * The start of a `message` event in `room`, to which the fields of a message are added.
 */
export function messageEventPrefix(room: string): string {
  return `{"type":"message","room":${JSON.stringify(room)},`;
}

/** The `message` events of messages, separated by commas. */
export function encodeMessageEvents(prefix: string, messages: readonly LoggedMessage[]): string {
  let events = "";
  for (const message of messages) {
    events += `${events === "" ? "" : ","}${prefix}${encodeFields(message)}`;
  }
  return events;
}

/** A `joined` event with encoded members and messages. */
export function encodeJoined(
  event: Omit<JoinedEvent, "messages" | "members">,
  members: string,
  messages: readonly LoggedMessage[],
): string {
  return `${open(event)},"members":${members},"messages":[${encodeMessages(messages)}]}`;
}

/** A `history` event with encoded messages. */
export function encodeHistory(
  event: Omit<HistoryEvent, "messages">,
  messages: readonly LoggedMessage[],
): string {
  return `${open(event)},"messages":[${encodeMessages(messages)}]}`;
}

/** A `found` event with encoded messages, each with its room. */
export function encodeFound(
  event: Omit<FoundEvent, "messages">,
  found: readonly { readonly room: string; readonly message: LoggedMessage }[],
): string {
  const messages = found.map(({ room, message }) =>
    `{"room":${JSON.stringify(room)},${encodeFields(message)}`
  );
  return `${open(event)},"messages":[${messages.join(",")}]}`;
}

function encodeMessages(messages: readonly LoggedMessage[]): string {
  return messages.map(encodeMessage).join(",");
}

/** An object as JSON without its end, so that fields can be added. */
function open(event: Record<PropertyKey, unknown>): string {
  return JSON.stringify(event).slice(0, -1);
}
