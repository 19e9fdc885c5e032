/**
 * Garbage collection on request, and when it is worth its time. Times are milliseconds, passed in.
 *
 * The engine lets garbage grow to several times what is in use before it collects all of it, also
 * beyond what the process may take.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** From a collection to the next one at least. Doubled each time that one didn't help. */
const PAUSE_MS = { first: 2000, longest: 600_000 };

/**
 * Decides when garbage is to be collected: when the process takes too much memory, and not again
 * and again when the memory is in use.
 */
export class GarbageWatch {
  readonly #maxBytes: number;
  #pauseMs = PAUSE_MS.first;
  #collectedAt = -Infinity;

  /** @param maxBytes may be `Infinity` */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether to collect garbage now. To be asked again and again. */
  judge(residentBytes: number, now: number): boolean {
    if (residentBytes <= this.#maxBytes) {
      this.#pauseMs = PAUSE_MS.first;
      return false;
    }
    if (now - this.#collectedAt < this.#pauseMs) return false;
    this.#collectedAt = now;
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS.longest);
    return true;
  }
}

/**
 * The engine's own collector of everything at once; does nothing where there is none. It takes about
 * 2 ms for each MB that stays, in which nothing else happens.
 */
export function garbageCollector(): () => void {
  try {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect === "function") return () => void collect();
  } catch {
    // Another engine, or a runtime that does not let its flags be set.
  }
  return () => {};
}
