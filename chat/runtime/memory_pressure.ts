/**
 * What to do when the process takes more memory than it should. Times are milliseconds, passed in.
 *
 * @module
 */

/** What the memory in use asks for: nothing, to let nobody in, or to cut every connection. */
export type Relief = "none" | "refuse" | "cut";

/** How long newcomers are refused, in the hope that it helps, before everyone is cut. */
const PATIENCE_MS = 5000;

/** What more than this times the limit is used does not come from those who talk: no patience. */
const FAR_OVER = 1.25;

/** Between two cuts, if the first one may not have helped. Doubled each time. */
const PAUSE_MS = { first: 60_000, longest: 3_600_000 };

/**
 * Decides what is done against a process that takes too much memory.
 *
 * Over the limit newcomers are refused. When that doesn't help, or when the memory grows faster than
 * any talk, all connections are cut: the runtime assembles frames for one of them that nobody can
 * see, and which one it is can't be known. After a cut that didn't help the memory is in use, and
 * those who come back are let in: there is nothing more to gain from keeping them out.
 */
export class MemoryPressure {
  readonly #maxBytes: number;
  #overSince: number | undefined;
  #lastCut = -Infinity;
  #pauseMs = 0;
  /** Whether the memory was below its limit since the last cut. */
  #helped = true;

  /** @param maxBytes may be `Infinity` */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Says what is to be done now. A cut is told once. */
  judge(residentBytes: number, now: number): Relief {
    if (residentBytes <= this.#maxBytes) {
      this.#overSince = undefined;
      this.#helped = true;
      return "none";
    }
    this.#overSince ??= now;
    if (this.#mustCut(residentBytes, now - this.#overSince, now - this.#lastCut)) {
      this.#cut(now);
      return "cut";
    }
    return this.#helped ? "refuse" : "none";
  }

  #mustCut(residentBytes: number, overMs: number, sinceCutMs: number): boolean {
    const isPausing = sinceCutMs < this.#pauseMs;
    if (residentBytes > this.#maxBytes * FAR_OVER) return this.#helped || !isPausing;
    return overMs >= PATIENCE_MS && !isPausing;
  }

  #cut(now: number): void {
    const { first, longest } = PAUSE_MS;
    const isOften = now - this.#lastCut < this.#pauseMs * 2;
    this.#pauseMs = isOften ? Math.min(this.#pauseMs * 2, longest) : first;
    this.#lastCut = now;
    this.#overSince = undefined;
    this.#helped = false;
  }
}
