/**
 * Error events.
 *
 * @module
 */

import type { ErrorCode, ErrorEvent } from "./types.ts";

/** Makes an `error` event. */
export function refusal(code: ErrorCode, message: string, ref?: string): ErrorEvent {
  return { type: "error", ...(ref !== undefined && { ref }), code, message };
}

/** The `retryMs` of an `unavailable` error. */
export const UNAVAILABLE_RETRY_MS = 1000;

/** Makes an `error` event that says when to retry. */
export function refusalFor(
  retryMs: number,
  code: "rate_limited" | "unavailable",
  message: string,
  ref?: string,
): ErrorEvent {
  return { ...refusal(code, message, ref), retryMs };
}
