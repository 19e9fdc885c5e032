/**
 * Ranks of names for a text that is being typed. Pure.
 *
 * @module
 */

/**
 * The rank of a name for a part of it that is typed: 0 for all of it, 1 for its beginning, 2 for that
 * of another word, else Infinity.
 *
 * @param {string} name
 * @param {string} typed in the same case
 * @returns {number}
 */
export function rankOf(name, typed) {
  if (name === typed) return 0;
  if (name.startsWith(typed)) return 1;
  return [" ", "-", "_"].some((gap) => name.includes(gap + typed)) ? 2 : Infinity;
}

/**
 * The items by their ranks, and else in their order, without those of rank Infinity.
 *
 * @template Item
 * @param {readonly Item[]} items
 * @param {(item: Item) => number} rankOfItem
 * @returns {Item[]}
 */
export function byRank(items, rankOfItem) {
  return items.map((item) => ({ item, rank: rankOfItem(item) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
