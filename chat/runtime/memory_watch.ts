/**
 * Periodic check of the memory that the process takes.
 *
 * @module
 */

import { garbageCollector, GarbageSchedule } from "./garbage.ts";
import type { Logger } from "./logger.ts";
import { type MemoryAction, MemoryPressure } from "./memory_pressure.ts";
import type { Timers } from "./timers.ts";

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
