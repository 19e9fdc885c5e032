/**
 * Receipts of recent messages, by which a message that is sent again is known.
 *
 * @module
 */

import { charBytes } from "../text/texts.ts";

/** Time for which a repetition is known, in milliseconds: the protocol's 5 minutes. */
export const RECEIPTS_KEPT_MS = 300_000;

/** Memory of a receipt besides the characters of its ref, and what the first one of a user adds. */
const RECEIPT_BYTES = 150;
const USER_BYTES = 250;

/** Bytes of receipts that an address may have, for each byte that is free. */
const BYTES_PER_FREE_BYTE = 1 / 4;

/** Receipts by user id and ref, in two maps: one key of both was half the cost of a message. */
class Generation<Kept> {
  readonly #users = new Map<string, Map<string, Kept>>();
  /** Bytes of the receipts of each address. */
  readonly #bytesByAddress = new Map<string, number>();
  size = 0;
  bytes = 0;

  get(userId: string, ref: string): Kept | undefined {
    return this.#users.get(userId)?.get(ref);
  }

  set(userId: string, ref: string, receipt: Kept, address: string | undefined): void {
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
    if (address !== undefined) this.#bytesByAddress.set(address, this.bytesOf(address) + bytes);
  }

  bytesOf(address: string): number {
    return this.#bytesByAddress.get(address) ?? 0;
  }
}

/**
 * Remembers the receipt of each (user id, ref) for at least `keptMs`, in bounded memory.
 *
 * There are two generations: the younger one takes new receipts, and becomes the older one after
 * `keptMs`. No receipt needs a timer, and none is forgotten early: if there is no place for another
 * one, {@linkcode Receipts.hasPlace} is false, and the caller must refuse the message.
 */
export class Receipts<Kept> {
  readonly #keptMs: number;
  readonly #maxBytes: number;
  #young = new Generation<Kept>();
  #old = new Generation<Kept>();
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
  find(userId: string, ref: string): Kept | undefined {
    return this.#young.get(userId, ref) ?? this.#old.get(userId, ref);
  }

  /**
   * Whether there is place for another receipt.
   *
   * An address has place while its receipts take less than a quarter of what is free: one address can
   * fill a fifth of the memory, and each further one a fifth of what is left. So seven leave a fifth
   * for all others (a dynamic threshold, as of buffers in switches: Choudhury and Hahne, 1998).
   *
   * @param address of the sender; left out: all that is free may be used
   */
  hasPlace(address?: string): boolean {
    const free = this.#maxBytes - this.bytes;
    if (address === undefined) return free > 0;
    return this.#young.bytesOf(address) + this.#old.bytesOf(address) <
      free * BYTES_PER_FREE_BYTE;
  }

  /** Keeps a receipt, unless there is no place. It counts for the address, if one is given. */
  remember(userId: string, ref: string, receipt: Kept, address?: string): void {
    if (this.hasPlace()) this.#young.set(userId, ref, receipt, address);
  }

  /** Forgets all of them. */
  clear(): void {
    this.#young = new Generation();
    this.#old = new Generation();
  }

  /**
   * Forgets the older generation when its time is over. To be called every second or so. Returns
   * whether it did.
   */
  sweep(now: number): boolean {
    if (now - this.#since < this.#keptMs) return false;
    this.#old = this.#young;
    this.#young = new Generation();
    this.#since = now;
    return true;
  }
}
