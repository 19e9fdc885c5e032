/**
 * The `typing` command.
 *
 * @module
 */

import type { User } from "../protocol/types.ts";
import type { Room } from "../room/room.ts";
import type { Answer, Context } from "./context.ts";

/** Tells the others in a room that a user is typing, unless they were told a moment ago. */
export function typing({ bus }: Context, user: User, room: Room, now: number): Answer {
  if (room.presence.takeTyping(user.id, now)) {
    bus.publish({ kind: "typing", room: room.name, user });
  }
  return undefined;
}
