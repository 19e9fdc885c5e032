/**
 * Periodic check of the memory that the process takes. Times are milliseconds.
 *
 * The engine lets garbage grow to several times the memory in use before it collects all of it,
 * even beyond the limit of the process.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Logger } from "./logger.ts";
import type { Timers } from "./timers.ts";

/** Minimum time between two collections. Doubled after each collection that did not help. */
const COLLECTION_PAUSE_MS = { first: 2000, longest: 600_000 };

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
  #pauseMs = COLLECTION_PAUSE_MS.first;
  #collectedAt = -Infinity;
  /** When the pause after the last collection ends. */
  #pausedUntil = -Infinity;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether to collect garbage now. To be called every fraction of a second. */
  isDue(residentBytes: number, now: number): boolean {
    if (residentBytes <= this.#maxBytes) {
      this.#pauseMs = COLLECTION_PAUSE_MS.first;
      return false;
    }
    if (now - this.#collectedAt < this.#pauseMs || now < this.#pausedUntil) return false;
    this.#collectedAt = now;
    this.#pauseMs = Math.min(2 * this.#pauseMs, COLLECTION_PAUSE_MS.longest);
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

/** What to do: nothing, refuse newcomers, or cut every connection. */
export type MemoryAction = "none" | "refuse" | "cut";

/** How long newcomers are refused before every connection is cut, in milliseconds. */
const PATIENCE_MS = 5000;

/** Messages alone never reach this multiple of the limit, so connections are cut at once. */
const FAR_OVER_RATIO = 1.25;

/** Minimum time between two cuts if the first one may not have helped. Doubled each time. */
const CUT_PAUSE_MS = { first: 60_000, longest: 3_600_000 };

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
    const sinceCutMs = now - this.#lastCut;
    if (!this.#mustCut(residentBytes, now - this.#overSince, sinceCutMs)) {
      return this.#hasHelped ? "refuse" : "none";
    }
    const { first, longest } = CUT_PAUSE_MS;
    const isSoon = sinceCutMs < this.#pauseMs * 2;
    this.#pauseMs = isSoon ? Math.min(this.#pauseMs * 2, longest) : first;
    this.#lastCut = now;
    this.#overSince = undefined;
    this.#hasHelped = false;
    return "cut";
  }

  #mustCut(residentBytes: number, overMs: number, sinceCutMs: number): boolean {
    const isPausing = sinceCutMs < this.#pauseMs;
    if (residentBytes > this.#maxBytes * FAR_OVER_RATIO) return this.#hasHelped || !isPausing;
    return overMs >= PATIENCE_MS && !isPausing;
  }
}

/** What a {@linkcode MemoryWatch} is made of. */
export interface MemoryWatchOptions {
  /** May be `Infinity`. */
  readonly maxBytes: number;
  readonly logger: Logger;
  readonly timers: Timers;
  /** Ends every connection. */
  readonly cut: () => void;
}

/** Time between two checks, in milliseconds. A check takes 3 µs. */
const CHECK_MS = 100;

/** Collects garbage, refuses newcomers and cuts connections while memory is short. */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #pressure: MemoryPressure;
  readonly #schedule: GarbageSchedule;
  readonly #collectGarbage = garbageCollector();
  /** Ends the checks. */
  readonly stop: () => void;
  #action: MemoryAction = "none";

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
    this.#pressure = new MemoryPressure(options.maxBytes);
    this.#schedule = new GarbageSchedule(options.maxBytes);
    this.stop = options.timers.every(CHECK_MS, () => this.#check());
  }

  /** Whether newcomers are to be refused. */
  get isShort(): boolean {
    return this.#action === "refuse";
  }

  #check(): void {
    const { logger, timers, cut } = this.#options;
    const bytes = this.#residentBytes();
    const before = this.#action;
    this.#action = this.#pressure.assess(bytes, timers.now);
    if (this.#action === before && this.#action !== "cut") return;
    const residentMb = toMb(bytes);
    if (this.#action === "none") return logger("info", "accepting_connections", { residentMb });
    if (this.#action === "refuse") return logger("warn", "refusing_connections", { residentMb });
    logger("error", "connections_cut", { residentMb });
    cut();
  }

  /** The memory of the process, in bytes, after a collection of garbage if one is due. */
  #residentBytes(): number {
    const { logger, timers } = this.#options;
    const { rss } = Deno.memoryUsage();
    if (!this.#schedule.isDue(rss, timers.now)) return rss;
    this.#collectGarbage();
    this.#schedule.collected(timers.now);
    const left = Deno.memoryUsage().rss;
    logger("debug", "garbage_collected", { residentMb: toMb(rss), leftMb: toMb(left) });
    return left;
  }
}

function toMb(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
