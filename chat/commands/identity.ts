/**
 * Identity of a user: by a key, by a token of another application, or by a trusted proxy.
 *
 * @module
 */

import type { Address } from "../limits/addresses.ts";
import { type ErrorEvent, refusal, unauthorized, type User } from "../protocol/types.ts";
import { checkName, MAX_NAME_LENGTH, MAX_NAME_UNITS } from "../text/names.ts";
import { noteGuess, tooManyGuesses } from "./admission.ts";
import { type Context, type Of, unavailable } from "./context.ts";
import { userIdOf } from "./user_id.ts";

/** The secrets by which a user is known, from a `hello` or from the headers of a request. */
export type Credentials = Pick<Of<"hello">, "name" | "key" | "token" | "password" | "ref">;

/** The place from which credentials come. */
export interface Origin {
  readonly address: Address;
  /** The user whom a trusted proxy has named. */
  readonly proxyUser: string | undefined;
}

/** A user, with the rights that come with the credentials. */
export interface Identity extends User {
  readonly isAdmin: boolean;
  /** True if the name is not the user's to choose. */
  readonly isNamed: boolean;
  /** The rooms that the user may enter; `undefined`: all. */
  readonly rooms?: ReadonlySet<string> | undefined;
  /** The end of the connection, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** The user of some credentials, or the refusal. At once where nothing is to be computed. */
export function identify(
  context: Context,
  origin: Origin,
  credentials: Credentials,
  now: number,
): Identity | ErrorEvent | Promise<Identity | ErrorEvent> {
  const { config, tokens } = context;
  const next = (identity: Identity | ErrorEvent): Identity | ErrorEvent =>
    "code" in identity
      ? identity
      : checkServerPassword(context, origin, identity, credentials, now) ?? identity;
  if (config.userHeader !== "") return next(byHeader(context, origin, credentials));
  if (tokens === undefined) return next(byKey(context, credentials));
  return byToken(context, origin, credentials, now).then(next);
}

/**
 * Refuses a user who is banned from the server, or of whom that can't be known. At once where the bans
 * are known.
 */
export function refuseBanned(
  { serverBans }: Context,
  { id, isAdmin }: Pick<Identity, "id" | "isAdmin">,
  address: Address,
  ref: string | undefined,
): ErrorEvent | undefined | Promise<ErrorEvent | undefined> {
  const refuse = () => isAdmin ? undefined : serverBans.refuse(id, address, ref);
  if (serverBans.isReady) return refuse();
  return serverBans.load().then((isReady) =>
    isReady ? refuse() : unavailable("The server can't tell who is banned", ref)
  );
}

function byKey({ config }: Context, { name, key, ref }: Credentials): Identity | ErrorEvent {
  const checked = checkName(name);
  if (!checked.ok) return refusal("name_invalid", checked.message, ref);
  const id = userIdOf(key ?? crypto.randomUUID());
  return { id, name: checked.value, isAdmin: config.admins.has(id), isNamed: false };
}

function byHeader(
  { config }: Context,
  { proxyUser }: Origin,
  { ref }: Credentials,
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
  { address }: Origin,
  { token, ref }: Credentials,
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
  { address }: Origin,
  { isAdmin }: Identity,
  { password = "", ref }: Credentials,
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
