/**
 * Countdowns: texts of the time that is left, and when they change. Pure.
 *
 * @module
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** From here on a countdown shows no minutes. */
const LONG_MS = 48 * HOUR_MS;

/**
 * The time to a moment: "12 s", "4 min 59 s", "5 h 12 min" or "30 days".
 *
 * @param {number} until
 * @param {number} now
 * @returns {string}
 */
export function timeLeft(until, now) {
  const ms = Math.max(0, until - now);
  const seconds = Math.ceil(ms / SECOND_MS);
  const minutes = Math.ceil(ms / MINUTE_MS);
  if (ms > LONG_MS) return `${Math.ceil(minutes / 60 / 24)} days`;
  if (seconds > 3600) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  if (seconds > 60) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${seconds} s`;
}

/**
 * The time at which the text of a countdown changes next, or Infinity.
 *
 * @param {number} until
 * @param {number} now
 * @returns {number}
 */
export function nextTick(until, now) {
  const ms = until - now;
  if (!(ms > 0) || ms === Infinity) return Infinity;
  const unit = ms > LONG_MS ? HOUR_MS : ms > HOUR_MS ? MINUTE_MS : SECOND_MS;
  return until - unit * (Math.ceil(ms / unit) - 1);
}
