/**
 * Limits that depend on time, as small state machines. Times are milliseconds, passed in.
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
  take(now: number): number {
    const waitMs = this.wait(now);
    if (waitMs === 0) this.spend(1);
    return waitMs;
  }

  /** The milliseconds until there is a token. */
  wait(now: number): number {
    this.#fill(now);
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

  #fill(now: number): void {
    // A clock that was set back gives nothing and takes nothing.
    const seconds = Math.max(0, now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + seconds * this.#rate.perSecond);
  }
}

/** A token bucket for each key. Bounded by the keys that were busy within the last refill time. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** The number of buckets that are kept. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token of `key`. Returns 0 if there was one, else the milliseconds until there is. */
  take(key: string, now: number): number {
    if (!isLimited(this.#rate)) return 0;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#rate, now);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(now);
  }

  /** Forgets the buckets that are full again. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.isFull(now)) this.#buckets.delete(key);
    }
  }
}

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

/** How often each key is there. Holds only keys that are. */
export class Tally {
  readonly #counts = new Map<string, number>();

  /** The number of keys that are there. */
  get size(): number {
    return this.#counts.size;
  }

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

/** What to do with a client that has bytes queued: give it more, wait, or give it up. */
export type SendDecision = "send" | "hold" | "evict";

/**
 * Decides for a slow client.
 *
 * @param queuedBytes what the client has not taken yet
 * @param waitedMs how long it has been waiting without taking enough
 */
export function decideSend(
  queuedBytes: number,
  waitedMs: number,
  limits: { readonly sendBufferBytes: number; readonly stuckMs: number },
): SendDecision {
  if (queuedBytes <= limits.sendBufferBytes) return "send";
  return waitedMs < limits.stuckMs ? "hold" : "evict";
}
