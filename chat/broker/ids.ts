/**
 * Message ids and positions: ULIDs that only grow, even if the clock is set back, and that name the
 * process that made them.
 *
 * Of the 26 characters 10 are the time in milliseconds, 4 the epoch (20 random bits, drawn when the
 * server starts) and 12 a counter.
 *
 * @module
 */

import { decodeTime, ulid } from "@std/ulid";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 26;

/** Where the epoch is in an id: between the time and the counter. */
const EPOCH_START = 10;
const EPOCH_END = 14;

/** The code of the next digit by the character code of each digit; the last one has none. */
const NEXT_DIGIT: readonly (number | undefined)[] = [...ALPHABET].reduce<number[]>(
  (next, digit, i) => {
    if (i + 1 < ALPHABET.length) next[digit.charCodeAt(0)] = ALPHABET.charCodeAt(i + 1);
    return next;
  },
  [],
);

const ZERO = ALPHABET.charCodeAt(0);

/** Makes ids newer than every id made here or seen from elsewhere. */
export class Ids {
  /** The epochs of this instance and of those whose ids were seen. */
  readonly #epochs: Set<string>;
  /** The character codes of the last id made here. */
  readonly #codes: number[];
  #codesTime: number;
  #newest: string;
  #newestTime: number;

  /** @param now the time of the start, in milliseconds since 1970 */
  constructor(now: number) {
    const epoch = ulid(now).slice(EPOCH_START, EPOCH_END);
    this.#epochs = new Set([epoch]);
    this.#newest = positionAt(now).slice(0, EPOCH_START) + epoch.padEnd(LENGTH - EPOCH_START, "0");
    this.#newestTime = now;
    this.#codes = Array.from(this.#newest, (digit) => digit.charCodeAt(0));
    this.#codesTime = now;
  }

  /** The newest id that was made or seen; at first, one made at the start. */
  get newest(): string {
    return this.#newest;
  }

  /** The time of the newest id, in milliseconds since 1970. */
  get newestTime(): number {
    return this.#newestTime;
  }

  /** A new id, of the time `now`, or of the newest id if that is later. */
  next(now: number): string {
    let id = this.#make(Math.max(now, this.#newestTime));
    // Another instance has made one of the same millisecond, with a greater epoch.
    if (id <= this.#newest) id = this.#make(this.#newestTime + 1);
    this.#newest = id;
    this.#newestTime = this.#codesTime;
    return id;
  }

  /** Notes an id that another instance made. */
  see(id: string): void {
    this.#epochs.add(epochOf(id));
    if (id <= this.#newest) return;
    this.#newest = id;
    this.#newestTime = decodeTime(id);
  }

  /**
   * Whether a position is of this instance, or of another one whose ids were seen. The time alone
   * can't tell: after a restart, at another instance or with a clock that was set back, clients have
   * older and newer positions of messages that were never here.
   */
  vouches(position: string): boolean {
    return position <= this.#newest && this.#epochs.has(epochOf(position));
  }

  #make(time: number): string {
    const codes = this.#codes;
    if (time !== this.#codesTime) {
      this.#codesTime = time;
      const stamp = positionAt(time);
      for (let i = 0; i < EPOCH_START; i++) codes[i] = stamp.charCodeAt(i);
    }
    increment(codes);
    // From codes: a concatenated string would be kept with its parts.
    return String.fromCharCode(...codes);
  }
}

/** Increments the counter. It never starts again, so that ids of one time are unique. */
function increment(codes: number[]): void {
  for (let i = LENGTH - 1; i >= EPOCH_END; i--) {
    const next = NEXT_DIGIT[codes[i] ?? ZERO];
    codes[i] = next ?? ZERO;
    if (next !== undefined) return;
  }
}

function epochOf(id: string): string {
  return id.slice(EPOCH_START, EPOCH_END);
}

/** The greatest ULID. A position may be beyond it, since it is only 26 characters of base32. */
const MAX_ULID = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";

/** The time of a position, in milliseconds since 1970; beyond all ULIDs, that of the greatest. */
export function timeOfPosition(position: string): number {
  return decodeTime(position > MAX_ULID ? MAX_ULID : position);
}

/** The oldest position of `ms` milliseconds before a position. */
export function rewind(position: string, ms: number): string {
  return positionAt(timeOfPosition(position) - ms);
}

/** The position before all ids of a time, in milliseconds since 1970. */
export function positionAt(time: number): string {
  let digits = "";
  for (let rest = Math.max(0, time), i = 0; i < EPOCH_START; i++, rest = Math.floor(rest / 32)) {
    digits = ALPHABET.charAt(rest % 32) + digits;
  }
  return digits.padEnd(LENGTH, "0");
}
