/**
 * How late the event loop runs. Times are milliseconds, passed in.
 *
 * @module
 */

/** How long a delay is remembered, in milliseconds: what it held up has been handled by then. */
const DELAY_REMEMBERED_MS = 1000;

/**
 * How late the server is. When it was blocked, all that came meanwhile is handled at once, and all
 * that was due seems overdue. What clients are held to is more generous by that time.
 */
export class EventLoopLag {
  readonly #beatMs: number;
  #beatAt: number;
  #longestMs = 0;
  #longestAt = -Infinity;

  /** @param beatMs how often {@linkcode EventLoopLag.beat} is to be called */
  constructor(beatMs: number, now: number) {
    this.#beatMs = beatMs;
    this.#beatAt = now;
  }

  /** Notes that the server lives. Returns by how many milliseconds it comes late. */
  beat(now: number): number {
    const lagMs = Math.max(0, now - this.#beatAt - this.#beatMs);
    this.#beatAt = now;
    if (lagMs >= this.#longestMs || now - this.#longestAt >= DELAY_REMEMBERED_MS) {
      this.#longestMs = lagMs;
      this.#longestAt = now;
    }
    return lagMs;
  }

  /** How long what is handled now may have waited for the server, in milliseconds. */
  at(now: number): number {
    return Math.max(this.#longestMs, now - this.#beatAt - this.#beatMs);
  }
}
