/**
 * The clock of a client.
 *
 * @module
 */

/**
 * The time in milliseconds since 1970, chance from 0 to 1, and a timer.
 *
 * @typedef {object} Clock
 * @property {() => number} now
 * @property {() => number} random
 * @property {(run: () => void, ms: number) => () => void} schedule returns the function that cancels
 */

/** The clock of the machine. @type {Clock} */
export const CLOCK = {
  // Monotonic: the clock of a device may be set.
  now: () => performance.timeOrigin + performance.now(),
  random: Math.random,
  schedule(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
