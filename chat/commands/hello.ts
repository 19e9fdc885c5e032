/**
 * The commands by which a client says whose it is: `hello` and `rename`.
 *
 * @module
 */

import { Unavailable } from "../broker/broker.ts";
import { encodeEvent } from "../protocol/encode.ts";
import { type ErrorEvent, refusal } from "../protocol/types.ts";
import type { Client, Session } from "../room/memberships.ts";
import { checkName, MAX_NAME_LENGTH } from "../text/names.ts";
import { identify, type Identity, refuseBanned } from "./identity.ts";
import { refuseNewName } from "./restrictions.ts";
import {
  type Answer,
  type Context,
  keepDaysOf,
  type Of,
  refOf,
  tooManyChanges,
} from "./context.ts";

/** Makes a client a connection of the user who it shows to be. */
export function hello(
  context: Context,
  client: Client,
  command: Of<"hello">,
  now: number,
): Answer | Promise<Answer> {
  const next = (identity: Identity | ErrorEvent): Answer | Promise<Answer> => {
    if ("code" in identity) return identity;
    const enter = (refused: ErrorEvent | undefined): Answer | Promise<Answer> => (
      client.closed ? undefined : refused ?? welcome(context, client, command, identity)
    );
    const refused = refuseBanned(context, identity, client.address, command.ref);
    return refused instanceof Promise ? refused.then(enter) : enter(refused);
  };
  const identity = identify(context, client, command, now);
  return identity instanceof Promise ? identity.then(next) : next(identity);
}

function welcome(
  context: Context,
  client: Client,
  command: Of<"hello">,
  identity: Identity,
): Answer | Promise<Answer> {
  const { memberships, instances } = context;
  const { id, name, isNamed } = identity;
  client.isNamed = isNamed;
  client.rooms = identity.rooms;
  client.expiresAt = identity.expiresAt ?? Infinity;
  const known = memberships.userOf(id)?.name;
  if (instances === undefined || known === undefined || known === name) {
    return connect(context, client, command, identity);
  }
  const enter = (isFree: boolean): Answer => {
    if (client.closed) return undefined;
    // It may have come meanwhile.
    const banned = identity.isAdmin
      ? undefined
      : context.serverBans.refuse(id, client.address, command.ref);
    return banned ?? connect(context, client, command, identity, isFree || isNamed);
  };
  return instances.names.rename(id, name, enter).catch((cause) => {
    if (cause instanceof Unavailable) return enter(false);
    throw cause;
  });
}

/** @param isFree true if all instances let the user have the name; left out: this one knows */
function connect(
  context: Context,
  client: Client,
  command: Of<"hello">,
  { id, name, isAdmin, isNamed }: Identity,
  isFree?: boolean,
): Answer {
  const { config, memberships, instances } = context;
  const keepDays = keepDaysOf(context);
  const session = memberships.get(id);
  const nameBefore = session?.user.name;
  const { address } = client;
  const known = memberships.userOf(id);
  const inRooms = known && { user: known, rooms: session?.rooms ?? [] };
  const keepsName = inRooms !== undefined && !isNamed &&
    refuseNewName(context, { address, isAdmin }, inRooms, undefined) !== undefined;
  const kept = keepsName || isFree === false ? known?.name : undefined;
  const { user, rooms } = memberships.connect(client, id, kept ?? name, isAdmin, {
    ...isFree === true && { isGiven: true },
    ...kept !== undefined && { named: session?.named ?? instances?.stampOf(id) },
  });
  // Not refused for it: a client without a session could only say it again.
  if (user.name !== nameBefore) client.address.budgets.presence.spend(rooms.size);
  return encodeEvent({
    type: "welcome",
    ...refOf(command),
    version: 1,
    you: user,
    heartbeatMs: config.heartbeatMs,
    limits: {
      text: config.textLength,
      name: MAX_NAME_LENGTH,
      frame: config.frameBytes,
      history: config.joinHistory,
    },
    title: config.title,
    features: [
      ...keepDays === undefined ? [] : ["store"],
      ...context.broker.search === undefined ? [] : ["search"],
      ...["talk", "charge"],
    ],
    ...keepDays !== undefined && { keepDays },
  });
}

/** Gives a user another name, unless it is taken in one of the user's rooms. */
export function rename(
  context: Context,
  client: Client,
  session: Session,
  command: Of<"rename">,
  now: number,
): Answer | Promise<Answer> {
  const { instances } = context;
  const { address } = client;
  if (client.isNamed) {
    return refusal("forbidden", "Your name is given by another application", command.ref);
  }
  const name = checkName(command.name);
  if (!name.ok) return refusal("name_invalid", name.message, command.ref);
  if (name.value !== session.user.name) {
    const muted = refuseNewName(context, client, session, command.ref);
    if (muted !== undefined) return muted;
    const retryMs = address.budgets.presence.wait(now);
    if (retryMs > 0) return tooManyChanges(retryMs, command.ref);
    address.budgets.presence.spend(Math.max(1, session.rooms.size));
    const { value } = name;
    const give = (isFree?: boolean) =>
      giveName(context, client, session, { ...command, name: value }, now, isFree);
    return instances === undefined ? give() : instances.names.rename(session.user.id, value, give);
  }
  return encodeRenamed(command, session);
}

/** @param isFree true if all instances let the user have the name; left out: this one knows */
function giveName(
  context: Context,
  client: Client,
  session: Session,
  command: Of<"rename">,
  now: number,
  isFree?: boolean,
): Answer {
  const { memberships } = context;
  const { address, cursors } = client;
  if (isFree !== undefined) {
    if (client.closed) return undefined;
    // Muted meanwhile.
    const muted = refuseNewName(context, client, session, command.ref);
    if (muted !== undefined) return muted;
  }
  const sentBefore = client.sentUnits;
  // The client gets an answer and no presence event: its cursors must be current before the change.
  const current = [...cursors.values()].filter((cursor) => cursor.room.deliverPresence(cursor));
  address.spendSlice(client.sentUnits - sentBefore, now);
  if (isFree === false || !memberships.rename(session, command.name, isFree)) {
    const message = `"${command.name}" looks like a name in one of your rooms`;
    return refusal("name_taken", message, command.ref);
  }
  for (const cursor of current) cursor.presence = cursor.room.presence.position;
  return encodeRenamed(command, session);
}

function encodeRenamed(command: Of<"rename">, { user }: Session): string {
  return encodeEvent({ type: "renamed", ...refOf(command), you: user });
}
