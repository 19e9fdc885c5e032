/**
 * Credentials of a request: `Authorization`, `?key=`, `Chat-Password` and `Room-Password`.
 *
 * @module
 */

import type { CallerCredentials } from "../../commands/caller.ts";
import { isKey, KEY_ERROR } from "../../protocol/parse.ts";
import { isPassword } from "../../protocol/parse_settings.ts";
import { decodeUtf8 } from "../access.ts";

/** What is said of users on this server. */
export interface Policy {
  /** True if users show tokens instead of keys. */
  readonly needsToken: boolean;
  /** True if a proxy names the users, whatever key they give. */
  readonly isNamedByProxy: boolean;
}

/** The credentials of a request, or what is wrong with one of them. */
export function readCredentials(
  headers: Headers,
  query: URLSearchParams,
  { needsToken, isNamedByProxy }: Policy,
): CallerCredentials | string {
  const password = headerText(headers, "chat-password");
  const roomPassword = headerText(headers, "room-password");
  for (const [name, value] of [["Chat-Password", password], ["Room-Password", roomPassword]]) {
    if (value !== undefined && !isPassword(value)) return `"${name}" is too long for a password`;
  }
  const passwords = {
    ...password !== undefined && { password },
    ...roomPassword !== undefined && { roomPassword },
  };
  if (isNamedByProxy) return passwords;
  const authorization = headerText(headers, "authorization");
  // That of a proxy in front, which some forward.
  const isBasic = authorization !== undefined && /^basic /i.test(authorization);
  const bearer = authorization === undefined || isBasic ? undefined : bearerOf(authorization);
  if (authorization !== undefined && !isBasic && bearer === undefined) {
    return '"Authorization" must be "Bearer", a space and a key';
  }
  const secret = bearer ?? query.get("key") ?? undefined;
  if (secret === undefined) return passwords;
  if (needsToken) return { ...passwords, token: secret };
  return isKey(secret) ? { ...passwords, key: secret } : KEY_ERROR;
}

function bearerOf(authorization: string): string | undefined {
  return /^bearer +(.+)$/i.exec(authorization)?.[1];
}

/** A header whose bytes are UTF-8, or else Latin-1. */
function headerText(headers: Headers, name: string): string | undefined {
  const value = headers.get(name);
  return value === null ? undefined : decodeUtf8(value);
}
