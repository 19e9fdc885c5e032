/**
 * Token buckets. Times are milliseconds, passed in.
 *
 * @module
 */

/** How often something may happen: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Whether a rate limits anything: 0 in either place means that it does not. */
export function isLimited(rate: Rate): boolean {
  return rate.burst > 0 && rate.perSecond > 0;
}

/** What counts as one: thirds of a token, say, add up to a little less. */
const WHOLE_TOKEN = 1 - 1e-6;

/** A token bucket: full at first, one token an event, filled again with time. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  /** Takes a token. Returns 0 if there was one, else the milliseconds until there is. */
  take(now: number, lagMs = 0): number {
    const waitMs = this.wait(now, lagMs);
    if (waitMs === 0) this.spend(1);
    return waitMs;
  }

  /**
   * The milliseconds until there is a token.
   *
   * @param lagMs how long the event may have waited: the burst is larger by what is due in it
   */
  wait(now: number, lagMs = 0): number {
    this.#fill(now, lagMs);
    if (this.#tokens >= WHOLE_TOKEN) return 0;
    return Math.ceil(((1 - this.#tokens) / this.#rate.perSecond) * 1000);
  }

  /** Takes tokens that may not be there: they are owed, and nothing can be taken before. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  /** Whether the bucket says no more than a new one would. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens === this.#rate.burst;
  }

  #fill(now: number, lagMs = 0): void {
    // A clock that was set back gives nothing and takes nothing.
    const elapsedMs = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    const { burst, perSecond } = this.#rate;
    const most = burst + lagMs / 1000 * perSecond;
    this.#tokens = Math.min(most, this.#tokens + elapsedMs / 1000 * perSecond);
  }
}

/** A token bucket for each key. Bounded by the keys that were busy within the last refill time. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #maxBuckets: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param maxBuckets beyond so many, the one that was made first is forgotten */
  constructor(rate: Rate, maxBuckets = Infinity) {
    this.#rate = rate;
    this.#maxBuckets = maxBuckets;
  }

  /** The number of buckets that are kept. */
  get size(): number {
    return this.#buckets.size;
  }

  /** {@linkcode TokenBucket.take} of the bucket of `key`. */
  take(key: string, now: number, lagMs = 0): number {
    if (!isLimited(this.#rate)) return 0;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      // As one would be that had been there all the time.
      bucket = new TokenBucket(this.#rate, now - lagMs);
      this.#buckets.set(key, bucket);
      if (this.#buckets.size > this.#maxBuckets) this.#forgetFirst();
    }
    return bucket.take(now, lagMs);
  }

  /** Forgets the buckets that are full again. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.isFull(now)) this.#buckets.delete(key);
    }
  }

  #forgetFirst(): void {
    for (const [key] of this.#buckets) {
      this.#buckets.delete(key);
      break;
    }
  }
}
