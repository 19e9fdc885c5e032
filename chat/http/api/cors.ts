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

/** Lets pages of allowed origins read a response, with the headers of its request. */
export function shareResponse(
  response: Response,
  headers: Headers,
  { allowedOrigins }: Pick<Config, "allowedOrigins">,
): Response {
  response.headers.set("vary", "origin");
  // A browser writes the origin as the list has it. The server's own needs no headers.
  const allowed = ["*", headers.get("origin")].find((each) =>
    each && allowedOrigins.includes(each)
  );
  if (!allowed) return response;
  response.headers.set("access-control-allow-origin", allowed);
  response.headers.set("access-control-expose-headers", RESPONSE_HEADERS);
  return response;
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
