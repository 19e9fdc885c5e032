/**
 * Callers: users who ask by a single request, without a connection.
 *
 * @module
 */

import { roomDocuments } from "../broker/feed.ts";
import type { Address } from "../limits/addresses.ts";
import { refuseAct } from "../protocol/permissions.ts";
import { type ErrorEvent, refusal, unauthorized, type User } from "../protocol/types.ts";
import { RoomRules } from "../room/rules.ts";
import { checkName, checkRoom } from "../text/names.ts";
import { skeletonsOf } from "../text/skeletons.ts";
import { refuseEntry } from "./admission.ts";
import type { Context } from "./context.ts";
import { type Credentials, identify, type Origin, refuseBanned } from "./identity.ts";
import { refuseInRoom } from "./restrictions.ts";
import { roleIn, type RuledRoom } from "./roles.ts";

/** The name of a caller who gives none. */
export const BOT_NAME = "bot";

/** A user who asks without a connection. */
export interface Caller {
  /** With the role `bot`, whatever the user's role in rooms. */
  readonly user: User;
  readonly isAdmin: boolean;
  /** True if another application has named the user. */
  readonly isNamed: boolean;
  /** True if the user has no key: it is another user with each request. */
  readonly isStranger: boolean;
  readonly address: Address;
  /** The rooms that the user may enter; `undefined`: all. */
  readonly rooms: ReadonlySet<string> | undefined;
  /** The end of the user's token, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** The password of a room that was given. */
  readonly password: string | undefined;
}

/** The secrets of a request. */
export type CallerCredentials = Pick<Credentials, "key" | "token" | "password"> & {
  readonly roomPassword?: string | undefined;
};

/** The user of a request, or the refusal. It may be banned. */
export async function identifyCaller(
  context: Context,
  origin: Origin,
  { roomPassword, ...credentials }: CallerCredentials,
  now: number,
): Promise<Caller | ErrorEvent> {
  const { config, tokens } = context;
  const identity = await identify(context, origin, { ...credentials, name: BOT_NAME }, now);
  if ("code" in identity) return identity;
  const { id, name, isAdmin, isNamed, rooms, expiresAt = Infinity } = identity;
  return {
    user: { id, name, role: "bot" },
    ...{ isAdmin, isNamed, rooms, expiresAt },
    isStranger: config.userHeader === "" && tokens === undefined && credentials.key === undefined,
    address: origin.address,
    password: roomPassword,
  };
}

/** The caller under another name, or why the name is no name. Tokens and proxies name their users. */
export function renameCaller(caller: Caller, name: string | undefined): Caller | ErrorEvent {
  if (name === undefined || caller.isNamed) return caller;
  const checked = checkName(name);
  if (!checked.ok) return refusal("name_invalid", checked.message);
  return { ...caller, user: { ...caller.user, name: checked.value } };
}

/** Refuses a caller who is banned from the server. */
export function refuseCaller(
  context: Context,
  { user: { id }, isAdmin, address }: Caller,
): ErrorEvent | undefined | Promise<ErrorEvent | undefined> {
  return refuseBanned(context, { id, isAdmin }, address, undefined);
}

/** The name of a room that a caller may enter as far as the name goes, or the refusal. */
export function checkCallerRoom({ rooms }: Caller, name: string): string | ErrorEvent {
  const room = checkRoom(name);
  if (!room.ok) return refusal("room_invalid", room.message);
  if (rooms?.has(room.value) === false) {
    return refusal("forbidden", `Your token is not for ${room.value}`);
  }
  return room.value;
}

/** Refuses a caller who was kicked from a room, or does not know its password. */
export async function refuseAtRoom(
  context: Context,
  room: RuledRoom,
  caller: Caller,
  now: number,
): Promise<ErrorEvent | undefined> {
  const refuseKicked = () => refuseInRoom(context, "kick", room, caller, undefined);
  // Again at the end: it may have come meanwhile.
  return refuseKicked() ?? await refuseEntry(context, room, caller, now) ?? refuseKicked();
}

/**
 * A room that a caller may read, or the refusal. The room need not exist, and is not made. The caller
 * may be banned from the server.
 */
export async function openRoom(
  context: Context,
  caller: Caller,
  name: string,
  now: number,
): Promise<RuledRoom | ErrorEvent> {
  const checked = checkCallerRoom(caller, name);
  if (typeof checked !== "string") return checked;
  const banned = await refuseCaller(context, caller);
  if (banned !== undefined) return banned;
  const room = await rulesOf(context, checked);
  const refused = await refuseAtRoom(context, room, caller, now);
  if (refused !== undefined) return refused;
  context.memberships.visit(caller.user.id, caller.address, false);
  return room;
}

/**
 * Refuses a caller who was let into a room a while ago and may not stay: banned or kicked since, with a
 * token that has expired, or without the password that it has now.
 *
 * @param passwordHash that the room had then
 */
export async function refuseStay(
  context: Context,
  caller: Caller,
  name: string,
  passwordHash: string | undefined,
): Promise<ErrorEvent | undefined> {
  if (caller.expiresAt <= context.now()) {
    return unauthorized("token", "The token has expired", undefined);
  }
  const banned = await refuseCaller(context, caller);
  if (banned !== undefined) return banned;
  const room = await rulesOf(context, name);
  return refuseLockedOut(room, caller, passwordHash) ??
    refuseInRoom(context, "kick", room, caller, undefined);
}

/**
 * Refuses a caller who was let into a room without the password that it has now, and needs it.
 *
 * @param passwordHash that the room had then
 */
export function refuseLockedOut(
  room: RuledRoom,
  caller: Caller,
  passwordHash: string | undefined,
): ErrorEvent | undefined {
  const { password } = room.rules.settings;
  if (password === undefined || password.hash === passwordHash) return undefined;
  if (refuseAct(roleIn(room, caller), "enter without the password") === undefined) return undefined;
  return unauthorized("password", `${room.name} has another password now`, undefined);
}

/** A room in memory, or else its rules, which take no place there. */
async function rulesOf(context: Context, name: string): Promise<RuledRoom> {
  return context.rooms.get(name) ?? await readRules(context, name);
}

async function readRules(
  { broker, config, memberships }: Context,
  name: string,
): Promise<RuledRoom> {
  const rules = new RoomRules(name, {
    fixedRooms: config.rooms,
    nameOf: (id) => memberships.userOf(id)?.name,
  });
  for (const document of roomDocuments(await broker.documents(name))) rules.apply(document);
  return { name, rules };
}

/** Refuses a name that looks like that of another user in a room. */
export function refuseLookAlike(
  { rooms }: Context,
  { user: { id, name } }: Caller,
  roomName: string,
): ErrorEvent | undefined {
  const { presence } = rooms.get(roomName) ?? {};
  return presence?.isTaken(skeletonsOf(name), id)
    ? refusal("name_taken", `"${name}" looks like a name in ${roomName}`)
    : undefined;
}
