/**
 * The place of an instance in the feed.
 *
 * @module
 */

/** The store as an instance has found it. */
export interface Joined {
  readonly epoch: string;
  readonly newest: string;
  /** The number of the last entry of the feed, and of the first one that is still there. */
  readonly number: number;
  readonly firstNumber: number;
  /** The ids of the last entry of the feed, and of the last signals of either kind. */
  readonly lastId: string;
  readonly lastSignalId: string;
  readonly lastTypingId: string;
  /** The epochs that have ended. */
  readonly epochs: readonly (readonly [epoch: string, last: string])[];
}

/**
 * Follows the numbers of entries, which have no hole within an epoch, so that nothing is missed without
 * a word.
 */
export class FeedCursor {
  #epoch: string | undefined;
  #number = 0;
  /** The ids from which on the feed and the signals are read. */
  id = "0-0";
  signalId = "0-0";
  typingId = "0-0";

  /** The life of the store in which it is; none: it has not joined one yet. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** The number of the last entry that was heard, or is given up. */
  get number(): number {
    return this.#number;
  }

  /** Goes to where the store is now. Returns true if entries will never be heard. */
  join({ epoch, number, firstNumber, lastId, lastSignalId, lastTypingId }: Joined): boolean {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#number = number;
      this.id = lastId;
      this.signalId = lastSignalId;
      this.typingId = lastTypingId;
      return true;
    }
    if (this.#number + 1 >= firstNumber) return false;
    this.#number = firstNumber - 1;
    return true;
  }

  /**
   * Takes an entry. `next`: it is to be told; `hole`: too, and others before it are missing; `old`: it is
   * known, or given up; `other`: of another life of the store, or of nobody who has joined it.
   */
  take(epoch: string, number: number): "next" | "hole" | "old" | "other" {
    // No hole can be found after what is no number.
    if (epoch !== this.#epoch || !Number.isSafeInteger(number)) return "other";
    if (number <= this.#number) return "old";
    const isNext = number === this.#number + 1;
    this.#number = number;
    return isNext ? "next" : "hole";
  }
}
