/**
 * The commands of moderators and admins: `kick`, `mute`, `ban` and `bans`.
 *
 * @module
 */

import { documentKey } from "../broker/broker.ts";
import { encodeEvent } from "../protocol/encode.ts";
import { refuseAct, type Role } from "../protocol/permissions.ts";
import { type ErrorEvent, refusal } from "../protocol/types.ts";
import {
  type Ban,
  banDocument,
  encodeBans,
  reviseBans,
  ROOM_DOCUMENTS,
  SERVER_DOCUMENTS,
} from "../room/bans.ts";
import type { Client, Session } from "../room/memberships.ts";
import type { Room } from "../room/room.ts";
import { addressDigest } from "./address_digest.ts";
import { originOf } from "./ban_origins.ts";
import { type Answer, type Context, type Of, refOf, tooMuchHistory, useRoom } from "./context.ts";
import { changeDocument } from "./document_changes.ts";
import { takeRate } from "./once.ts";
import { refuseInRoom, type Visitor } from "./restrictions.ts";
import { refuseActs, roleIn, roleOfId } from "./roles.ts";

const MINUTE_MS = 60_000;

/** Kicks or mutes a user, or ends that. Answers when it is kept. */
export async function moderate(
  context: Context,
  client: Client,
  session: Session,
  command: Of<"kick" | "mute">,
  now: number,
): Promise<Answer> {
  const { ref } = command;
  const room = await useRoom(context, command.room, now, { ref, address: client.address });
  if ("code" in room) return room;
  context.rooms.pin(room);
  try {
    return await give(context, client, session, command, room, now);
  } finally {
    context.rooms.unpin(room);
  }
}

/** Bans a user from the server, or ends that. Answers when it is kept. */
export function ban(
  context: Context,
  client: Client,
  session: Session,
  command: Of<"ban">,
  now: number,
): Promise<Answer> {
  return give(context, client, session, command, undefined, now);
}

/** @param room none: the whole server */
async function give(
  context: Context,
  { address, isAdmin }: Client,
  { user }: Session,
  command: Of<"kick" | "mute" | "ban">,
  room: Room | undefined,
  now: number,
): Promise<Answer> {
  const { broker, feed, metrics, logger } = context;
  const { type, ref, user: id, minutes } = command;
  const actor = { user, isAdmin };
  const check = () =>
    refuseBan(context, roleIn(room, actor), command, room, id === user.id) ??
      refuseKicked(context, room, { ...actor, address }, ref);
  const refused = check() ?? takeRate(context, { user, address }, ref, "", now);
  if (refused !== undefined) return refused;
  const at = context.now();
  const given: Ban = {
    ...{ kind: type, id, at, by: user.id, until: at + minutes * MINUTE_MS },
    name: context.memberships.userOf(id)?.name ?? "",
    ...minutes > 0 ? originOf(context, room, id) : { address: "", inside: [] },
  };
  const name = banDocument(id, room === undefined ? SERVER_DOCUMENTS : ROOM_DOCUMENTS);
  const result = await changeDocument(broker, {
    room: room?.name ?? "",
    key: documentKey(room?.name ?? "", name),
    user: user.id,
    revise(body) {
      // The role may have gone meanwhile.
      const refused = check();
      if (refused !== undefined) return refused;
      const bans = reviseBans(body, given, at);
      return {
        body: encodeBans(bans),
        expires: Math.max(at, ...bans.map(({ until }) => until)),
        ...room !== undefined && { maker: addressDigest(address), isIdle: true },
      };
    },
  });
  if (result === undefined || "code" in result) return result;
  // All bans of the document are written again.
  address.budgets.texts.spend(result.body.length);
  const document = { name, ...result };
  if (room === undefined) feed.applyServer(document);
  else feed.apply(room, [document]);
  metrics.moderation[type]++;
  logger("info", "moderated", {
    act: type,
    ...room !== undefined && { room: room.name },
    ...{ by: user.id, user: id, minutes },
  });
  return encodeEvent({ type: "done", ...refOf(command) });
}

/** Users who were kicked from a room have no say there, whatever their role. */
function refuseKicked(
  context: Context,
  room: Room | undefined,
  actor: Visitor,
  ref: string | undefined,
): ErrorEvent | undefined {
  return room && refuseInRoom(context, "kick", room, actor, ref);
}

function refuseBan(
  context: Context,
  role: Role | undefined,
  { type, user: id, ref }: Of<"kick" | "mute" | "ban">,
  room: Room | undefined,
  isSelf: boolean,
): ErrorEvent | undefined {
  const refused = refuseAct(role, type, { role: roleOfId(context, room, id), isSelf });
  return refused === undefined ? undefined : refusal("forbidden", refused, ref);
}

/** Gives the bans of a room, or of the server. */
export async function listBans(
  context: Context,
  { address, isAdmin }: Client,
  { user }: Session,
  command: Of<"bans">,
  now: number,
): Promise<Answer> {
  const { ref, room: name } = command;
  const retryMs = address.budgets.answers.wait(now);
  if (retryMs > 0) return tooMuchHistory(retryMs, ref);
  const actor = { user, isAdmin };
  if (name === undefined) {
    return refuseActs(roleIn(undefined, actor), ["read the bans of the server"], ref) ??
      encodeList(address, command, context.serverBans.bans.list(context.now()), now);
  }
  const room = await useRoom(context, name, now, { ref, address });
  if ("code" in room) return room;
  const refused = refuseActs(roleIn(room, actor), ["read the bans of a room"], ref) ??
    refuseKicked(context, room, { ...actor, address }, ref);
  const bans = room.rules.bans.list(context.now());
  context.rooms.release(room);
  return refused ?? encodeList(address, command, bans, now);
}

function encodeList(
  address: Client["address"],
  command: Of<"bans">,
  bans: readonly Ban[],
  now: number,
): string {
  // All of them, however many: one that is not shown can't be ended.
  address.spendAnswer(bans.length * BAN_BYTES, now);
  return encodeEvent({
    type: "bans",
    ...refOf(command),
    bans: bans.map(({ id, name, kind, until, by }) => ({ user: { id, name }, kind, until, by })),
  });
}

/** Bytes of a ban in an answer, at most. */
const BAN_BYTES = 220;
