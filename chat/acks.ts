/**
 * The receipts of recent messages, by which a message that is sent again is known.
 *
 * @module
 */

/** What the sender of a message was told. */
export interface Receipt {
  readonly room: string;
  readonly id: string;
  readonly time: number;
}

/** Receipts by user id and ref. Two levels: a key made of both was half the cost of a message. */
class Generation {
  readonly #users = new Map<string, Map<string, Receipt>>();
  size = 0;

  get(userId: string, ref: string): Receipt | undefined {
    return this.#users.get(userId)?.get(ref);
  }

  set(userId: string, ref: string, receipt: Receipt): void {
    let receipts = this.#users.get(userId);
    if (receipts === undefined) {
      receipts = new Map();
      this.#users.set(userId, receipts);
    }
    const { size } = receipts;
    receipts.set(ref, receipt);
    this.size += receipts.size - size;
  }
}

/**
 * Remembers the receipt of each (user id, ref) for at least `keptMs`.
 *
 * Kept as two generations: the younger one takes new receipts, and becomes the older one after
 * `keptMs`. So nothing is counted or timed for a single receipt, and none is forgotten early: when
 * the younger generation is full, {@linkcode Acks.isFull} says so, and the caller must refuse.
 */
export class Acks {
  readonly #keptMs: number;
  readonly #maxPerGeneration: number;
  #young = new Generation();
  #old = new Generation();
  #since: number;

  constructor(keptMs: number, maxPerGeneration: number, now: number) {
    this.#keptMs = keptMs;
    this.#maxPerGeneration = maxPerGeneration;
    this.#since = now;
  }

  /** The number of receipts that are kept. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The receipt of a message that the user has sent already. */
  find(userId: string, ref: string): Receipt | undefined {
    return this.#young.get(userId, ref) ?? this.#old.get(userId, ref);
  }

  /** Whether another receipt could only be taken by forgetting one too early. */
  get isFull(): boolean {
    return this.#young.size >= this.#maxPerGeneration;
  }

  /** Keeps a receipt, unless there is no place for it. */
  remember(userId: string, ref: string, receipt: Receipt): void {
    if (!this.isFull) this.#young.set(userId, ref, receipt);
  }

  /** Lets the generations age. To be called every second or so. */
  sweep(now: number): void {
    if (now - this.#since < this.#keptMs) return;
    this.#old = this.#young;
    this.#young = new Generation();
    this.#since = now;
  }
}
