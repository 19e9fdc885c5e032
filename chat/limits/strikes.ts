/**
 * Violations within a time.
 *
 * @module
 */

/** Counts strikes, and says when there were too many within a time. */
export class Strikes {
  readonly #max: number;
  readonly #withinMs: number;
  #times: number[] = [];

  constructor(max: number, withinMs: number) {
    this.#max = max;
    this.#withinMs = withinMs;
  }

  /** Adds a strike. Returns whether it is the last that is borne. */
  add(now: number): boolean {
    this.#times = this.#times.filter((time) => now - time < this.#withinMs);
    this.#times.push(now);
    return this.#times.length >= this.#max;
  }
}
