/**
 * Refusals of requests: their status codes and texts.
 *
 * @module
 */

import type { Metrics } from "../metrics/metrics.ts";
import { MAX_HEADER_BYTES } from "./headers.ts";
import { MAX_TARGET_LENGTH } from "./request_target.ts";

/** Why a request is refused, as `/metrics` counts it. */
export type RefusalReason = keyof Metrics["refusals"];

/** The response to a refused request. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const UPGRADE_HEADERS = {
  "connection": "Upgrade",
  "upgrade": "websocket",
  "sec-websocket-version": "13",
};

/** The response for each reason. */
export const REFUSALS: Readonly<Record<RefusalReason, Refusal>> = {
  headers_too_large: {
    status: 431,
    message: `The headers have more than ${MAX_HEADER_BYTES} bytes`,
    headers: { "connection": "close" },
  },
  target_too_long: {
    status: 414,
    message: `Path and query have more than ${MAX_TARGET_LENGTH} characters`,
  },
  bad_host: {
    status: 400,
    message: "The request must name its host: letters, digits, '.', '-', '_', and a port",
  },
  other_host: { status: 421, message: "This host is not served here" },
  too_many_requests: { status: 429, message: "Too many requests from this address" },
  not_websocket: {
    status: 426,
    message: "A WebSocket (version 13) is expected here",
    headers: UPGRADE_HEADERS,
  },
  bad_request: { status: 400, message: "Sec-WebSocket-Key must be 16 bytes in base64" },
  origin: { status: 403, message: "Pages of this origin may not connect" },
  gone: { status: 400, message: "The connection ended before its upgrade" },
  draining: { status: 503, message: "The server is going away" },
  memory: { status: 503, message: "The server is short of memory" },
  full: { status: 503, message: "The server is full" },
  too_many_from_address: { status: 429, message: "Too many connections from this address" },
  too_fast_from_address: { status: 429, message: "Too many new connections from this address" },
  kept_out: { status: 429, message: "This address has flooded or sent nonsense too often" },
};

/**
 * Counts a refusal and makes its response.
 *
 * @param retryMs told to the client as `Retry-After`
 */
export function refuse(reason: RefusalReason, metrics: Metrics, retryMs?: number): Response {
  metrics.refusals[reason]++;
  const { status, message, headers } = REFUSALS[reason];
  const retryAfter = retryMs !== undefined && { "retry-after": `${Math.ceil(retryMs / 1000)}` };
  return textResponse(status, message, { ...headers, ...retryAfter });
}

/** A response with a line of text. */
export function textResponse(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${message}\n`, { status, headers });
}
