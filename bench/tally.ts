/**
 * Counts deliveries, and checks the order of every one of them, without parsing any JSON.
 *
 * Each message's text starts with a stamp: a mark that occurs nowhere else on the wire, the sender
 * as one digit, and the number of the message as seven. Every receiver must get 0, 1, 2, … of each
 * sender; what is skipped is lost, and what comes again or late is disordered.
 *
 * @module
 */

import { Histogram } from "./histogram.ts";

/** The number of digits of a message's number. */
export const SEQUENCE_DIGITS = 7;

const MARK = "~".charCodeAt(0);
const ZERO = "0".charCodeAt(0);
const STAMP_LENGTH = 2 + SEQUENCE_DIGITS;
const MAX_SENDERS = 10;

/** Marks are farther apart than this, in bytes: messages have 240. */
const LEAST_STRIDE = 200;

/** Messages of one sender that can be on their way while they are timed. */
const TIMED = 65_536;

/** The stamp of a sender's first message. */
export function stamp(sender: number): string {
  return `~${sender}${"0".repeat(SEQUENCE_DIGITS)}`;
}

/** The deliveries to a crowd. */
export class Tally {
  /** Deliveries so far. */
  deliveries = 0;
  /** Deliveries that came again, or after a later message of the same sender. */
  disordered = 0;
  /** From sending to receiving, in milliseconds, while {@linkcode Tally.timing}. */
  readonly latencies = new Histogram();
  timing = false;
  readonly #senders: number;
  /** The number that comes next, by receiver and sender. */
  readonly #next: Int32Array;
  #skipped = 0;
  /** When the latest messages were sent, by sender. */
  readonly #sentAt: readonly Float64Array[];
  // Where a mark is likely to stand: a wrong guess costs a search, nothing else.
  #lead = 0;
  #stride = LEAST_STRIDE;

  constructor(receivers: number, senders: number) {
    if (senders > MAX_SENDERS) throw new RangeError(`Cannot have ${senders} senders: 10 at most`);
    this.#senders = senders;
    this.#next = new Int32Array(receivers * senders);
    this.#sentAt = Array.from({ length: senders }, () => new Float64Array(TIMED));
  }

  /** How many messages of a sender a receiver has. */
  received(receiver: number, sender: number): number {
    return this.#next[receiver * this.#senders + sender] ?? 0;
  }

  /** Notes that a message is sent now. */
  sent(sender: number, sequence: number): void {
    this.#sentAt[sender]?.fill(performance.now(), sequence % TIMED, sequence % TIMED + 1);
  }

  /** Deliveries that are missing of `sent` messages by sender, the skipped ones included. */
  missing(sent: readonly number[]): number {
    let missing = this.#skipped;
    this.#next.forEach((next, i) => missing += (sent[i % this.#senders] ?? 0) - next);
    return missing;
  }

  /**
   * Counts the stamps of a receiver from `from` to `to`.
   * Returns `to`, or where a stamp begins that is cut off.
   */
  scan(receiver: number, bytes: Uint8Array, from: number, to: number): number {
    const now = this.timing ? performance.now() : 0;
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
    // Within a stride, or the guess could pass over a mark.
    if (first !== -1) this.#lead = Math.min(first - from, LEAST_STRIDE);
    return first;
  }

  #following(bytes: Uint8Array, at: number, to: number): number {
    if (at + LEAST_STRIDE >= to) return -1;
    if (bytes[at + this.#stride] === MARK) return at + this.#stride;
    const next = bytes.indexOf(MARK, at + LEAST_STRIDE);
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
    if (!this.timing) return;
    this.latencies.add(now - (this.#sentAt[sender]?.[sequence % TIMED] ?? 0));
  }
}
