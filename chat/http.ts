/**
 * What is answered to plain requests.
 *
 * @module
 */

import project from "../deno.json" with { type: "json" };
import { type Assets, findAsset, serveAsset } from "./assets.ts";
import { type Counts, metricsOf } from "./counts.ts";
import { parseHost } from "./host.ts";
import type { Hub } from "./hub.ts";
import type { Log } from "./log.ts";
import { formatMetrics, METRICS_TYPE } from "./metrics.ts";
import { checkRoom } from "./names.ts";
import { SUBPROTOCOL } from "./protocol.ts";
import {
  hasBody,
  headerBytes,
  isHostMadeUp,
  MAX_HEADER_BYTES,
  MAX_TARGET_LENGTH,
  targetOf,
} from "./request_head.ts";
import {
  clientAddress,
  hasToken,
  type HostOptions,
  isHostServed,
  type TrustOptions,
} from "./trust.ts";
import { isUpgrade, type Sockets } from "./websocket.ts";

/** What the routes lead to. */
export interface HandlerOptions extends TrustOptions, HostOptions {
  readonly hub: Hub;
  readonly sockets: Sockets;
  readonly assets: Assets;
  readonly log: Log;
  /** What `/metrics` is only shown to; empty: to everyone. */
  readonly metricsToken: string;
  /** The most messages that are kept of a room, for `/healthz` to tell newcomers. */
  readonly historySize: number;
  /** A scrape within so many milliseconds of the last one is given the same text. */
  readonly scrapeMs: number;
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number;
}

/** Answers a request that came from a peer's address, which is "" if the peer has gone already. */
export type Handler = (request: Request, peer: string) => Response | Promise<Response>;

const METHODS = ["GET", "HEAD"];

/** On every answer. The page has no inline script or style and talks only to its own server. */
const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  [
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  ],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"],
  ["referrer-policy", "no-referrer"],
  ["x-content-type-options", "nosniff"],
];

/** Time for a client that still sends its body to read the answer, in milliseconds. */
const ANSWER_READ_MS = 1000;

/** Refusals before a request is routed. */
const REFUSALS = {
  headers_too_large: [431, `The headers have more than ${MAX_HEADER_BYTES} bytes`],
  target_too_long: [414, `Path and query have more than ${MAX_TARGET_LENGTH} characters`],
  too_many_requests: [429, "Too many requests from this address"],
  bad_host: [400, "The request must name its host: letters, digits, '.', '-', '_', and a port"],
  other_host: [421, "This host is not served here"],
} as const satisfies Partial<Record<keyof Counts["refusals"], readonly [number, string]>>;

/** The server's answer to everything. */
export function createHandler(options: HandlerOptions): Handler {
  const route = createRouter(options);
  const fail = (error: unknown): Response => {
    options.log("error", "request_failed", { error: String(error) });
    return text(500, "The server failed");
  };
  return (request, peer) => {
    try {
      const response = route(request, peer);
      // Only an upgrade has to wait: the runtime is faster with an answer than with a promise of it.
      return response instanceof Response
        ? finish(request, response)
        : response.catch(fail).then((answer) => finish(request, answer));
    } catch (error) {
      return finish(request, fail(error));
    }
  };
}

/** An answer with what all have: headers that protect the page, and no interest in a body. */
function finish(request: Request, response: Response): Response {
  // The answer to an upgrade is not ours to change.
  if (response.status === 101) return response;
  for (const [name, value] of SECURITY_HEADERS) response.headers.set(name, value);
  if (hasBody(request.headers)) {
    response.headers.append("connection", "close");
    leaveUnread(request);
  }
  return response;
}

/**
 * Leaves a request's body unread, and ends its connection a while after the answer. Deno 2.9 reads a
 * body of any length to its end after the answer, unless a reader holds the body; cancelled then, the
 * reader closes the connection. The runtime gives no body for GET and HEAD, so theirs can't be held.
 */
function leaveUnread(request: Request): void {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  setTimeout(() => reader.cancel().catch(() => {}), ANSWER_READ_MS);
}

function createRouter(options: HandlerOptions): Handler {
  const { hub, sockets, assets, historySize } = options;
  const scrape = atMostEvery(options.scrapeMs, options.now, () => metricsText(hub));

  function refuse(reason: keyof typeof REFUSALS, headers: HeadersInit = {}): Response {
    hub.counts.refusals[reason]++;
    const [status, message] = REFUSALS[reason];
    return text(status, message, headers);
  }

  return (request, peer) => {
    const { headers } = request;
    if (headerBytes(headers) > MAX_HEADER_BYTES) {
      return refuse("headers_too_large", { "connection": "close" });
    }
    const named = headers.get("host");
    const { authority, path, length } = targetOf(request.url, named);
    if (length > MAX_TARGET_LENGTH) return refuse("target_too_long");
    const isKnownMethod = METHODS.includes(request.method);
    // Before the budget and the host: load balancers poll it, often without a Host.
    if (path === "/healthz" && isKnownMethod) return health(hub, historySize);
    // Upgrades have a budget of their own.
    if (path !== "/ws" || !isUpgrade(request)) {
      const waitMs = hub.takeRequest(clientAddress(headers, peer, options));
      if (waitMs > 0) {
        return refuse("too_many_requests", { "retry-after": `${Math.ceil(waitMs / 1000)}` });
      }
    }
    // HTTP/2 has the authority instead of a Host.
    const host = named ?? (isHostMadeUp(request.url) ? "" : authority);
    if (authority !== host || parseHost(host) === undefined) return refuse("bad_host");
    if (!isHostServed(headers, host, options)) return refuse("other_host");
    const isLink = /^\/r(?:\/|$)/.test(path);
    const asset = findAsset(assets, isLink || path === "/" ? "index.html" : path.slice(1));
    const status = isLink && !namesRoom(path) ? 404 : 200;
    const answer = {
      "/ws": () => sockets.upgrade(request, peer),
      "/healthz": () => health(hub, historySize),
      "/metrics": () => metrics(headers, options.metricsToken, scrape),
    }[path] ?? (asset && (() => serveAsset(request, asset, status)));
    if (answer === undefined) return text(404, "Not found");
    if (!isKnownMethod) return text(405, "Method not allowed", { "allow": METHODS.join(", ") });
    return answer();
  };
}

/**
 * Whether a path is the link of a room that there can be. Where it isn't, the page explains what is
 * wrong with the name, and offers another.
 */
function namesRoom(path: string): boolean {
  const room = /^\/r\/([^/]+)\/?$/.exec(path)?.[1];
  return room !== undefined && checkRoom(room).ok;
}

/** How the server is; for newcomers, who is there and how many messages of a room are kept. */
function health(hub: Hub, history: number): Response {
  const status = hub.draining ? "draining" : "ok";
  const { connectionCount: connections, roomCount: rooms, userCount: users } = hub;
  return Response.json({ status, connections, rooms, users, history }, {
    status: hub.draining ? 503 : 200,
    headers: { "cache-control": "no-store" },
  });
}

function metrics(headers: Headers, token: string, scrape: () => string): Response {
  if (token !== "" && !hasToken(headers, token)) {
    return text(401, "A bearer token is expected", { "www-authenticate": "Bearer" });
  }
  return new Response(scrape(), {
    headers: { "content-type": METRICS_TYPE, "cache-control": "no-store" },
  });
}

function metricsText(hub: Hub): string {
  const runtime = {
    versions: { version: project.version, deno: Deno.version.deno, protocol: SUBPROTOCOL },
    residentBytes: Deno.memoryUsage().rss,
    startedAt: performance.timeOrigin,
  };
  return formatMetrics(metricsOf(hub.counts, hub.levels(), runtime));
}

/** Caches a text for so many milliseconds. */
function atMostEvery(ms: number, now: () => number, make: () => string): () => string {
  let [made, madeAt] = ["", -Infinity];
  return () => {
    if (now() - madeAt >= ms) [made, madeAt] = [make(), now()];
    return made;
  };
}

function text(status: number, message: string, headers: HeadersInit = {}): Response {
  return new Response(`${message}\n`, { status, headers });
}
