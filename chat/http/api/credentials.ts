/**
 * Credentials of a request: `Authorization`, `?key=`, `Chat-Password` and `Room-Password`.
 *
 * @module
 */

import type { CallerCredentials } from "../../commands/caller.ts";
import { isKey, KEY_ERROR } from "../../protocol/parse.ts";
import { isPassword, MAX_PASSWORD_LENGTH } from "../../protocol/parse_settings.ts";
import { bearerOf, decodeUtf8 } from "../access.ts";

/** The settings by which users are identified. */
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
  const password = textOf(headers.get("chat-password"));
  const roomPassword = textOf(headers.get("room-password"));
  for (const [name, value] of [["Chat-Password", password], ["Room-Password", roomPassword]]) {
    if (value !== undefined && !isPassword(value)) {
      return `"${name}" must have at most ${MAX_PASSWORD_LENGTH} characters`;
    }
  }
  const passwords = {
    ...password !== undefined && { password },
    ...roomPassword !== undefined && { roomPassword },
  };
  if (isNamedByProxy) return passwords;
  const authorization = textOf(headers.get("authorization"));
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

/** More bytes than a key or a password has. */
const MAX_DECODED = 1024;

/** The text of a header, whose bytes are UTF-8, or else Latin-1. Of a long one, the bytes. */
function textOf(value: string | null): string | undefined {
  if (value === null) return undefined;
  return value.length > MAX_DECODED ? value : decodeUtf8(value);
}
