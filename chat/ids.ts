/**
 * The ids of messages: ULIDs that only grow, whatever the clock does.
 *
 * @module
 */

import { decodeTime, monotonicUlid } from "@std/ulid";

/** Makes ids newer than every id made here or seen from elsewhere. */
export class Ids {
  #newest: string;

  constructor(now: number) {
    this.#newest = monotonicUlid(now);
  }

  /** The newest id made or seen. Of a fresh instance: an id made at its start. */
  get newest(): string {
    return this.#newest;
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
  for (let rest = Math.max(0, time), i = 0; i < 10; i++, rest = Math.floor(rest / 32)) {
    digits = alphabet.charAt(rest % 32) + digits;
  }
  return digits.padEnd(26, "0");
}
