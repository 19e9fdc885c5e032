/**
 * Taking over from a server that is stopping: waits until it has given something up.
 *
 * @module
 */

import type { Logger } from "./logger.ts";

/** Parts of a {@linkcode Takeover}. Times are in milliseconds. */
export interface TakeoverOptions {
  /** The time to wait in all, from the first thing that is in use; 0: not at all. */
  readonly waitMs: number;
  /** Returns true if an error says that another process uses something. */
  readonly isInUse: (error: unknown) => boolean;
  readonly logger: Logger;
  readonly timers: { readonly now: number };
  /** Resolves after a time. */
  readonly delay: (ms: number) => Promise<void>;
}

/** Between two attempts, in milliseconds: clients come back 500 ms after they were sent away. */
const AGAIN_MS = 25;

/** Takes what another process gives up, within a time. */
export class Takeover {
  readonly #options: TakeoverOptions;
  #until: number | undefined;

  constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /**
   * Takes something, as soon as no other process uses it.
   *
   * @param what is logged if it has to be waited for
   * @throws the error of `take` if it says anything else, or the time is over
   */
  async take<T>(what: string, take: () => T | Promise<T>): Promise<T> {
    const { waitMs, isInUse, logger, timers, delay } = this.#options;
    let isWaiting = false;
    while (true) {
      try {
        return await take();
      } catch (error) {
        if (!isInUse(error)) throw error;
        this.#until ??= timers.now + waitMs;
        if (timers.now >= this.#until) throw error;
      }
      if (!isWaiting) logger("info", "waiting", { for: what });
      isWaiting = true;
      await delay(AGAIN_MS);
    }
  }
}
