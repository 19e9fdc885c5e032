/**
 * Base path: everything is served below it.
 *
 * @module
 */

import { queryOf } from "./request.ts";
import type { Route } from "./routes.ts";

/** Finds the route of a path, or none. */
export type FindRoute = (path: string) => Route | undefined;

/**
 * Finds routes below a base path. The base path without its last slash leads to the one with it; other
 * paths have no route.
 *
 * @param routeOf of a path without the base path, which begins with "/"
 * @param basePath such as "/" or "/chat/"
 */
export function belowBasePath(routeOf: FindRoute, basePath: string): FindRoute {
  if (basePath === "/") return routeOf;
  const parent = basePath.slice(0, -1);
  const redirect: Route = {
    methods: ["GET", "HEAD"],
    respond: ({ url }) => redirectTo(basePath + printable(queryOf(url))),
  };
  return (path) => {
    if (path.startsWith(basePath)) return routeOf(path.slice(parent.length));
    return path === parent ? redirect : undefined;
  };
}

/** Not kept by browsers, since another program may have the path tomorrow. */
function redirectTo(location: string): Response {
  return new Response(null, { status: 308, headers: { location, "cache-control": "no-cache" } });
}

/** A query, or "" if a header can't carry it. */
function printable(query: string): string {
  return /^[!-~]*$/.test(query) ? query : "";
}
