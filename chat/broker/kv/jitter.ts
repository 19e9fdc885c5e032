/**
 * Times by chance, so that instances do not get into each other's way again and again.
 *
 * @module
 */

/** A time from 0 to `ms`. */
export function jitter(ms: number): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value / 2 ** 32 * ms;
}
