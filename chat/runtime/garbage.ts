/**
 * Garbage collection on request, and a schedule for it. Times are milliseconds, passed in.
 *
 * The engine lets garbage grow to several times the memory in use before it collects all of it,
 * even beyond the limit of the process.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Minimum time between two collections. Doubled after each collection that did not help. */
const PAUSE_MS = { first: 2000, longest: 600_000 };

/**
 * A pause lasts at least this many times as long as the collection before it, which blocks the
 * process: a client that takes and frees memory again and again can block a tenth of the time.
 */
const PAUSE_PER_COLLECTION = 10;

/**
 * Decides when to collect garbage: over the memory limit, and less often where it does not help.
 */
export class GarbageSchedule {
  readonly #maxBytes: number;
  #pauseMs = PAUSE_MS.first;
  #collectedAt = -Infinity;
  /** When the pause after the last collection ends. */
  #pausedUntil = -Infinity;

  /** @param maxBytes may be `Infinity` */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether to collect garbage now. To be called every fraction of a second. */
  isDue(residentBytes: number, now: number): boolean {
    if (residentBytes <= this.#maxBytes) {
      this.#pauseMs = PAUSE_MS.first;
      return false;
    }
    if (now - this.#collectedAt < this.#pauseMs || now < this.#pausedUntil) return false;
    this.#collectedAt = now;
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS.longest);
    return true;
  }

  /** Records the end of a collection that was due. */
  collected(now: number): void {
    this.#pausedUntil = now + PAUSE_PER_COLLECTION * (now - this.#collectedAt);
  }
}

/**
 * A function that makes the engine collect all garbage, or does nothing if the engine can't. It
 * blocks the process for about 2 ms for each MB in use.
 */
export function garbageCollector(): () => void {
  try {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect === "function") return () => void collect();
  } catch {
    // Another engine, or a runtime whose flags can't be set.
  }
  return () => {};
}
