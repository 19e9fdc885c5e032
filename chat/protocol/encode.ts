/**
 * Encodes events and frames.
 *
 * @module
 */

import type { HistoryEvent, JoinedEvent, Message, ServerEvent } from "./types.ts";

/** An event as JSON, to be put into a frame by {@linkcode encodeFrame}. */
export function encodeEvent(event: ServerEvent): string {
  return JSON.stringify(event);
}

/** One text frame of the given encoded events. Without its brackets it is those events again. */
export function encodeFrame(events: readonly string[]): string {
  // Added up, not joined: the engine then copies the characters once, when the frame is sent.
  let frame = "[";
  for (const event of events) frame += frame === "[" ? event : `,${event}`;
  return `${frame}]`;
}

/** A message as it stands in `joined` and `history`; the log keeps this, so it is made once. */
export function encodeMessage(message: Message): string {
  const { id, time, user, text } = message;
  return JSON.stringify({ id, time, user: { id: user.id, name: user.name }, text });
}

/** What comes before the fields of an encoded message to make it a `message` event of `room`. */
export function messageEventPrefix(room: string): string {
  return `{"type":"message","room":${JSON.stringify(room)},`;
}

/** The `message` events of encoded messages, joined by commas. */
export function encodeMessageEvents(prefix: string, messages: readonly string[]): string {
  let events = "";
  for (const message of messages) {
    // The message's own "{" gives way to the prefix.
    events += `${events === "" ? "" : ","}${prefix}${message.slice(1)}`;
  }
  return events;
}

/** A `joined` event around members and messages that are encoded already. */
export function encodeJoined(
  event: Omit<JoinedEvent, "messages" | "members">,
  members: string,
  messages: readonly string[],
): string {
  return `${open(event)},"members":${members},"messages":[${messages.join(",")}]}`;
}

/** A `history` event around messages that are encoded already. */
export function encodeHistory(
  event: Omit<HistoryEvent, "messages">,
  messages: readonly string[],
): string {
  return `${open(event)},"messages":[${messages.join(",")}]}`;
}

/** An object as JSON, to which fields can be added. */
function open(event: Record<PropertyKey, unknown>): string {
  return JSON.stringify(event).slice(0, -1);
}
