/**
 * The commands by which a client says whose it is: `hello` and `rename`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { encodeEvent } from "../protocol/encode.ts";
import { refusal, type User } from "../protocol/types.ts";
import type { Client, Session } from "../room/memberships.ts";
import { checkName, MAX_NAME_LENGTH } from "../text/names.ts";
import {
  type Answer,
  type Context,
  keepDaysOf,
  type Of,
  refOf,
  tooManyChanges,
  unavailable,
} from "./context.ts";

/** Makes a client a connection of the user whose key it has. */
export function hello(
  context: Context,
  client: Client,
  command: Of<"hello">,
): Answer | Promise<Answer> {
  const { serverBans } = context;
  const name = checkName(command.name);
  if (!name.ok) return refusal("name_invalid", name.message, command.ref);
  const id = userIdOf(command.key ?? crypto.randomUUID());
  const next = (): Answer => welcome(context, client, command, { id, name: name.value });
  if (serverBans.isReady) return next();
  return serverBans.load().then((isReady) =>
    isReady ? next() : unavailable("The server can't tell who is banned", command.ref)
  );
}

function welcome(
  context: Context,
  client: Client,
  command: Of<"hello">,
  { id, name }: User,
): Answer {
  const { config, memberships, serverBans } = context;
  if (client.closed) return undefined;
  const isAdmin = config.admins.has(id);
  const banned = isAdmin ? undefined : serverBans.refuse(id, client.address, command.ref);
  if (banned !== undefined) return banned;
  const keepDays = keepDaysOf(context);
  const nameBefore = memberships.get(id)?.user.name;
  const { user, rooms } = memberships.connect(client, id, name, isAdmin);
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
    features: [...keepDays === undefined ? [] : ["store", "search"], "talk", "charge"],
    ...keepDays !== undefined && { keepDays },
  });
}

/** Gives a user another name, unless it is taken in one of the user's rooms. */
export function rename(
  { memberships }: Context,
  client: Client,
  session: Session,
  command: Of<"rename">,
  now: number,
): Answer {
  const { address, cursors } = client;
  const name = checkName(command.name);
  if (!name.ok) return refusal("name_invalid", name.message, command.ref);
  if (name.value !== session.user.name) {
    const retryMs = address.budgets.presence.wait(now);
    if (retryMs > 0) return tooManyChanges(retryMs, command.ref);
    address.budgets.presence.spend(Math.max(1, session.rooms.size));
    const sentBefore = client.sentUnits;
    // The client gets an answer and no presence event: its cursors must be current before the change.
    const current = [...cursors.values()].filter((cursor) => cursor.room.deliverPresence(cursor));
    address.spendSlice(client.sentUnits - sentBefore, now);
    if (!memberships.rename(session, name.value)) {
      const message = `"${name.value}" looks like a name in one of your rooms`;
      return refusal("name_taken", message, command.ref);
    }
    for (const cursor of current) cursor.presence = cursor.room.presence.position;
  }
  return encodeEvent({ type: "renamed", ...refOf(command), you: session.user });
}

/** RFC 4648 base32 in lower case. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Length of a user id: 16 base32 characters carry 80 bits, which are 20 hexadecimal digits. */
const USER_ID_LENGTH = 16;

/** The public id of the user who holds `key`: the start of the base32 of its SHA-256. */
export function userIdOf(key: string): string {
  const start = createHash("sha256").update(key).digest("hex").slice(0, 20);
  const digits = BigInt(`0x${start}`).toString(32).padStart(USER_ID_LENGTH, "0");
  return Array.from(digits, (digit) => ALPHABET.charAt(parseInt(digit, 32))).join("");
}
