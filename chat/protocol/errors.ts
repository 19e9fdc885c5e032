/**
 * Error events.
 *
 * @module
 */

import type { ErrorCode, ErrorEvent } from "./types.ts";

/** The `retryMs` of an `unavailable` error. */
export const UNAVAILABLE_RETRY_MS = 1000;

/** Makes an `error` event. */
export function refusal(
  code: ErrorCode,
  message: string,
  ref?: string,
  retryMs?: number,
): ErrorEvent {
  return {
    type: "error",
    ...(ref !== undefined && { ref }),
    code,
    message,
    ...(retryMs !== undefined && { retryMs }),
  };
}
