/**
 * Watch on the clock: logs when it is behind the positions of messages.
 *
 * @module
 */

import { timeOf } from "../protocol/ulid.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Timers } from "../runtime/timers.ts";

/** What the clock is compared with, and where it is logged. */
export interface ClockWatchOptions {
  readonly logger: Logger;
  readonly timers: Pick<Timers, "now">;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Clocks of two machines that are less apart are no fault, in milliseconds. */
const TOLERANCE_MS = 1000;

/** The least time between two log lines on what clients say, in milliseconds. */
const SUSPECT_INTERVAL_MS = 3_600_000;

/** Logs that the clock is behind. */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  #suspectedAt = -Infinity;
  #isBehind = false;
  /** The newest position that a message was given. */
  #newest = "";

  constructor(options: ClockWatchOptions) {
    this.#options = options;
  }

  /** Notes the position of a message. */
  see(position: string): void {
    if (position > this.#newest) this.#newest = position;
  }

  /**
   * Logs a client's position that this server did not give, if it is of the future: either the clock
   * was set back, or the client made it up.
   */
  suspect(position: string): void {
    const { timers, logger, now } = this.#options;
    const behindMs = timeOf(position) - now();
    if (behindMs < TOLERANCE_MS || timers.now - this.#suspectedAt < SUSPECT_INTERVAL_MS) return;
    this.#suspectedAt = timers.now;
    logger("warn", "clock_behind", { behindMs, toldBy: "a client's position" });
  }

  /** Logs once that the clock is behind the messages that were sent. To be called each second. */
  check(): void {
    const { logger, now } = this.#options;
    const behindMs = timeOf(this.#newest) - now();
    const isBehind = behindMs >= TOLERANCE_MS;
    if (isBehind && !this.#isBehind) {
      logger("warn", "clock_behind", { behindMs, toldBy: "own messages" });
    }
    this.#isBehind = isBehind;
  }
}
