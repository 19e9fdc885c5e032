/**
 * The `rooms` command.
 *
 * @module
 */

import { encodeEvent } from "../protocol/encode.ts";
import type { ListedRoom } from "../protocol/types.ts";
import { cut, PAGE_BYTES } from "../room/cut.ts";
import type { Client } from "../room/memberships.ts";
import { type Answer, type Context, type Of, refOf, tooMuchHistory } from "./context.ts";

/** Bytes of a room in an answer, about. */
function bytesOf({ room, topic }: ListedRoom): number {
  return 80 + room.length + 2 * topic.length;
}

/** Gives the rooms that are listed. */
export async function listRooms(
  { directory }: Context,
  { address, rooms: allowed }: Client,
  command: Of<"rooms">,
  now: number,
): Promise<Answer> {
  const retryMs = address.budgets.answers.wait(now);
  if (retryMs > 0) return tooMuchHistory(retryMs, command.ref);
  const listed = (await directory.list(now)).filter(({ room }) => allowed?.has(room) ?? true);
  const rooms = cut(listed, PAGE_BYTES, bytesOf);
  address.spendAnswer(rooms.reduce((sum, room) => sum + bytesOf(room), 0), now);
  return encodeEvent({ type: "rooms", ...refOf(command), rooms });
}
