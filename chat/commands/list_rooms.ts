/**
 * The `rooms` command.
 *
 * @module
 */

import { encodeEvent } from "../protocol/encode.ts";
import type { ErrorEvent, ListedRoom } from "../protocol/types.ts";
import { cut, PAGE_BYTES } from "../room/cut.ts";
import type { Client } from "../room/memberships.ts";
import { type Answer, type Context, type Of, refOf, tooMuchHistory } from "./context.ts";

/** Bytes of a room in an answer, about. */
function bytesOf({ room, topic }: ListedRoom): number {
  return 80 + room.length + 2 * topic.length;
}

/** Gives the rooms that are listed. */
export async function listRooms(
  context: Context,
  client: Client,
  command: Of<"rooms">,
  now: number,
): Promise<Answer> {
  const rooms = await readRooms(context, client, command.ref, now);
  return "code" in rooms ? rooms : encodeEvent({ type: "rooms", ...refOf(command), rooms });
}

/** The rooms that are listed, of those that a user may enter, unless the address was given too much. */
export async function readRooms(
  { directory }: Context,
  { address, rooms: allowed }: Pick<Client, "address" | "rooms">,
  ref: string | undefined,
  now: number,
): Promise<readonly ListedRoom[] | ErrorEvent> {
  const retryMs = address.budgets.answers.wait(now);
  if (retryMs > 0) return tooMuchHistory(retryMs, ref);
  const listed = (await directory.list(now)).filter(({ room }) => allowed?.has(room) ?? true);
  const rooms = cut(listed, PAGE_BYTES, bytesOf);
  address.spendAnswer(rooms.reduce((sum, room) => sum + bytesOf(room), 0), now);
  return rooms;
}
