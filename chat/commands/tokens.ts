/**
 * Tokens of another application: JSON Web Tokens, signed with HS256 and nothing else.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Guess } from "../limits/guesses.ts";
import { Semaphore } from "../limits/semaphore.ts";
import { isRecord } from "../protocol/json.ts";
import { MAX_TOKEN_LENGTH } from "../protocol/parse.ts";
import { checkRoom } from "../text/names.ts";

/** The most UTF-16 units in the id that a token gives its user. */
const MAX_SUBJECT_LENGTH = 256;

const SIGNATURE_BYTES = 32;

/** The claims of a token. */
export interface Claims {
  readonly subject: string;
  readonly name: string;
  readonly isAdmin: boolean;
  /** The rooms that the user may enter; `undefined`: all. */
  readonly rooms: ReadonlySet<string> | undefined;
  /** The end of it, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The verdict on a token. `stale`: it is authentic, but not valid now. */
export type Verified =
  | { readonly is: "valid"; readonly claims: Claims }
  | { readonly is: "stale" | "wrong"; readonly message: string };

/** Verifies the tokens that are signed with a secret. */
export class Tokens {
  readonly #key: Promise<CryptoKey>;
  /** One after the other, so that no more are wrong than an address may give. */
  readonly #turns = new Semaphore(1);

  constructor(secret: string) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const bytes = new TextEncoder().encode(secret);
    this.#key = crypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
  }

  /** Verifies a token when its turn has come; `undefined`: it may not be looked at then. */
  verify(token: string, now: number, guess: Guess): Promise<Verified | undefined> {
    return this.#turns.run(async () => {
      if (!guess.mayLook()) return undefined;
      const verified = await this.#verify(token, now);
      if (verified.is === "wrong") guess.wrong();
      return verified;
    });
  }

  async #verify(token: string, now: number): Promise<Verified> {
    const wrong = (message: string): Verified => ({ is: "wrong", message });
    if (token.length > MAX_TOKEN_LENGTH) return wrong("The token is too long");
    const parts = token.split(".", 4);
    const [header = "", payload = "", signature = ""] = parts;
    const head = parseObject(header);
    if (parts.length !== 3 || head === undefined) return wrong("The token is malformed");
    if (head["alg"] !== "HS256" || Object.hasOwn(head, "crit")) {
      return wrong("The token must be signed with HS256, without extensions");
    }
    const given = decode(signature);
    const data = new TextEncoder().encode(`${header}.${payload}`);
    if (
      given?.length !== SIGNATURE_BYTES ||
      !await crypto.subtle.verify("HMAC", await this.#key, given, data)
    ) return wrong("The signature of the token is wrong");
    const claims = readClaims(parseObject(payload) ?? {});
    if (typeof claims === "string") return wrong(claims);
    if (claims.expiresAt <= now) return { is: "stale", message: "The token has expired" };
    if (claims.startsAt > now) return { is: "stale", message: "The token is not valid yet" };
    return { is: "valid", claims };
  }
}

/** The claims of an authentic token, or what is wrong with them. */
function readClaims(
  { sub, name, exp, nbf, role, rooms }: Readonly<Record<string, unknown>>,
): Claims & { readonly startsAt: number } | string {
  if (typeof sub !== "string" || sub === "" || sub.length > MAX_SUBJECT_LENGTH) {
    return `"sub" must be a string of 1 to ${MAX_SUBJECT_LENGTH} UTF-16 units`;
  }
  if (typeof name !== "string") return '"name" must be a string';
  if (typeof exp !== "number") return '"exp" must be a number';
  if (nbf !== undefined && typeof nbf !== "number") return '"nbf" must be a number';
  const names = rooms === undefined ? undefined : readRooms(rooms);
  if (rooms !== undefined && names === undefined) return '"rooms" must be a list of room names';
  return {
    subject: sub,
    name,
    isAdmin: role === "admin",
    rooms: names,
    expiresAt: exp * 1000,
    startsAt: (nbf ?? -Infinity) * 1000,
  };
}

function readRooms(rooms: unknown): ReadonlySet<string> | undefined {
  if (!Array.isArray(rooms)) return undefined;
  const names = new Set<string>();
  for (const each of rooms) {
    const room = typeof each === "string" ? checkRoom(each) : undefined;
    if (!room?.ok) return undefined;
    names.add(room.value);
  }
  return names;
}

/** The object in a part of a token. */
function parseObject(part: string): Record<string, unknown> | undefined {
  const bytes = decode(part);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes of base64url without padding. */
function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, "base64url"));
}
