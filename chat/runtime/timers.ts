/**
 * The monotonic clock and the timers of the event loop.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Time that passes, and what is run when it has; replaced in tests. */
export interface Timers {
  /** Milliseconds since some moment. Never set back, unlike the time of day. */
  readonly now: number;
  /** Once, at the end of this turn of the event loop. */
  soon(callback: () => void): void;
  /** Again and again. Returns what stops it. */
  every(intervalMs: number, callback: () => void): () => void;
}

/** The event loop's own timers. */
export const eventLoop: Timers = {
  get now(): number {
    return performance.now();
  },
  soon(callback) {
    // Measured: by far the best of setImmediate, queueMicrotask, setTimeout(0) and a channel. It
    // runs after all frames that came in this turn, and before the next are read.
    setImmediate(callback);
  },
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  },
};
