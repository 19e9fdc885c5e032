/**
 * Public user ids, derived from secret keys.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** Length of a user id: 16 base32 characters carry 80 bits. */
const USER_ID_LENGTH = 16;

/** The public id of the user who holds `key`: the start of the base32 of its SHA-256. */
export function userIdOf(key: string): string {
  return base32(createHash("sha256").update(key).digest()).slice(0, USER_ID_LENGTH);
}

/** RFC 4648 base32 in lower case, of as many whole characters as the bytes hold. */
function base32(bytes: Uint8Array): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt(buffer >>> bits);
      buffer &= (1 << bits) - 1;
    }
  }
  return text;
}
