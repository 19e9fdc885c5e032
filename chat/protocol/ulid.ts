/**
 * Time of ULIDs: of their 26 characters the first 10 are the milliseconds since 1970.
 *
 * @module
 */

/** The digits of Crockford's base32. */
export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const ULID_LENGTH = 26;
export const TIME_LENGTH = 10;

/** The position before all others: the floor of a room that has lost nothing. */
export const ORIGIN = "0".repeat(ULID_LENGTH);

/** The greatest time that a ULID can hold. */
const MAX_TIME = 2 ** 48 - 1;

/** The value of each digit by its character code. */
const VALUES: readonly number[] = Array.from(
  { length: 128 },
  (_, code) => Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))),
);

/** The time of a position, in milliseconds since 1970; of what is no ULID, any time. */
export function timeOf(position: string): number {
  let time = 0;
  for (let i = 0; i < TIME_LENGTH; i++) {
    time = time * ALPHABET.length + (VALUES[position.charCodeAt(i)] ?? 0);
  }
  return Math.min(time, MAX_TIME);
}

/** The position before all of a time, in milliseconds since 1970. */
export function positionAt(time: number): string {
  let digits = "";
  let rest = Math.min(Math.max(0, Math.floor(time)), MAX_TIME);
  for (let i = 0; i < TIME_LENGTH; i++, rest = Math.floor(rest / ALPHABET.length)) {
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
  }
  return digits.padEnd(ULID_LENGTH, "0");
}
