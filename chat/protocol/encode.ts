/**
 * Encoder of events and frames.
 *
 * @module
 */

import { publicBody } from "./body.ts";
import type { FoundEvent, HistoryEvent, JoinedEvent, ServerEvent } from "./types.ts";
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
  /** As `encodeBody` returns it. */
  readonly body: string;
}

/** Bytes of an encoded message besides its body, at least if it was never changed. */
export const MESSAGE_FIELDS_BYTES = 58;

/** A message as `joined` and `history` have it. */
export function encodeMessage(message: LoggedMessage): string {
  return `{${encodeFields(message)}`;
}

/** The fields of a message as JSON, with the brace that ends them. */
export function encodeFields({ id, position, body }: LoggedMessage): string {
  const start = `"id":"${id}","time":${timeOf(id)},`;
  if (position === id) return start + body.slice(1);
  return `${start}"changed":"${position}",${publicBody(body).slice(1)}`;
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
