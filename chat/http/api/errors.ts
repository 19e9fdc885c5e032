/**
 * Refusals of the HTTP API: JSON with a code and a message.
 *
 * @module
 */

import type { Metrics } from "../../metrics/metrics.ts";
import { type ErrorCode, type ErrorEvent, refusal } from "../../protocol/types.ts";
import { type RefusalReason, REFUSALS } from "../refusals.ts";
import { sizedResponse } from "../sized_response.ts";

type Fields = Readonly<Record<string, string>>;

/** The status of each code. */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  not_welcome: 400,
  unauthorized: 401,
  forbidden: 403,
  not_joined: 403,
  not_found: 404,
  name_invalid: 400,
  name_taken: 409,
  room_invalid: 400,
  text_invalid: 400,
  emoji_invalid: 400,
  too_many_reactions: 409,
  rate_limited: 429,
  kicked: 403,
  muted: 403,
  banned: 403,
  read_only: 403,
  too_many_rooms: 429,
  room_full: 503,
  unavailable: 503,
  internal: 500,
};

/** The codes of refusals that have a status alone. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  403: "forbidden",
  429: "rate_limited",
  503: "unavailable",
};

/** The part of an error event that a response has. */
export type Fault = Pick<ErrorEvent, "code" | "message" | "retryMs" | "needs">;

/** A refusal as a response, with the status of its code or another one. */
export function errorResponse(
  { code, message, retryMs, needs }: Fault,
  status = STATUSES[code],
  headers: Fields = {},
): Response {
  const error = {
    ...{ code, message },
    ...retryMs !== undefined && { retryMs },
    ...needs !== undefined && { needs },
  };
  return sizedResponse(JSON.stringify({ error }), "application/json", {
    status,
    headers: {
      "cache-control": "no-store",
      ...retryMs !== undefined && { "retry-after": `${Math.ceil(retryMs / 1000)}` },
      ...status === 401 && { "www-authenticate": "Bearer" },
      ...headers,
    },
  });
}

/** {@linkcode refuse} of the routes, for the HTTP API. */
export function refuseCall(reason: RefusalReason, metrics: Metrics, retryMs?: number): Response {
  const [status, , headers] = REFUSALS[reason];
  return errorResponse(refusedCall(reason, metrics, retryMs), status, headers);
}

/** Counts a refusal of the routes, and returns it as an error. */
export function refusedCall(
  reason: RefusalReason,
  metrics: Metrics,
  retryMs?: number,
): ErrorEvent {
  metrics.refusals[reason]++;
  const [status, message] = REFUSALS[reason];
  return refusal(CODES[status] ?? "bad_request", message, undefined, retryMs);
}
