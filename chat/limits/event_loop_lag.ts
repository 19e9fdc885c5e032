/**
 * The lag of the event loop. Times are milliseconds, passed in.
 *
 * @module
 */

/** How long a delay is remembered. All events that it held up have been handled by then. */
const DELAY_REMEMBERED_MS = 1000;

/**
 * Measures how long the server was blocked. After that, all events that came meanwhile are handled
 * at once and all deadlines seem missed, so limits and deadlines of clients are extended by the
 * lag.
 */
export class EventLoopLag {
  readonly #beatMs: number;
  #beatAt: number;
  #longestMs = 0;
  #longestAt = -Infinity;

  /** @param beatMs the interval at which {@linkcode EventLoopLag.beat} is called */
  constructor(beatMs: number, now: number) {
    this.#beatMs = beatMs;
    this.#beatAt = now;
  }

  /** Records a beat. Returns how late it comes, in milliseconds. */
  beat(now: number): number {
    const lagMs = Math.max(0, now - this.#beatAt - this.#beatMs);
    this.#beatAt = now;
    if (lagMs >= this.#longestMs || now - this.#longestAt >= DELAY_REMEMBERED_MS) {
      this.#longestMs = lagMs;
      this.#longestAt = now;
    }
    return lagMs;
  }

  /** How long an event that is handled now may have waited, in milliseconds. */
  at(now: number): number {
    return Math.max(this.#longestMs, now - this.#beatAt - this.#beatMs);
  }
}
