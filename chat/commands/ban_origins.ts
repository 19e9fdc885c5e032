/**
 * Origins of users who are banned: the addresses from which newcomers are kept out, too.
 *
 * @module
 */

import { documentKey } from "../broker/broker.ts";
import {
  type Ban,
  banDocument,
  combineOrigins,
  encodeBans,
  MAX_INSIDE,
  NOWHERE,
  type Origin,
  reviseOrigin,
  ROOM_DOCUMENTS,
  SERVER_DOCUMENTS,
  UNKNOWN_ADDRESS,
} from "../room/bans.ts";
import type { Address } from "../limits/addresses.ts";
import type { Room } from "../room/room.ts";
import { addressDigest } from "./address_digest.ts";
import type { Context } from "./context.ts";
import { changeDocument } from "./document_changes.ts";

/**
 * Users of one address beyond whom it is shared, such as by a school: then bans hold for ids alone. Fewer
 * make it shared where requests from there have passed a proxy that is not trusted.
 */
const SHARED_BY = MAX_INSIDE;
const SHARED_BY_PROXIED = 3;

/**
 * The address from which newcomers are kept out with a user, and those who are inside from there. None
 * if too many others share it, or no instance knows it.
 */
export function originOf(context: Context, room: Room | undefined, id: string): Origin {
  const address = context.memberships.addressOf(id);
  if (address !== undefined) return originAt(context, room, id, address);
  return context.instances === undefined ? NOWHERE : { address: UNKNOWN_ADDRESS, inside: [] };
}

/** The origin of a ban as this instance knows it. */
function originAt(
  { memberships, logger }: Context,
  room: Room | undefined,
  id: string,
  address: Address,
): Origin {
  const others = memberships.idsAt(address).filter((each) => each !== id);
  const { name, isProxied } = address;
  if (others.length > SHARED_BY || (isProxied && others.length >= SHARED_BY_PROXIED)) {
    logger("warn", "address_shared", { address: name, users: others.length, isProxied, user: id });
    return NOWHERE;
  }
  const inside = others.filter((each) => room === undefined || room.presence.has(each));
  return { address: addressDigest(address), inside };
}

/**
 * Adds what is known here to a ban that was given at another instance: the address of the user, and
 * those who are inside from there.
 */
export async function addOrigin(
  context: Context,
  room: Room | undefined,
  ban: Ban,
): Promise<void> {
  const { memberships, broker, now } = context;
  const { id, by, until } = ban;
  if (ban.address === NOWHERE.address || until <= now()) return;
  const address = ban.address === UNKNOWN_ADDRESS
    ? memberships.addressOf(id)
    : memberships.findAddress((each) => addressDigest(each) === ban.address);
  if (address === undefined) return;
  const origin = originAt(context, room, id, address);
  if (combineOrigins(ban, origin) === undefined) return;
  const name = banDocument(id, room === undefined ? SERVER_DOCUMENTS : ROOM_DOCUMENTS);
  const maker = memberships.addressOf(by);
  await changeDocument(broker, {
    room: room?.name ?? "",
    key: documentKey(room?.name ?? "", name),
    user: by,
    revise(body) {
      const bans = reviseOrigin(body, ban, origin);
      return bans && {
        body: encodeBans(bans),
        expires: Math.max(...bans.map(({ until }) => until)),
        ...room && maker && { maker: addressDigest(maker), isIdle: true },
      };
    },
  });
}
