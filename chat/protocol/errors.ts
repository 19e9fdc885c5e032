/**
 * Makes `error` events.
 *
 * @module
 */

import type { ErrorCode, ErrorEvent } from "./types.ts";

/** An `error` event. */
export function refusal(code: ErrorCode, message: string, ref?: string): ErrorEvent {
  return { type: "error", ...(ref !== undefined && { ref }), code, message };
}

/** The `retryMs` of `unavailable`. */
export const UNAVAILABLE_RETRY_MS = 1000;

/** A refusal until a time has passed. */
export function refusalFor(
  retryMs: number,
  code: "rate_limited" | "unavailable",
  message: string,
  ref?: string,
): ErrorEvent {
  return { ...refusal(code, message, ref), retryMs };
}
