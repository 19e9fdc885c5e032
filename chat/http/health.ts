/**
 * Health check for load balancers.
 *
 * @module
 */

import type { Hub } from "../hub.ts";

/** The state of the server and its numbers of connections, rooms and users; 503 while it drains. */
export function healthResponse(hub: Hub): Response {
  const status = hub.draining ? "draining" : "ok";
  const { connectionCount: connections, roomCount: rooms, userCount: users } = hub;
  return Response.json({ status, connections, rooms, users }, {
    status: hub.draining ? 503 : 200,
    headers: { "cache-control": "no-store" },
  });
}
