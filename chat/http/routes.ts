/**
 * The table of routes, and the responses of `/healthz` and `/metrics`.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import type { Hub } from "../hub.ts";
import { formatMetrics, METRICS_TYPE } from "../metrics/exposition.ts";
import { collectMetrics } from "../metrics/metrics.ts";
import { SUBPROTOCOL } from "../protocol/types.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Timers } from "../runtime/timers.ts";
import { checkRoom } from "../text/names.ts";
import { hasToken } from "./access.ts";
import { Api, API_PREFIX } from "./api/api.ts";
import { RESOURCES } from "./api/resources.ts";
import { type Assets, findAsset, serveAsset } from "./assets.ts";
import { textResponse } from "./refusals.ts";
import { sizedResponse } from "./sized_response.ts";
import { isUpgrade, type Upgrader } from "./websocket.ts";

/** What requests are handled with. */
export interface HttpOptions
  extends
    Pick<Config, "trustProxy" | "hosts" | "historySize" | "metricsToken">,
    Pick<Config, "allowedOrigins" | "password" | "tokenSecret" | "userHeader">,
    Pick<Config, "basePath" | "frameAncestors"> {
  readonly hub: Hub;
  readonly upgrader: Upgrader;
  readonly assets: Assets;
  readonly logger: Logger;
  readonly timers: Pick<Timers, "now">;
  /** How long the text of `/metrics` is reused, in milliseconds. */
  readonly scrapeMs: number;
  /** The milliseconds that the body of a request may take. */
  readonly bodyMs: number;
}

/** A resource of the server. */
export interface Route {
  /** Left out, the route answers other methods itself. */
  readonly methods?: readonly string[];
  /**
   * @param peer the address at the other end of the TCP connection, "" if the peer has gone
   * @param sent settles when the response was sent, or can't be
   */
  respond(request: Request, peer: string, sent: Promise<void>): Response | Promise<Response>;
  /** Whether requests need no host and have no limit: load balancers often send no `Host`. */
  readonly isOpen?: boolean;
  /** Whether a request has a budget of its own, besides that of other requests of its address. */
  hasOwnBudget?(request: Request): boolean;
}

const READ = ["GET", "HEAD"];

/** Makes the function that finds the route of a path, which begins behind the base path. */
export function createRoutes(options: HttpOptions): (path: string) => Route | undefined {
  const { hub, upgrader, assets } = options;
  const api = new Api(RESOURCES, options);
  const isFramed = options.frameAncestors.length > 0;
  const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
    ["/ws", {
      methods: READ,
      respond: (request, peer) => upgrader.upgrade(request, peer),
      hasOwnBudget: isUpgrade,
    }],
    ["/healthz", {
      methods: READ,
      respond: () => healthResponse(hub, options),
      isOpen: true,
    }],
    ["/metrics", { methods: READ, respond: createMetricsResponder(options) }],
  ]);
  return (path) => {
    const route = routes.get(path);
    if (route !== undefined) return route;
    if (path.startsWith(API_PREFIX)) {
      return { respond: (request, peer, sent) => api.respond(request, path, peer, sent) };
    }
    const isLink = /^\/r(?:\/|$)/.test(path);
    const asset = findAsset(assets, isLink || path === "/" ? "index.html" : path.slice(1));
    const status = isLink && !namesRoom(path) ? 404 : 200;
    return asset && {
      methods: READ,
      respond: (request) => serveAsset(request, asset, { status, isFramed }),
    };
  };
}

/**
 * Whether a path is the link of a possible room. At other links the page explains what is wrong with
 * the name, and offers another.
 */
function namesRoom(path: string): boolean {
  const room = /^\/r\/([^/]+)\/?$/.exec(path)?.[1];
  return room !== undefined && checkRoom(room).ok;
}

/**
 * The state of the server, its numbers of connections, rooms and users, and for how long messages are
 * kept: `history`, the most of a room in memory, and `keepDays`, of a server with a store (0: for
 * ever). 503 while the server drains, or can keep no message. The page tells newcomers of the last
 * three. A private server tells strangers no numbers.
 */
function healthResponse(
  hub: Hub,
  { historySize: history, password, tokenSecret, userHeader }: HttpOptions,
): Response {
  const status = hub.draining ? "draining" : hub.problem === undefined ? "ok" : "unavailable";
  const { connectionCount: connections, roomCount: rooms, userCount: users, keepDays } = hub;
  const isPrivate = password !== "" || tokenSecret !== "" || userHeader !== "";
  const counts = isPrivate ? {} : { connections, rooms, users };
  const state = JSON.stringify({ status, ...counts, history, keepDays });
  return sizedResponse(state, "application/json", {
    status: status === "ok" ? 200 : 503,
    headers: { "cache-control": "no-store" },
  });
}

/** Makes the function that responds with the metrics to requests that have the token, if any. */
function createMetricsResponder(
  { hub, metricsToken, scrapeMs, timers }: HttpOptions,
): (request: Request) => Response {
  let [text, madeAt] = ["", -Infinity];
  return ({ headers }) => {
    if (metricsToken !== "" && !hasToken(headers, metricsToken)) {
      return textResponse(401, "A bearer token is expected", { "www-authenticate": "Bearer" });
    }
    if (timers.now - madeAt >= scrapeMs) [text, madeAt] = [metricsText(hub), timers.now];
    return sizedResponse(text, METRICS_TYPE, { headers: { "cache-control": "no-store" } });
  };
}

function metricsText(hub: Hub): string {
  return formatMetrics(collectMetrics(hub.metrics, hub.gauges(), {
    versions: { version: project.version, deno: Deno.version.deno, protocol: SUBPROTOCOL },
    residentBytes: Deno.memoryUsage().rss,
    startedAt: performance.timeOrigin,
  }));
}
