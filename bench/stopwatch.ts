/**
 * Time that passes, and how much of it this process was busy.
 *
 * @module
 */

import { cpuUsage } from "node:process";

/** Runs from when it is made. */
export class Stopwatch {
  readonly #start = performance.now();
  readonly #usage = cpuUsage();

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** The share of one core that this process took, 0 to 1 (and more with several threads). */
  get cpu(): number {
    const { user, system } = cpuUsage(this.#usage);
    return (user + system) / 1e6 / this.seconds;
  }
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
