/**
 * The `typing` command.
 *
 * @module
 */

import type { User } from "../protocol/types.ts";
import type { Room } from "../room/room.ts";
import type { Answer, Context } from "./context.ts";

/** Publishes that a user is typing in a room, unless that was published a moment ago. */
export function typing({ bus }: Context, user: User, room: Room, now: number): Answer {
  if (room.presence.takeTyping(user.id, now)) {
    bus.publish({ kind: "typing", room: room.name, user });
  }
  return undefined;
}
