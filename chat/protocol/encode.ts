/**
 * Encoder of events and frames.
 *
 * @module
 */

import type { HistoryEvent, JoinedEvent, Message, ServerEvent } from "./types.ts";

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

/** A message as `joined` and `history` have it. The log keeps it, so that it is encoded once. */
export function encodeMessage(message: Message): string {
  const { id, time, user, text } = message;
  return JSON.stringify({ id, time, user: { id: user.id, name: user.name }, text });
}

/**
 * The start of a `message` event in `room`, to which the fields of an encoded message are added.
 */
export function messageEventPrefix(room: string): string {
  return `{"type":"message","room":${JSON.stringify(room)},`;
}

/** The `message` events of encoded messages, separated by commas. */
export function encodeMessageEvents(prefix: string, messages: readonly string[]): string {
  let events = "";
  for (const message of messages) {
    // The prefix replaces the message's "{".
    events += `${events === "" ? "" : ","}${prefix}${message.slice(1)}`;
  }
  return events;
}

/** A `joined` event with encoded members and messages. */
export function encodeJoined(
  event: Omit<JoinedEvent, "messages" | "members">,
  members: string,
  messages: readonly string[],
): string {
  return `${open(event)},"members":${members},"messages":[${messages.join(",")}]}`;
}

/** A `history` event with encoded messages. */
export function encodeHistory(
  event: Omit<HistoryEvent, "messages">,
  messages: readonly string[],
): string {
  return `${open(event)},"messages":[${messages.join(",")}]}`;
}

/** An object as JSON without its end, so that fields can be added. */
function open(event: Record<PropertyKey, unknown>): string {
  return JSON.stringify(event).slice(0, -1);
}
