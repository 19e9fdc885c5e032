/**
 * Load shedding when the process takes too much memory. Times are milliseconds, passed in.
 *
 * @module
 */

/** What to do: nothing, refuse newcomers, or cut every connection. */
export type MemoryAction = "none" | "refuse" | "cut";

/** How long newcomers are refused before every connection is cut, in milliseconds. */
const PATIENCE_MS = 5000;

/** Messages alone never reach this multiple of the limit, so connections are cut at once. */
const FAR_OVER_RATIO = 1.25;

/** Minimum time between two cuts if the first one may not have helped. Doubled each time. */
const PAUSE_MS = { first: 60_000, longest: 3_600_000 };

/**
 * Decides what to do against memory use over the limit.
 *
 * Over the limit newcomers are refused. If that does not help, or if memory grows faster than
 * messages can make it grow, all connections are cut: the runtime is assembling a frame for one of
 * them, and the program can't see for which. If a cut did not help, the memory is in use: newcomers
 * are let in again, since refusing them would free nothing.
 */
export class MemoryPressure {
  readonly #maxBytes: number;
  #overSince: number | undefined;
  #lastCut = -Infinity;
  #pauseMs = 0;
  /** Whether memory has been below its limit since the last cut. */
  #hasHelped = true;

  /** @param maxBytes may be `Infinity` */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Returns what to do now. Returns `cut` once for each cut. */
  assess(residentBytes: number, now: number): MemoryAction {
    if (residentBytes <= this.#maxBytes) {
      this.#overSince = undefined;
      this.#hasHelped = true;
      return "none";
    }
    this.#overSince ??= now;
    if (this.#mustCut(residentBytes, now - this.#overSince, now - this.#lastCut)) {
      this.#cut(now);
      return "cut";
    }
    return this.#hasHelped ? "refuse" : "none";
  }

  #mustCut(residentBytes: number, overMs: number, sinceCutMs: number): boolean {
    const isPausing = sinceCutMs < this.#pauseMs;
    if (residentBytes > this.#maxBytes * FAR_OVER_RATIO) return this.#hasHelped || !isPausing;
    return overMs >= PATIENCE_MS && !isPausing;
  }

  #cut(now: number): void {
    const { first, longest } = PAUSE_MS;
    const isSoon = now - this.#lastCut < this.#pauseMs * 2;
    this.#pauseMs = isSoon ? Math.min(this.#pauseMs * 2, longest) : first;
    this.#lastCut = now;
    this.#overSince = undefined;
    this.#hasHelped = false;
  }
}
