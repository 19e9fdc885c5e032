/**
 * Handler for HTTP requests: checks a request, routes it and completes its response.
 *
 * @module
 */

import { parseHost } from "../config/host.ts";
import { clientAddress, isHostServed } from "./access.ts";
import { belowBasePath } from "./base_path.ts";
import { type RefusalReason, refuse, textResponse } from "./refusals.ts";
import {
  hasBody,
  hasDefaultHost,
  headerBytes,
  MAX_HEADER_BYTES,
  MAX_TARGET_LENGTH,
  parseTarget,
} from "./request.ts";
import { createRoutes, type HttpOptions, type Route } from "./routes.ts";

/** The page has no inline script or style and talks only to its own server. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors ";

/** On every response, unless it has another value. */
const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"],
  ["referrer-policy", "no-referrer"],
  ["x-content-type-options", "nosniff"],
];

/** Time for a client that is still sending its body to read the response, in milliseconds. */
const RESPONSE_READ_MS = 1000;

/** Makes the handler for all requests. */
export function createHandler(options: HttpOptions): Route["respond"] {
  const respond = createResponder(options);
  // No X-Frame-Options beside it, which can't name several origins.
  const policy = POLICY + (options.frameAncestors.join(" ") || "'none'");
  const fail = (error: unknown): Response => {
    options.logger("error", "request_failed", { error: String(error) });
    return textResponse(500, "The server failed");
  };
  return (request, peer) => {
    try {
      const response = respond(request, peer);
      // A promise only for upgrades and compressions: the runtime handles a plain response faster.
      return response instanceof Response
        ? complete(request, response, policy)
        : response.catch(fail).then((response) => complete(request, response, policy));
    } catch (error) {
      return complete(request, fail(error), policy);
    }
  };
}

function createResponder(options: HttpOptions): Route["respond"] {
  const { hub, timers } = options;
  const routeOf = belowBasePath(createRoutes(options), options.basePath);
  const refused = (reason: RefusalReason, retryMs?: number) => refuse(reason, hub.metrics, retryMs);
  return (request, peer) => {
    const { headers, method, url } = request;
    if (headerBytes(headers) > MAX_HEADER_BYTES) return refused("headers_too_large");
    const named = headers.get("host");
    const { authority, path, length } = parseTarget(url, named);
    if (length > MAX_TARGET_LENGTH) return refused("target_too_long");
    const route = routeOf(path);
    const isAllowed = route?.methods.includes(method) === true;
    if (route?.isOpen && isAllowed) return route.respond(request, peer);
    if (!route?.hasOwnBudget?.(request)) {
      const address = clientAddress(headers, peer, options);
      const waitMs = hub.addresses.takeRequest(address, timers.now);
      if (waitMs > 0) return refused("too_many_requests", waitMs);
    }
    // HTTP/2 has the authority instead of a Host.
    const host = named ?? (hasDefaultHost(url) ? "" : authority);
    if (authority !== host || parseHost(host) === undefined) return refused("bad_host");
    if (!isHostServed(headers, host, options)) return refused("other_host");
    if (route === undefined) return textResponse(404, "Not found");
    if (isAllowed) return route.respond(request, peer);
    return textResponse(405, "Method not allowed", { "allow": route.methods.join(", ") });
  };
}

/** Adds the security headers to a response, and ends the connection of a request with a body. */
function complete(request: Request, response: Response, policy: string): Response {
  // The response to an upgrade can't be changed.
  if (response.status === 101) return response;
  const { headers } = response;
  headers.set("content-security-policy", policy);
  for (const [name, value] of SECURITY_HEADERS) if (!headers.has(name)) headers.set(name, value);
  if (hasBody(request.headers)) {
    headers.append("connection", "close");
    closeUnread(request);
  }
  return response;
}

/**
 * Ends the connection of a request a while after the response, without reading its body. Otherwise
 * Deno 2.9 reads a body of any length to its end, unless a reader holds the body; to cancel the
 * reader then closes the connection. The runtime gives no body for GET and HEAD, so theirs can't be
 * held.
 */
function closeUnread(request: Request): void {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  setTimeout(() => reader.cancel().catch(() => {}), RESPONSE_READ_MS);
}
