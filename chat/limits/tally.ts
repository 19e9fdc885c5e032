/**
 * Counts by key.
 *
 * @module
 */

/** How often each key is there. Holds only keys that are. */
export class Tally {
  readonly #counts = new Map<string, number>();

  /** How often `key` is there. */
  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.count(key) + 1);
  }

  remove(key: string): void {
    const count = this.count(key) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
