/**
 * The monotonic clock and the timers of the event loop.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** A clock and its timers, which tests replace. */
export interface Timers {
  /** Milliseconds since an unspecified moment. Never set back, unlike the time of day. */
  readonly now: number;
  /** Calls back once, at the end of this turn of the event loop. */
  soon(callback: () => void): void;
  /** Calls back at every interval, in milliseconds. Returns a function that stops it. */
  every(intervalMs: number, callback: () => void): () => void;
}

/** The event loop's own timers. */
export const eventLoop: Timers = {
  get now(): number {
    return performance.now();
  },
  soon(callback) {
    // Measured: by far the best of setImmediate, queueMicrotask, setTimeout(0) and a channel. It
    // runs after all frames that came in this turn, and before more are read.
    setImmediate(callback);
  },
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  },
};

/** Resolves after a time. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
