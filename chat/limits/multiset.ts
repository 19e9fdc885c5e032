/**
 * Multiset of strings.
 *
 * @module
 */

/** Counts how often each key was added and not removed. Holds no other keys. */
export class Multiset {
  readonly #counts = new Map<string, number>();

  /** The number of times that `key` is in the set. */
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
