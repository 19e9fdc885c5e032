/**
 * Chance that repeats itself, so that what failed once fails again.
 *
 * @module
 */

/** Chance that comes out the same for the same seed (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 up to an end. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** Whether something happens that does so with a probability. */
  is(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the items. */
  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("Nothing to choose from");
    return item;
  }

  /** So many items, made one by one. */
  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }
}
