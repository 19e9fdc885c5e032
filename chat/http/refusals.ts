/**
 * Refusals of requests: their status codes and texts.
 *
 * @module
 */

import type { Metrics } from "../metrics/metrics.ts";
import { MAX_HEADER_BYTES, MAX_TARGET_LENGTH } from "./request.ts";
import { sizedResponse } from "./sized_response.ts";

/** Why a request is refused, as `/metrics` counts it. */
export type RefusalReason = keyof Metrics["refusals"];

type Fields = Readonly<Record<string, string>>;

/** The response for each reason: its status, text and headers. */
export const REFUSALS: Readonly<Record<RefusalReason, readonly [number, string, Fields?]>> = {
  headers_too_large: [431, `The headers have more than ${MAX_HEADER_BYTES} bytes`, {
    "connection": "close",
  }],
  target_too_long: [414, `Path and query have more than ${MAX_TARGET_LENGTH} characters`],
  bad_host: [400, "The request must name its host: letters, digits, '.', '-', '_', and a port"],
  other_host: [421, "This host is not served here"],
  too_many_requests: [429, "Too many requests from this address"],
  not_websocket: [426, "A WebSocket (version 13) is expected here", {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
  }],
  bad_request: [400, "Sec-WebSocket-Key must be 16 bytes in base64"],
  origin: [403, "Pages of this origin may not connect"],
  gone: [400, "The connection ended before its upgrade"],
  draining: [503, "The server is going away"],
  memory: [503, "The server is short of memory"],
  full: [503, "The server is full"],
  too_many_from_address: [429, "Too many connections from this address"],
  too_fast_from_address: [429, "Too many new connections from this address"],
  kept_out: [429, "This address has flooded or sent nonsense too often"],
};

/**
 * Counts a refusal and makes its response.
 *
 * @param retryMs told to the client as `Retry-After`
 */
export function refuse(reason: RefusalReason, metrics: Metrics, retryMs?: number): Response {
  metrics.refusals[reason]++;
  const [status, message, headers] = REFUSALS[reason];
  const retryAfter = retryMs !== undefined && { "retry-after": `${Math.ceil(retryMs / 1000)}` };
  return textResponse(status, message, { ...headers, ...retryAfter });
}

/** A response with a line of text. */
export function textResponse(status: number, message: string, headers: Fields = {}): Response {
  return sizedResponse(`${message}\n`, "text/plain;charset=UTF-8", { status, headers });
}
