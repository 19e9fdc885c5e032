/**
 * Origins of users who are banned: the addresses from which newcomers are kept out, too.
 *
 * @module
 */

import { documentKey } from "../broker/broker.ts";
import {
  type Ban,
  banDocument,
  completeBan,
  encodeBans,
  MAX_INSIDE,
  ROOM_DOCUMENTS,
  SERVER_DOCUMENTS,
  UNKNOWN_ADDRESS,
} from "../room/bans.ts";
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
export function originOf(
  { memberships, instances, logger }: Context,
  room: Room | undefined,
  id: string,
): Pick<Ban, "address" | "inside"> {
  const nowhere = { address: "", inside: [] };
  const address = memberships.addressOf(id);
  if (address === undefined) {
    return instances === undefined ? nowhere : { address: UNKNOWN_ADDRESS, inside: [] };
  }
  const others = memberships.idsAt(address).filter((each) => each !== id);
  const { name, isProxied } = address;
  if (others.length > SHARED_BY || (isProxied && others.length >= SHARED_BY_PROXIED)) {
    logger("warn", "address_shared", { address: name, users: others.length, isProxied, user: id });
    return nowhere;
  }
  const inside = others.filter((each) => room === undefined || room.presence.has(each));
  return { address: addressDigest(address), inside };
}

/** Adds the address of a user to a ban that was given at another instance, if it is known here. */
export async function addOrigin(
  context: Context,
  room: Room | undefined,
  ban: Ban,
): Promise<void> {
  const { memberships, broker, now } = context;
  const { id, by, address, until } = ban;
  if (address !== UNKNOWN_ADDRESS || until <= now() || memberships.addressOf(id) === undefined) {
    return;
  }
  const origin = originOf(context, room, id);
  const name = banDocument(id, room === undefined ? SERVER_DOCUMENTS : ROOM_DOCUMENTS);
  const maker = memberships.addressOf(by);
  await changeDocument(broker, {
    room: room?.name ?? "",
    key: documentKey(room?.name ?? "", name),
    user: by,
    revise(body) {
      const bans = completeBan(body, ban, origin);
      return bans && {
        body: encodeBans(bans),
        expires: Math.max(...bans.map(({ until }) => until)),
        ...room && maker && { maker: addressDigest(maker), isIdle: true },
      };
    },
  });
}
