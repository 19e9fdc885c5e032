/**
 * The level that brings the larger ones of some sizes down to a total.
 *
 * @module
 */

/** The level to which the larger ones of some sizes must be cut so that all add up to a total. */
export function levelFor(sizes: readonly number[], total: number): number {
  const ascending = sizes.toSorted((a, b) => a - b);
  let rest = total;
  for (const [i, size] of ascending.entries()) {
    const level = rest / (ascending.length - i);
    if (size > level) return level;
    rest -= size;
  }
  return Infinity;
}
