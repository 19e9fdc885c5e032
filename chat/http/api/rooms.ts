/**
 * The rooms that are listed: `GET /api/rooms`.
 *
 * @module
 */

import { refuseCaller } from "../../commands/caller.ts";
import { readRooms } from "../../commands/list_rooms.ts";
import type { ErrorEvent } from "../../protocol/types.ts";
import { type Call, jsonResponse } from "./call.ts";

/** Gives the rooms that are listed, of those that the caller may enter. */
export async function getRooms(call: Call): Promise<Response | ErrorEvent> {
  const { context, caller, timers } = call;
  const banned = await refuseCaller(context, caller);
  if (banned !== undefined) return banned;
  const rooms = await readRooms(context, caller, undefined, timers.now);
  if ("code" in rooms) return rooms;
  context.metrics.commands.rooms++;
  return jsonResponse(JSON.stringify({ rooms }));
}
