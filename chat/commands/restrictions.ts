/**
 * Restrictions: the bans of a room that hold for somebody now.
 *
 * @module
 */

import type { Address } from "../limits/addresses.ts";
import type { ErrorEvent } from "../protocol/types.ts";
import { addressDigest } from "./address_digest.ts";
import type { Context } from "./context.ts";
import { type Actor, roleIn, type RuledRoom } from "./roles.ts";
import { refusalOf } from "./server_bans.ts";

/** Somebody who does something, at an address. */
export interface Visitor extends Actor {
  readonly address: Address;
}

/** The refusal of somebody who was kicked from a room or muted there, if so. */
export function refuseInRoom(
  { now }: Pick<Context, "now">,
  kind: "kick" | "mute",
  room: RuledRoom,
  actor: Visitor,
  ref: string | undefined,
): ErrorEvent | undefined {
  const { bans } = room.rules;
  // As in most rooms.
  if (bans.isEmpty) return undefined;
  const role = roleIn(room, actor);
  if (role === "admin") return undefined;
  const suspect = {
    id: actor.user.id,
    address: () => addressDigest(actor.address),
    isExempt: role !== undefined,
  };
  return refusalOf(kind, bans.find(kind, suspect, now()), now(), ref);
}
