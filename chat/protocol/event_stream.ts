/**
 * Encoder of event streams (Server-Sent Events).
 *
 * @module
 */

import { encodeFields, type LoggedMessage } from "./encode.ts";

/** A comment, which shows that the connection lives. */
export const HEARTBEAT = ":\n\n";

/**
 * The position after which a stream goes on. A client that is cut off before the first message comes
 * back with it: an event without data sets the id, and is not dispatched.
 */
export function encodeStreamPosition(position: string): string {
  return `id: ${position}\n\n`;
}

/**
 * Messages as events, each with its position as the id.
 *
 * @param prefix as `messageEventPrefix` returns it
 */
export function encodeStreamMessages(prefix: string, messages: readonly LoggedMessage[]): string {
  let events = "";
  for (const message of messages) {
    // JSON of one line: line ends in strings are escaped.
    events += `id: ${message.position}\ndata: ${prefix}${encodeFields(message)}\n\n`;
  }
  return events;
}

/** A gap. It has no id: a client that loses its connection before the next message is told again. */
export function encodeStreamGap({ after, before }: { after: string; before: string }): string {
  return `event: gap\ndata: ${JSON.stringify({ after, before })}\n\n`;
}

/** The end of a stream by the server. Browsers come back after `retryMs`. */
export function encodeStreamBye(retryMs: number): string {
  return `retry: ${retryMs}\nevent: bye\ndata: ${JSON.stringify({ retryMs })}\n\n`;
}
