/**
 * The receipts of recent messages, by which a message that is sent again is known.
 *
 * @module
 */

import { charBytes } from "../limits/bytes.ts";

/** What the sender of a message was told. */
export interface Receipt {
  readonly room: string;
  readonly id: string;
  readonly time: number;
}

/** Bytes of a receipt besides the characters of its ref, and those that a user's first one adds. */
const RECEIPT_BYTES = 150;
const USER_BYTES = 250;

/** Bytes of receipts that an address may hold, for each byte that is free. */
const SHARE_OF_FREE = 1 / 4;

/** Receipts by user id and ref. Two levels: a key made of both was half the cost of a message. */
class Generation {
  readonly #users = new Map<string, Map<string, Receipt>>();
  /** Bytes of the receipts of each address. */
  readonly #shares = new Map<string, number>();
  size = 0;
  bytes = 0;

  get(userId: string, ref: string): Receipt | undefined {
    return this.#users.get(userId)?.get(ref);
  }

  set(userId: string, ref: string, receipt: Receipt, address: string | undefined): void {
    let bytes = RECEIPT_BYTES + charBytes(ref);
    let receipts = this.#users.get(userId);
    if (receipts === undefined) {
      receipts = new Map();
      this.#users.set(userId, receipts);
      bytes += USER_BYTES;
    }
    const { size } = receipts;
    receipts.set(ref, receipt);
    if (receipts.size === size) return;
    this.size++;
    this.bytes += bytes;
    if (address !== undefined) this.#shares.set(address, this.share(address) + bytes);
  }

  share(address: string): number {
    return this.#shares.get(address) ?? 0;
  }
}

/**
 * Remembers the receipt of each (user id, ref) for at least `keptMs`, in bounded memory.
 *
 * Kept as two generations: the younger one takes new receipts, and becomes the older one after
 * `keptMs`. So nothing is counted or timed for a single receipt, and none is forgotten early: where
 * there is no place for another, {@linkcode Receipts.hasPlace} says so, and the caller must refuse.
 */
export class Receipts {
  readonly #keptMs: number;
  readonly #maxBytes: number;
  #young = new Generation();
  #old = new Generation();
  #since: number;

  constructor(keptMs: number, maxBytes: number, now: number) {
    this.#keptMs = keptMs;
    this.#maxBytes = maxBytes;
    this.#since = now;
  }

  /** The number of receipts that are kept. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Bytes of memory that the receipts take. */
  get bytes(): number {
    return this.#young.bytes + this.#old.bytes;
  }

  /** The receipt of a message that the user has sent already. */
  find(userId: string, ref: string): Receipt | undefined {
    return this.#young.get(userId, ref) ?? this.#old.get(userId, ref);
  }

  /**
   * Whether there is place for another receipt.
   *
   * An address has place as long as it holds less than {@linkcode SHARE_OF_FREE} of what is free: one
   * can fill a fifth of the memory, and each further one a fifth of what is left. So seven leave a
   * fifth for all others (a dynamic threshold, as of buffers in switches: Choudhury and Hahne, 1998).
   *
   * @param address whose share is looked at; left out: all that is free may be used
   */
  hasPlace(address?: string): boolean {
    const free = this.#maxBytes - this.bytes;
    if (address === undefined) return free > 0;
    return this.#young.share(address) + this.#old.share(address) <
      free * SHARE_OF_FREE;
  }

  /** Keeps a receipt, which counts for an address if one is given; unless there is no place. */
  remember(userId: string, ref: string, receipt: Receipt, address?: string): void {
    if (this.hasPlace()) this.#young.set(userId, ref, receipt, address);
  }

  /** Lets the generations age. To be called every second or so. */
  sweep(now: number): void {
    if (now - this.#since < this.#keptMs) return;
    this.#old = this.#young;
    this.#young = new Generation();
    this.#since = now;
  }
}
