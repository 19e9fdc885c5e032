/**
 * The table of routes.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Hub } from "../hub.ts";
import { checkRoom } from "../text/names.ts";
import { type Assets, findAsset, serveAsset } from "./assets.ts";
import { createMetricsResponder, type MetricsOptions } from "./metrics.ts";
import { isUpgrade, type Upgrader } from "./websocket.ts";

/** What the routes lead to. */
export interface RouteOptions extends MetricsOptions, Pick<Config, "historySize"> {
  readonly upgrader: Upgrader;
  readonly assets: Assets;
}

/** A resource of the server. */
export interface Route {
  readonly methods: readonly string[];
  /** @param peer the address at the other end of the TCP connection, "" if the peer has gone */
  respond(request: Request, peer: string): Response | Promise<Response>;
  /** Whether requests need no host and have no limit: load balancers often send no `Host`. */
  readonly isOpen?: boolean;
  /** Whether a request has a budget of its own, besides that of other requests of its address. */
  hasOwnBudget?(request: Request): boolean;
}

const READ = ["GET", "HEAD"];

/** Makes the function that finds the route of a path. */
export function createRoutes(options: RouteOptions): (path: string) => Route | undefined {
  const { hub, upgrader, assets } = options;
  const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
    ["/ws", {
      methods: READ,
      respond: (request, peer) => upgrader.upgrade(request, peer),
      hasOwnBudget: isUpgrade,
    }],
    ["/healthz", {
      methods: READ,
      respond: () => healthResponse(hub, options.historySize),
      isOpen: true,
    }],
    ["/metrics", { methods: READ, respond: createMetricsResponder(options) }],
  ]);
  return (path) => {
    const route = routes.get(path);
    if (route !== undefined) return route;
    const isLink = /^\/r(?:\/|$)/.test(path);
    const asset = findAsset(assets, isLink || path === "/" ? "index.html" : path.slice(1));
    const status = isLink && !namesRoom(path) ? 404 : 200;
    return asset && { methods: READ, respond: (request) => serveAsset(request, asset, status) };
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
 * The state of the server, its numbers of connections, rooms and users, and `history`, the most
 * messages that it keeps of a room; 503 while it drains. The page tells newcomers of the last two.
 */
function healthResponse(hub: Hub, history: number): Response {
  const status = hub.draining ? "draining" : "ok";
  const { connectionCount: connections, roomCount: rooms, userCount: users } = hub;
  return Response.json({ status, connections, rooms, users, history }, {
    status: hub.draining ? 503 : 200,
    headers: { "cache-control": "no-store" },
  });
}
