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
  #young = new Map<string, Receipt>();
  #old = new Map<string, Receipt>();
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
    const key = keyOf(userId, ref);
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Whether another receipt could only be taken by forgetting one too early. */
  isFull(now: number): boolean {
    this.sweep(now);
    return this.#young.size >= this.#maxPerGeneration;
  }

  /** Keeps a receipt, unless there is no place for it. */
  remember(userId: string, ref: string, receipt: Receipt, now: number): void {
    if (this.isFull(now)) return;
    this.#young.set(keyOf(userId, ref), receipt);
  }

  /** Lets the generations age. */
  sweep(now: number): void {
    if (now - this.#since < this.#keptMs) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#since = now;
  }
}

/** User ids have one length and no space, so no two pairs share a key. */
function keyOf(userId: string, ref: string): string {
  return `${userId} ${ref}`;
}
