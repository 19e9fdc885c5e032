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

/** How long a delay is remembered, in milliseconds: what it held up has been handled by then. */
const DELAY_REMEMBERED_MS = 1000;

/**
 * How late the server is. When it was blocked, all that came meanwhile is handled at once, and all
 * that was due seems overdue. What clients are held to is more generous by that time.
 */
export class Lateness {
  readonly #beatMs: number;
  #beatAt: number;
  #longestMs = 0;
  #longestAt = -Infinity;

  /** @param beatMs how often {@linkcode Lateness.beat} is to be called */
  constructor(beatMs: number, now: number) {
    this.#beatMs = beatMs;
    this.#beatAt = now;
  }

  /** Notes that the server lives. Returns by how many milliseconds it comes late. */
  beat(now: number): number {
    const lateMs = Math.max(0, now - this.#beatAt - this.#beatMs);
    this.#beatAt = now;
    if (lateMs >= this.#longestMs || now - this.#longestAt >= DELAY_REMEMBERED_MS) {
      this.#longestMs = lateMs;
      this.#longestAt = now;
    }
    return lateMs;
  }

  /** How long what is handled now may have waited for the server, in milliseconds. */
  at(now: number): number {
    return Math.max(this.#longestMs, now - this.#beatAt - this.#beatMs);
  }
}

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
  take(now: number, lateMs = 0): number {
    const waitMs = this.wait(now, lateMs);
    if (waitMs === 0) this.spend(1);
    return waitMs;
  }

  /**
   * The milliseconds until there is a token.
   *
   * @param lateMs how long the event may have waited: the burst is larger by what is due in it
   */
  wait(now: number, lateMs = 0): number {
    this.#fill(now, lateMs);
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

  #fill(now: number, lateMs = 0): void {
    // A clock that was set back gives nothing and takes nothing.
    const elapsedMs = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    const { burst, perSecond } = this.#rate;
    const most = burst + lateMs / 1000 * perSecond;
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
  take(key: string, now: number, lateMs = 0): number {
    if (!isLimited(this.#rate)) return 0;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      // As one would be that had been there all the time.
      bucket = new TokenBucket(this.#rate, now - lateMs);
      this.#buckets.set(key, bucket);
      if (this.#buckets.size > this.#maxBuckets) this.#forgetFirst();
    }
    return bucket.take(now, lateMs);
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
