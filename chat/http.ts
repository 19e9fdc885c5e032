/**
 * What is answered to plain requests.
 *
 * @module
 */

import project from "../deno.json" with { type: "json" };
import { type Asset, type Assets, serveAsset } from "./assets.ts";
import { metricsOf } from "./counts.ts";
import type { Hub } from "./hub.ts";
import type { Log } from "./log.ts";
import { formatMetrics, METRICS_TYPE } from "./metrics.ts";
import { checkRoom } from "./names.ts";
import { SUBPROTOCOL } from "./protocol.ts";
import { hasToken } from "./trust.ts";
import type { Sockets } from "./websocket.ts";

/** What the routes lead to. */
export interface HandlerOptions {
  readonly hub: Hub;
  readonly sockets: Sockets;
  readonly assets: Assets;
  readonly log: Log;
  /** What `/metrics` is only shown to; empty: to everyone. */
  readonly metricsToken: string;
}

/** Answers a request that came from a peer's address. */
export type Handler = (request: Request, peer: string) => Response;

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

/** The server's answer to everything. */
export function createHandler(options: HandlerOptions): Handler {
  return (request, peer) => {
    let response: Response;
    try {
      response = route(request, peer, options);
    } catch (error) {
      options.log("error", "request_failed", { error: String(error) });
      response = text(500, "The server failed");
    }
    // The answer to an upgrade is not ours to change.
    if (response.status === 101) return response;
    for (const [name, value] of SECURITY_HEADERS) response.headers.set(name, value);
    return response;
  };
}

function route(request: Request, peer: string, options: HandlerOptions): Response {
  const { hub, sockets, assets } = options;
  const pathname = pathOf(request);
  if (pathname === undefined) return text(400, "The request names no host that can be read");
  const answer = {
    "/ws": () => sockets.upgrade(request, peer),
    "/healthz": () => health(hub),
    "/metrics": () => metrics(request, options),
  }[pathname];
  const asset = answer === undefined ? find(assets, pathname) : undefined;
  if (answer === undefined && asset === undefined) return text(404, "Not found");
  if (!METHODS.includes(request.method)) {
    return text(405, "Method not allowed", { "allow": METHODS.join(", ") });
  }
  if (answer !== undefined) return answer();
  return asset === undefined ? text(404, "Not found") : serveAsset(request, asset);
}

/** The path, unless the client's `Host` makes no URL: then the runtime throws. */
function pathOf(request: Request): string | undefined {
  try {
    return new URL(request.url).pathname;
  } catch {
    return undefined;
  }
}

/** The page stands at `/` and at each room's link; other files at their names. */
function find(assets: Assets, pathname: string): Asset | undefined {
  const room = /^\/r\/([^/]+)$/.exec(pathname)?.[1];
  const isPage = pathname === "/" || (room !== undefined && checkRoom(room).ok);
  return assets.get(isPage ? "index.html" : pathname.slice(1));
}

function health(hub: Hub): Response {
  const status = hub.draining ? "draining" : "ok";
  const { connectionCount: connections, roomCount: rooms, userCount: users } = hub;
  return Response.json({ status, connections, rooms, users }, {
    status: hub.draining ? 503 : 200,
    headers: { "cache-control": "no-store" },
  });
}

function metrics({ headers }: Request, { hub, metricsToken }: HandlerOptions): Response {
  if (metricsToken !== "" && !hasToken(headers, metricsToken)) {
    return text(401, "A bearer token is expected", { "www-authenticate": "Bearer" });
  }
  const runtime = {
    versions: { version: project.version, deno: Deno.version.deno, protocol: SUBPROTOCOL },
    residentBytes: Deno.memoryUsage().rss,
    startedAt: performance.timeOrigin,
  };
  return new Response(formatMetrics(metricsOf(hub.counts, hub.levels(), runtime)), {
    headers: { "content-type": METRICS_TYPE, "cache-control": "no-store" },
  });
}

function text(status: number, message: string, headers: HeadersInit = {}): Response {
  return new Response(`${message}\n`, { status, headers });
}
