/**
 * Positions: ULIDs that only grow, whatever the clock does, and that tell which life of a store made
 * them.
 *
 * Of the 26 characters 10 are the time in milliseconds, 4 the epoch (20 bits, drawn for each life of
 * a store) and 12 a counter.
 *
 * @module
 */

import { ulid } from "@std/ulid";
import { ALPHABET, positionAt, TIME_LENGTH, timeOf, ULID_LENGTH } from "../protocol/ulid.ts";

const EPOCH_START = TIME_LENGTH;
const EPOCH_END = EPOCH_START + 4;

/** Epochs that a store remembers: one for each start. */
export const MAX_EPOCHS = 10_000;

const ZERO = ALPHABET.charCodeAt(0);

/** For the character code of each digit, the code of the next one; the last has none. */
const NEXT_DIGIT: readonly (number | undefined)[] = [...ALPHABET].reduce<number[]>(
  (next, digit, i) => {
    if (i + 1 < ALPHABET.length) next[digit.charCodeAt(0)] = ALPHABET.charCodeAt(i + 1);
    return next;
  },
  [],
);

/** The epochs of a store and the last position of each, by which a position of its past is known. */
export class Epochs {
  readonly #lasts: Map<string, string>;

  /** @param lasts the last position of each known epoch */
  constructor(lasts: Iterable<readonly [epoch: string, last: string]> = []) {
    this.#lasts = new Map(lasts);
  }

  /** The last position of all; none of a new store. */
  get newest(): string | undefined {
    let newest: string | undefined;
    for (const last of this.#lasts.values()) {
      if (newest === undefined || last > newest) newest = last;
    }
    return newest;
  }

  /** Notes a position that has been given to somebody. */
  see(position: string): void {
    const epoch = epochOf(position);
    const last = this.#lasts.get(epoch);
    if (last === undefined || position > last) this.#lasts.set(epoch, position);
  }

  has(epoch: string): boolean {
    return this.#lasts.has(epoch);
  }

  /**
   * Returns true if a position is of the past of this store. The time alone can't tell: a store that was
   * emptied or cut short, or a clock that was set back, leaves positions about that were never here.
   */
  vouches(position: string): boolean {
    const last = this.#lasts.get(epochOf(position));
    return last !== undefined && position <= last;
  }

  [Symbol.iterator](): Iterator<[epoch: string, last: string]> {
    return this.#lasts.entries();
  }
}

/** Makes the positions of one life of a store, above everything of its past. */
export class Positions {
  readonly epochs: Epochs;
  /** The position of this life's start. */
  readonly start: string;
  /** The character codes of the last position. */
  readonly #codes: number[];
  #time: number;
  #newest: string;

  /**
   * @param now the time of the start, in milliseconds since 1970
   * @param draw returns four random digits
   */
  constructor(epochs: Epochs, now: number, draw: () => string = drawEpoch) {
    let epoch = draw();
    while (epochs.has(epoch)) epoch = draw();
    const { newest } = epochs;
    this.#time = Math.max(now, newest === undefined ? 0 : timeOf(newest) + 1);
    this.epochs = epochs;
    this.start = positionAt(this.#time).slice(0, EPOCH_START) +
      epoch.padEnd(ULID_LENGTH - EPOCH_START, "0");
    this.#codes = Array.from(this.start, (digit) => digit.charCodeAt(0));
    this.#newest = this.start;
    epochs.see(this.start);
  }

  /** The newest position that was confirmed; at first that of the start. */
  get newest(): string {
    return this.#newest;
  }

  /** A new position, of the time `now` or, when newer ones were made, of their time. */
  next(now: number): string {
    if (now > this.#time) {
      this.#time = now;
      const stamp = positionAt(now);
      for (let i = 0; i < EPOCH_START; i++) this.#codes[i] = stamp.charCodeAt(i);
    }
    increment(this.#codes);
    // From codes: a string that is put together would be kept with its parts.
    return String.fromCharCode(...this.#codes);
  }

  /** Notes that a position is kept, and so all before it. */
  confirm(position: string): void {
    this.#newest = position;
    this.epochs.see(position);
  }
}

/** Counts one up. The counter never starts again, so a position is unique whatever its time. */
function increment(codes: number[]): void {
  for (let i = ULID_LENGTH - 1; i >= EPOCH_END; i--) {
    const next = NEXT_DIGIT[codes[i] ?? ZERO];
    codes[i] = next ?? ZERO;
    if (next !== undefined) return;
  }
}

/** Four random digits. */
export function drawEpoch(): string {
  return ulid(0).slice(EPOCH_START, EPOCH_END);
}

/** The part of a position that tells which life of a store made it. */
export function epochOf(position: string): string {
  return position.slice(EPOCH_START, EPOCH_END);
}
