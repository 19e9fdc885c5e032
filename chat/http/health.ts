/**
 * Health check for load balancers.
 *
 * @module
 */

import type { Hub } from "../hub.ts";

/**
 * The state of the server, its numbers of connections, rooms and users, and `history`, the most
 * messages that it keeps of a room; 503 while it drains. The page tells newcomers of the last two.
 */
export function healthResponse(hub: Hub, history: number): Response {
  const status = hub.draining ? "draining" : "ok";
  const { connectionCount: connections, roomCount: rooms, userCount: users } = hub;
  return Response.json({ status, connections, rooms, users, history }, {
    status: hub.draining ? 503 : 200,
    headers: { "cache-control": "no-store" },
  });
}
