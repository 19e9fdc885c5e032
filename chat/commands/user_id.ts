/**
 * Public ids of users.
 *
 * @module
 */

import { createHash } from "node:crypto";

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
