/**
 * Decisions on slow clients.
 *
 * @module
 */

/** What to do with a client that has bytes queued: give it more, wait, or give it up. */
export type SendDecision = "send" | "hold" | "evict";

/**
 * Decides for a slow client.
 *
 * @param queuedBytes what the client has not taken yet
 * @param waitedMs how long it has been waiting without taking enough
 */
export function decideSend(
  queuedBytes: number,
  waitedMs: number,
  limits: { readonly sendBufferBytes: number; readonly stuckMs: number },
): SendDecision {
  if (queuedBytes <= limits.sendBufferBytes) return "send";
  return waitedMs < limits.stuckMs ? "hold" : "evict";
}
