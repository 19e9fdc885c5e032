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
 * A pause lasts at least this many times as long as the collection before it, in which nothing else
 * happens: a client that takes memory and gives it back again and again gets a tenth of the time.
 */
const PAUSE_PER_COLLECTION = 10;

/**
 * Decides when garbage is to be collected: when the process takes too much memory, and not again
 * and again when the memory is in use.
 */
export class GarbageWatch {
  readonly #maxBytes: number;
  #pauseMs = PAUSE_MS.first;
  #collectedAt = -Infinity;
  /** When the next collection may begin, because of the time that the last one took. */
  #restedAt = -Infinity;

  /** @param maxBytes may be `Infinity` */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether to collect garbage now. The caller asks again and again. */
  judge(residentBytes: number, now: number): boolean {
    if (residentBytes <= this.#maxBytes) {
      this.#pauseMs = PAUSE_MS.first;
      return false;
    }
    if (now - this.#collectedAt < this.#pauseMs || now < this.#restedAt) return false;
    this.#collectedAt = now;
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS.longest);
    return true;
  }

  /** Notes that the collection that was asked for has ended. */
  collected(now: number): void {
    this.#restedAt = now + PAUSE_PER_COLLECTION * (now - this.#collectedAt);
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
