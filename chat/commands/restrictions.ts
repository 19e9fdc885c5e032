/**
 * Restrictions: the bans of a room that hold for somebody now.
 *
 * @module
 */

import type { Address } from "../limits/addresses.ts";
import type { ErrorEvent, User } from "../protocol/types.ts";
import type { Client } from "../room/memberships.ts";
import type { Room } from "../room/room.ts";
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

/**
 * The refusal of another name for somebody who is muted in a room where all would be told of it: here, or
 * at another instance and in memory here.
 */
export function refuseNewName(
  context: Pick<Context, "now" | "rooms" | "instances">,
  { address, isAdmin }: Pick<Client, "address" | "isAdmin">,
  { user, rooms }: { readonly user: User; readonly rooms: Iterable<Room> },
  ref: string | undefined,
): ErrorEvent | undefined {
  const elsewhere = context.instances?.roomsOf(user.id) ?? [];
  for (const room of [...rooms, ...Array.from(elsewhere, (name) => context.rooms.get(name))]) {
    const refused = room &&
      refuseInRoom(context, "mute", room, { user, isAdmin, address }, ref);
    if (refused !== undefined) return refused;
  }
  return undefined;
}
