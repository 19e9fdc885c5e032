/**
 * Elapsed time, and the CPU time that this process used meanwhile.
 *
 * @module
 */

import { cpuUsage } from "node:process";

/** Measures from its construction on. */
export class Stopwatch {
  readonly #start = performance.now();
  readonly #usage = cpuUsage();

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  get ms(): number {
    return performance.now() - this.#start;
  }

  /** This process's use of one core, 0 to 1 (more with several threads). */
  get cpu(): number {
    const { user, system } = cpuUsage(this.#usage);
    return (user + system) / 1e6 / this.seconds;
  }
}

/** Resolves after a time. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
