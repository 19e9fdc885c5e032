/**
 * JSON Web Tokens, good and bad.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** The secret of the servers of tests. */
export const TOKEN_SECRET = "a secret of thirty-two bytes, no less";

/** Base64url of JSON, or of a text or bytes. */
export function encodePart(part: unknown): string {
  const bytes = typeof part === "string" ? part : JSON.stringify(part);
  return Buffer.from(bytes).toString("base64url");
}

/** A token with some claims; the header and the secret may be wrong. */
export function makeToken(
  claims: unknown,
  header: unknown = { alg: "HS256", typ: "JWT" },
  secret: string = TOKEN_SECRET,
  hash = "sha256",
): string {
  const data = `${encodePart(header)}.${encodePart(claims)}`;
  return `${data}.${createHmac(hash, secret).update(data).digest("base64url")}`;
}
