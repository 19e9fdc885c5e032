/**
 * Cross-origin requests of pages to the HTTP API.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";

/** The headers that pages of other origins may send, and those that they may read. */
const REQUEST_HEADERS =
  "authorization, content-type, idempotency-key, chat-password, room-password, last-event-id";
const RESPONSE_HEADERS = "retry-after";

/** For how long a browser need not ask again, in seconds. */
const PREFLIGHT_SECONDS = 600;

/** Adds {@linkcode corsHeaders} to a response. */
export function addCors(
  response: Response,
  headers: Headers,
  config: Pick<Config, "allowedOrigins">,
): Response {
  for (const [name, value] of Object.entries(corsHeaders(headers, config))) {
    response.headers.set(name, value);
  }
  return response;
}

/** The headers that let a page of an allowed origin read a response. */
function corsHeaders(
  headers: Headers,
  { allowedOrigins }: Pick<Config, "allowedOrigins">,
): Readonly<Record<string, string>> {
  const origin = headers.get("origin");
  if (origin === null) return { "vary": "origin" };
  return {
    "vary": "origin",
    "access-control-allow-origin": allowedOrigins.includes("*") ? "*" : origin,
    "access-control-expose-headers": RESPONSE_HEADERS,
  };
}

/** The response to `OPTIONS`, by which a browser asks before a page's request is sent. */
export function preflightResponse(methods: readonly string[]): Response {
  const allowed = methods.join(", ");
  return new Response(null, {
    status: 204,
    headers: {
      "allow": allowed,
      "access-control-allow-methods": allowed,
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": `${PREFLIGHT_SECONDS}`,
    },
  });
}
