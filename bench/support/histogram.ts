/**
 * A histogram of durations, in constant memory.
 *
 * @module
 */

const BUCKETS_PER_MS = 50;
const MAX_MS = 20_000;

/** Counts durations from 0 to 20 s in buckets of 20 µs. Longer durations count as 20 s. */
export class Histogram {
  readonly #counts = new Uint32Array(MAX_MS * BUCKETS_PER_MS + 1);
  #total = 0;

  /** The number of durations. */
  get total(): number {
    return this.#total;
  }

  /** Adds a duration, in milliseconds. */
  add(ms: number): void {
    const bucket = Math.min(this.#counts.length - 1, Math.floor(ms * BUCKETS_PER_MS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** A percentile in milliseconds, by its share of all durations (0 to 1). NaN without durations. */
  quantile(share: number): number {
    let rest = Math.ceil(this.#total * share);
    if (rest === 0) return NaN;
    const bucket = this.#counts.findIndex((count) => (rest -= count) <= 0);
    return (bucket + 1) / BUCKETS_PER_MS;
  }
}
