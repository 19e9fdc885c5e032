/**
 * Reading a room as it goes on, without joining it.
 *
 * @module
 */

import type { ErrorEvent } from "../protocol/types.ts";
import type { StreamStart } from "../room/log.ts";
import type { Room } from "../room/room.ts";
import { type Caller, checkCallerRoom, refuseAtRoom, refuseCaller } from "./caller.ts";
import { type Context, tooMuchHistory, useRoom } from "./context.ts";
import { catchUpTo, resumeRequest } from "./join.ts";
import { refuseInRoom } from "./restrictions.ts";

/** The room that a caller wants to follow, and the position after which it goes on. */
export interface Followed {
  readonly room: string;
  /** Left out, it goes on from now. */
  readonly since?: string | undefined;
}

/**
 * Has a caller follow a room, or says why it is refused. The room need not exist, and nobody owns it
 * for this. The caller is no member.
 *
 * @param begin called at the end with the room, and with the place in its log as of now
 */
export async function follow<Result>(
  context: Context,
  caller: Caller,
  { room: name, since }: Followed,
  now: number,
  begin: (room: Room, start: StreamStart) => Result,
): Promise<Result | ErrorEvent> {
  const { feed, memberships, rooms, serverBans } = context;
  const { address } = caller;
  const checked = checkCallerRoom(caller, name);
  if (typeof checked !== "string") return checked;
  const retryMs = since === undefined ? 0 : address.budgets.answers.wait(now);
  if (retryMs > 0) return tooMuchHistory(retryMs, undefined);
  const banned = await refuseCaller(context, caller);
  if (banned !== undefined) return banned;
  memberships.visit(caller.user.id, address, false);
  const room = await useRoom(context, checked, now, { address });
  if ("code" in room) return room;
  rooms.pin(room);
  try {
    await catchUpTo(context, room, since);
    const request = resumeRequest(context, since);
    if (request !== undefined && room.log.lacksOlder(request)) await feed.extend(room);
    let password: string | undefined;
    do {
      // Again, if the room has another one by then.
      password = room.rules.settings.password?.hash;
      const refused = await refuseAtRoom(context, room, caller, now);
      if (refused !== undefined) return refused;
    } while (password !== room.rules.settings.password?.hash);
    // Nothing is awaited after this.
    const refused = refuseInRoom(context, "kick", room, caller, undefined) ??
      (caller.isAdmin ? undefined : serverBans.refuse(caller.user.id, address, undefined));
    if (refused !== undefined) return refused;
    const start = room.log.resume(resumeRequest(context, since));
    address.spendAnswer(start.bytes, now);
    return begin(room, start);
  } finally {
    rooms.unpin(room);
  }
}
