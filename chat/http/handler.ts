/**
 * Handler for HTTP requests: checks a request, routes it and completes its response.
 *
 * @module
 */

import { parseHost } from "../config/host.ts";
import { clientAddress, isHostServed } from "./access.ts";
import { API_PREFIX } from "./api/api.ts";
import { shareResponse } from "./api/cors.ts";
import { refuseCall } from "./api/errors.ts";
import { closeUnread } from "./body.ts";
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

/** Makes the handler for all requests. */
export function createHandler(options: HttpOptions): Route["respond"] {
  const respond = createResponder(options);
  // No X-Frame-Options beside it, which can't name several origins.
  const policy = POLICY + (options.frameAncestors.join(" ") || "'none'");
  const fail = (error: unknown): Response => {
    options.logger("error", "request_failed", { error: String(error) });
    return textResponse(500, "The server failed");
  };
  return (request, peer, sent) => {
    try {
      const response = respond(request, peer, sent);
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
  const apiPath = options.basePath + API_PREFIX.slice(1);
  return (request, peer, sent) => {
    const { headers, method, url } = request;
    const named = headers.get("host");
    const { authority, path, length } = parseTarget(url, named);
    const refused = (reason: RefusalReason, retryMs?: number) =>
      path.startsWith(apiPath)
        ? shareResponse(refuseCall(reason, hub.metrics, retryMs), headers, options)
        : refuse(reason, hub.metrics, retryMs);
    if (headerBytes(headers) > MAX_HEADER_BYTES) return refused("headers_too_large");
    if (length > MAX_TARGET_LENGTH) return refused("target_too_long");
    const route = routeOf(path);
    const isAllowed = route !== undefined && (route.methods?.includes(method) ?? true);
    if (route?.isOpen && isAllowed) return route.respond(request, peer, sent);
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
    if (isAllowed) return route.respond(request, peer, sent);
    return textResponse(405, "Method not allowed", { "allow": route.methods?.join(", ") ?? "" });
  };
}

/** Adds the security headers to a response, and ends the connection of a request with a body. */
function complete(request: Request, response: Response, policy: string): Response {
  // The response to an upgrade can't be changed.
  if (response.status === 101) return response;
  const { headers } = response;
  headers.set("content-security-policy", policy);
  for (const [name, value] of SECURITY_HEADERS) if (!headers.has(name)) headers.set(name, value);
  const { body } = request;
  const isUnread = hasBody(request.headers) && !request.bodyUsed;
  // A body that was refused half-way is still held.
  if (isUnread || body?.locked === true) headers.append("connection", "close");
  if (isUnread && body?.locked === false) closeUnread(body.getReader());
  // Deno 2.9 sends a body to HEAD of HTTP/2, which breaks the stream.
  return request.method === "HEAD" && headers.has("content-length")
    ? new Response(null, { status: response.status, headers })
    : response;
}
