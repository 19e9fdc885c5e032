/**
 * Token buckets. Times are milliseconds, passed in.
 *
 * @module
 */

/** A rate of events: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A rate that limits nothing. */
export const NO_LIMIT: Rate = { burst: 0, perSecond: 0 };

/** Whether a rate limits anything. A 0 in either field means no limit. */
export function isLimited(rate: Rate): boolean {
  return rate.burst > 0 && rate.perSecond > 0;
}

/** The least amount that counts as one token: three thirds of a token add up to less than 1. */
const WHOLE_TOKEN = 1 - 1e-6;

/** A token bucket. It is full at first; an event takes a token, and time refills it. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = isLimited(rate) ? rate : { burst: Infinity, perSecond: 0 };
    this.#tokens = this.#rate.burst;
    this.#filledAt = now;
  }

  /** Takes a token. Returns 0, or the milliseconds until there is one. */
  take(now: number, lagMs = 0): number {
    const waitMs = this.wait(now, lagMs);
    if (waitMs === 0) this.spend(1);
    return waitMs;
  }

  /**
   * The milliseconds until there is a token.
   *
   * @param lagMs how long the event may have waited: the burst is larger by the tokens of this time
   */
  wait(now: number, lagMs = 0): number {
    this.#fill(now, lagMs);
    if (this.#tokens >= WHOLE_TOKEN) return 0;
    return Math.ceil(((1 - this.#tokens) / this.#rate.perSecond) * 1000);
  }

  /** Takes tokens, also more than there are. Refills pay the debt before the next event. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  /** Whether the bucket has the state of a new one. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens === this.#rate.burst;
  }

  #fill(now: number, lagMs = 0): void {
    // A clock that was set back neither adds nor removes tokens.
    const elapsedMs = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    const { burst, perSecond } = this.#rate;
    const most = burst + lagMs / 1000 * perSecond;
    this.#tokens = Math.min(most, this.#tokens + elapsedMs / 1000 * perSecond);
  }
}

/** A token bucket for each key that was used within the last refill time. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #maxBuckets: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param maxBuckets beyond so many, the oldest is forgotten */
  constructor(rate: Rate, maxBuckets = Infinity) {
    this.#rate = rate;
    this.#maxBuckets = maxBuckets;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** {@linkcode TokenBucket.take} of the bucket of `key`. */
  take(key: string, now: number, lagMs = 0): number {
    if (!isLimited(this.#rate)) return 0;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      // Since then, so that it has the tokens of the lag, as an older bucket has.
      bucket = new TokenBucket(this.#rate, now - lagMs);
      this.#buckets.set(key, bucket);
      if (this.#buckets.size > this.#maxBuckets) {
        const [oldest = ""] = this.#buckets.keys();
        this.#buckets.delete(oldest);
      }
    }
    return bucket.take(now, lagMs);
  }

  /** Gives back a token that was taken. */
  refund(key: string): void {
    this.#buckets.get(key)?.spend(-1);
  }

  /** Forgets the buckets that are full again. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.isFull(now)) this.#buckets.delete(key);
    }
  }
}
