/**
 * Identity of who says `hello`: by a key, by a token of another application, or by a trusted proxy.
 *
 * @module
 */

import { type ErrorEvent, refusal, unauthorized, type User } from "../protocol/types.ts";
import type { Client } from "../room/memberships.ts";
import { checkName, MAX_NAME_LENGTH, MAX_NAME_UNITS } from "../text/names.ts";
import { noteGuess, tooManyGuesses } from "./admission.ts";
import type { Context, Of } from "./context.ts";
import { userIdOf } from "./user_id.ts";

/** The user who says `hello`, with the rights that come with it. */
export interface Identity extends User {
  readonly isAdmin: boolean;
  /** True if the name is not the user's to choose. */
  readonly isNamed: boolean;
  /** The rooms that the user may enter; `undefined`: all. */
  readonly rooms?: ReadonlySet<string> | undefined;
  /** The end of the connection, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** The user who says `hello`, or the refusal. At once where nothing is to be computed. */
export function identify(
  context: Context,
  client: Client,
  command: Of<"hello">,
  now: number,
): Identity | ErrorEvent | Promise<Identity | ErrorEvent> {
  const { config, tokens } = context;
  const next = (identity: Identity | ErrorEvent): Identity | ErrorEvent =>
    "code" in identity
      ? identity
      : checkServerPassword(context, client, identity, command, now) ?? identity;
  if (config.userHeader !== "") return next(byHeader(context, client, command));
  if (tokens === undefined) return next(byKey(context, command));
  return byToken(context, client, command, now).then(next);
}

function byKey({ config }: Context, { name, key, ref }: Of<"hello">): Identity | ErrorEvent {
  const checked = checkName(name);
  if (!checked.ok) return refusal("name_invalid", checked.message, ref);
  const id = userIdOf(key ?? crypto.randomUUID());
  return { id, name: checked.value, isAdmin: config.admins.has(id), isNamed: false };
}

function byHeader(
  { config }: Context,
  { proxyUser }: Client,
  { ref }: Of<"hello">,
): Identity | ErrorEvent {
  if (proxyUser === undefined) {
    return unauthorized("token", "The proxy in front did not say who you are", ref);
  }
  const id = userIdOf(`header:${proxyUser}`);
  return {
    id,
    name: nameFrom(proxyUser, id),
    isAdmin: config.admins.has(id),
    isNamed: true,
  };
}

async function byToken(
  context: Context,
  { address }: Client,
  { token, ref }: Of<"hello">,
  now: number,
): Promise<Identity | ErrorEvent> {
  const { config, tokens, guesses } = context;
  if (tokens === undefined || token === undefined || token === "") {
    return unauthorized("token", "This server needs a token", ref);
  }
  const wait = () => guesses.wait(address.name, now);
  const verified = await tokens.verify(token, context.now(), {
    mayLook: () => wait() === 0,
    wrong: () => noteGuess(context, address, "token", now),
  });
  if (verified === undefined) return tooManyGuesses(wait(), ref);
  if (verified.is !== "valid") return unauthorized("token", verified.message, ref);
  const { subject, name, isAdmin, rooms, expiresAt } = verified.claims;
  const id = userIdOf(`token:${subject}`);
  return {
    id,
    name: nameFrom(name, id),
    isAdmin: isAdmin || config.admins.has(id),
    isNamed: true,
    rooms,
    expiresAt,
  };
}

/** Refuses somebody who does not know the password of the server. Admins need none. */
function checkServerPassword(
  context: Context,
  { address }: Client,
  { isAdmin }: Identity,
  { password = "", ref }: Of<"hello">,
  now: number,
): ErrorEvent | undefined {
  const { config, passwords, guesses } = context;
  if (config.password === "" || isAdmin) return undefined;
  if (password === "") return unauthorized("password", "This server has a password", ref);
  const waitMs = guesses.wait(address.name, now);
  if (waitMs > 0) return tooManyGuesses(waitMs, ref);
  if (passwords.isSame(password, config.password)) return undefined;
  noteGuess(context, address, "server", now);
  return unauthorized("password", "This is not the password of the server", ref);
}

/** A valid name that is made of a text of another application: nobody is refused for it. */
function nameFrom(text: string, id: string): string {
  const start = Array.from(text.slice(0, MAX_NAME_UNITS)).slice(0, MAX_NAME_LENGTH).join("");
  for (const each of [text, start]) {
    const name = checkName(each);
    if (name.ok) return name.value;
  }
  return id;
}
