/**
 * The ids of messages: ULIDs that only grow, whatever the clock does.
 *
 * @module
 */

import { decodeTime, monotonicUlid } from "@std/ulid";

/** The characters of a ULID that are its time; the others are random. */
const STAMP_LENGTH = 10;

/** Makes ids newer than every id made here or seen from elsewhere. */
export class Ids {
  #newest: string;
  /** The part of an id that is its time, as it was last decoded. */
  #stamp = "";
  #time = 0;

  constructor(now: number) {
    this.#newest = monotonicUlid(now);
  }

  /** The newest id made or seen. Of a fresh instance: an id made at its start. */
  get newest(): string {
    return this.#newest;
  }

  /** The time of the newest id, in milliseconds since 1970. */
  get newestTime(): number {
    // Most ids are of the same millisecond as the one before, and decoding costs as much as making.
    if (this.#stamp === "" || !this.#newest.startsWith(this.#stamp)) {
      this.#stamp = this.#newest.slice(0, STAMP_LENGTH);
      this.#time = timeOf(this.#newest);
    }
    return this.#time;
  }

  /** A new id, of the time `now` or, when newer ids than that are known, just after them. */
  next(now: number): string {
    let id: string = monotonicUlid(now);
    // Another instance's clock is ahead: an answer must not be older than what it answers.
    if (id <= this.#newest) id = monotonicUlid(timeOf(this.#newest) + 1);
    this.#newest = id;
    return id;
  }

  /** Notes an id that another instance made. */
  see(id: string): void {
    if (id > this.#newest) this.#newest = id;
  }
}

/** The time of an id, in milliseconds since 1970. */
export function timeOf(id: string): number {
  return decodeTime(id);
}

/** The greatest ULID. A position may be beyond it, since it is only 26 characters of base32. */
const MAX_ULID = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";

/** The oldest position of `ms` milliseconds before a position. */
export function rewind(position: string, ms: number): string {
  return positionAt(timeOf(position > MAX_ULID ? MAX_ULID : position) - ms);
}

/** The position before all ids of a time, in milliseconds since 1970. */
export function positionAt(time: number): string {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let digits = "";
  for (let rest = Math.max(0, time), i = 0; i < STAMP_LENGTH; i++, rest = Math.floor(rest / 32)) {
    digits = alphabet.charAt(rest % 32) + digits;
  }
  return digits.padEnd(26, "0");
}
