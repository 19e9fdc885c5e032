/**
 * Distance of words, to find the name that somebody may have meant.
 *
 * @module
 */

/** Levenshtein distance: the UTF-16 units to insert, delete or replace in one word to get the other. */
export function editDistance(from: string, to: string): number {
  // Distances of the first `i` units of `from` to the first 0, 1, 2 … units of `to`.
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
