/**
 * Speech: who may say something in a room now.
 *
 * @module
 */

import { refuseAct } from "../protocol/permissions.ts";
import { type ErrorEvent, refusal } from "../protocol/types.ts";
import type { Message } from "../broker/broker.ts";
import { encodedUserId } from "../protocol/body.ts";
import type { Room } from "../room/room.ts";
import type { Context } from "./context.ts";
import type { Author } from "./once.ts";
import { refuseInRoom } from "./restrictions.ts";
import { roleIn, type RuledRoom } from "./roles.ts";

/** Refuses somebody who is muted in a room. */
export function refuseMuted(
  context: Context,
  author: Author,
  room: RuledRoom | undefined,
  ref: string,
): ErrorEvent | undefined {
  const { address } = author;
  if (room === undefined || address === undefined) return undefined;
  return refuseInRoom(context, "mute", room, { ...author, address }, ref);
}

/** Refuses somebody who may not say something in a room now. Programs on the server always may. */
export function refuseSpeech(
  context: Context,
  author: Author,
  room: RuledRoom | undefined,
  type: "send" | "edit" | "react",
  ref: string,
  now: number,
): ErrorEvent | undefined {
  if (room === undefined || author.address === undefined) return undefined;
  const muted = refuseMuted(context, author, room, ref);
  if (muted !== undefined) return muted;
  const { readOnly, slowMs } = room.rules.settings;
  if (readOnly && type !== "react") {
    const refused = refuseAct(roleIn(room, author), "speak in a read-only room");
    if (refused !== undefined) return refusal("read_only", refused, ref);
  }
  if (slowMs === 0 || type !== "send" || !mustPause(room, author)) return undefined;
  const retryMs = context.slowMode.wait(room.name, author.user.id, slowMs, now);
  if (retryMs === 0) return undefined;
  const message = `One message in ${slowMs / 1000} s from each user of ${room.name}`;
  return refusal("rate_limited", message, ref, retryMs);
}

/** Starts the pause of an author in slow mode. Returns a function that takes it back. */
export function startPause(
  { rooms, slowMode }: Context,
  author: Author,
  name: string,
  now: number,
): () => void {
  const room = author.joined?.get(name)?.room ?? rooms.get(name);
  if (room === undefined || room.rules.settings.slowMs === 0 || !mustPause(room, author)) {
    return () => {};
  }
  return slowMode.start(name, author.user.id, now);
}

/** Starts the pause of an author in slow mode who has said something at another instance. */
export function noteSpeech(
  { slowMode }: Pick<Context, "slowMode">,
  { name, rules }: Room,
  { id, position, body }: Message,
  now: number,
): void {
  const { slowMs } = rules.settings;
  if (slowMs === 0 || id !== position) return;
  const user = encodedUserId(body);
  // Of one who speaks here, it runs.
  if (user !== undefined && slowMode.wait(name, user, slowMs, now) === 0) {
    slowMode.start(name, user, now);
  }
}

function mustPause(room: RuledRoom, author: Author): boolean {
  return author.address !== undefined &&
    refuseAct(roleIn(room, author), "ignore slow mode") !== undefined;
}
