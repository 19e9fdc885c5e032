/**
 * Batches of a room's log, which cursors at the same position share.
 *
 * @module
 */

/** The entries after a position that fit into one frame. */
export interface Batch {
  readonly frame: string;
  readonly messages: number;
  readonly gaps: number;
  /** The position after the batch. */
  readonly end: string;
}

/** The batches kept for other cursors at the same positions. */
const MAX_BATCHES = 16;

/**
 * The batches for many cursors, up to an end that stays where it is while the log grows. Cursors at
 * the same position share a batch, which is encoded once.
 */
export class Batches {
  readonly end: string;
  readonly #encode: (from: string) => Batch | undefined;
  readonly #countChanges: () => number;
  readonly #batches = new Map<string, Batch>();
  #changes: number;

  /** @param countChanges after a change of a message no batch is shared that has its old state */
  constructor(
    end: string,
    encode: (from: string) => Batch | undefined,
    countChanges: () => number,
  ) {
    this.end = end;
    this.#encode = encode;
    this.#countChanges = countChanges;
    this.#changes = countChanges();
  }

  /** The batch after a position; none if all its entries were dropped for want of memory. */
  next(position: string): Batch | undefined {
    const changes = this.#countChanges();
    if (changes !== this.#changes) this.#batches.clear();
    this.#changes = changes;
    const known = this.#batches.get(position);
    if (known !== undefined) return known;
    const batch = this.#encode(position);
    if (batch === undefined) return undefined;
    if (this.#batches.size >= MAX_BATCHES) this.#batches.clear();
    this.#batches.set(position, batch);
    return batch;
  }
}
