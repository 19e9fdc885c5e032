/**
 * The order check: it counts deliveries and checks the order of each, without parsing JSON.
 *
 * Each message's text starts with a stamp: a mark that occurs nowhere else in the frames, the sender
 * as one digit, and the message's sequence number as seven. Each receiver must get 0, 1, 2, … of
 * each sender. A skipped number counts as lost, a repeated or smaller one as disordered.
 *
 * @module
 */

import { Histogram } from "../support/histogram.ts";

/** The number of digits of a sequence number. */
export const SEQUENCE_DIGITS = 7;

const MARK = "~".charCodeAt(0);
const ZERO = "0".charCodeAt(0);
const STAMP_LENGTH = 2 + SEQUENCE_DIGITS;
const MAX_SENDERS = 10;

/** The least distance between two marks, in bytes: messages have 240. */
const MIN_STRIDE = 200;

/** The number of messages of one sender that can be in flight while they are timed. */
const TIMED = 65_536;

/** The stamp of a sender's first message. */
export function stamp(sender: number): string {
  return `~${sender}${"0".repeat(SEQUENCE_DIGITS)}`;
}

/** Checks the deliveries to a group of receivers. */
export class OrderCheck {
  /** Deliveries so far. */
  deliveries = 0;
  /** Deliveries that came twice, or after a later message of the same sender. */
  disordered = 0;
  /** From sending to receiving, in milliseconds, while {@linkcode OrderCheck.isTiming}. */
  readonly latencies = new Histogram();
  isTiming = false;
  readonly #senders: number;
  /** The next sequence number, by receiver and sender. */
  readonly #next: Int32Array;
  #skipped = 0;
  /** The times at which the latest messages were sent, by sender. */
  readonly #sentAt: readonly Float64Array[];
  // The likely position of the next mark: a wrong guess only costs a search.
  #lead = 0;
  #stride = MIN_STRIDE;

  constructor(receivers: number, senders: number) {
    if (senders > MAX_SENDERS) throw new RangeError(`Cannot have ${senders} senders: 10 at most`);
    this.#senders = senders;
    this.#next = new Int32Array(receivers * senders);
    this.#sentAt = Array.from({ length: senders }, () => new Float64Array(TIMED));
  }

  /** The number of messages of a sender that a receiver has. */
  received(receiver: number, sender: number): number {
    return this.#next[receiver * this.#senders + sender] ?? 0;
  }

  /** Records the time at which a message is sent. */
  sent(sender: number, sequence: number): void {
    this.#sentAt[sender]?.fill(performance.now(), sequence % TIMED, sequence % TIMED + 1);
  }

  /** The deliveries that are missing of `sent` messages by sender, including skipped ones. */
  missing(sent: readonly number[]): number {
    let missing = this.#skipped;
    this.#next.forEach((next, i) => missing += (sent[i % this.#senders] ?? 0) - next);
    return missing;
  }

  /**
   * Counts the stamps that a receiver got, in `bytes` from `from` to `to`.
   * Returns `to`, or the start of a stamp that is cut off.
   */
  scan(receiver: number, bytes: Uint8Array, from: number, to: number): number {
    const now = this.isTiming ? performance.now() : 0;
    let at = this.#first(bytes, from);
    while (at !== -1 && at < to) {
      if (at + STAMP_LENGTH > to) return at;
      this.#count(receiver, bytes, at, now);
      at = this.#following(bytes, at, to);
    }
    return to;
  }

  #first(bytes: Uint8Array, from: number): number {
    if (bytes[from + this.#lead] === MARK) return from + this.#lead;
    const first = bytes.indexOf(MARK, from);
    // At most a stride, or the guess could skip a mark.
    if (first !== -1) this.#lead = Math.min(first - from, MIN_STRIDE);
    return first;
  }

  #following(bytes: Uint8Array, at: number, to: number): number {
    if (at + MIN_STRIDE >= to) return -1;
    if (bytes[at + this.#stride] === MARK) return at + this.#stride;
    const next = bytes.indexOf(MARK, at + MIN_STRIDE);
    if (next !== -1) this.#stride = next - at;
    return next;
  }

  #count(receiver: number, bytes: Uint8Array, at: number, now: number): void {
    const sender = (bytes[at + 1] ?? 0) - ZERO;
    let sequence = 0;
    for (let i = at + 2; i < at + STAMP_LENGTH; i++) {
      sequence = sequence * 10 + (bytes[i] ?? 0) - ZERO;
    }
    const slot = receiver * this.#senders + sender;
    const expected = this.#next[slot] ?? 0;
    this.deliveries++;
    if (sequence < expected) {
      this.disordered++;
      return;
    }
    this.#skipped += sequence - expected;
    this.#next[slot] = sequence + 1;
    if (!this.isTiming) return;
    this.latencies.add(now - (this.#sentAt[sender]?.[sequence % TIMED] ?? 0));
  }
}
