/**
 * Parts of lists of messages that fit into an answer or a frame.
 *
 * @module
 */

/**
 * The most bytes of the messages in a `joined`, `history` or `found` event. Pages of usual texts stay
 * below it. An answer is queued for a client that does not read, so it must not be much larger than
 * the mark at which a client is held: with 1 MiB, two addresses took 200 MB.
 */
export const PAGE_BYTES = 262_144;

/** The first items that take at most `maxBytes`; at least one. */
export function cut<Item>(
  items: readonly Item[],
  maxBytes: number,
  bytesOf: (item: Item) => number,
): readonly Item[] {
  let sum = 0;
  const end = items.findIndex((item, i) => (sum += bytesOf(item)) > maxBytes && i > 0);
  return end === -1 ? items : items.slice(0, end);
}

/** The last items that take at most `maxBytes`; at least one. */
export function cutFromEnd<Item>(
  items: readonly Item[],
  maxBytes: number,
  bytesOf: (item: Item) => number,
): readonly Item[] {
  return cut(items.toReversed(), maxBytes, bytesOf).toReversed();
}
