/**
 * Wrong passwords and tokens of each address, however they came.
 *
 * @module
 */

/** The wrong ones that an address may give within a time, in milliseconds. */
export const MAX_GUESSES = 10;
export const GUESSES_WITHIN_MS = 60_000;

/** Addresses whose guesses are remembered: about 300 bytes each. Of too many, the oldest is forgotten. */
const MAX_ADDRESSES = 20_000;

/** A password or token that is about to be looked at. */
export interface Guess {
  /** Returns true if it may be looked at now. Not: it counts as wrong, but is not noted. */
  mayLook(): boolean;
  /** It was wrong. Called before another one is looked at. */
  wrong(): void;
}

/** Remembers when each address was wrong. Right ones count nothing. */
export class Guesses {
  readonly #times = new Map<string, readonly number[]>();

  get size(): number {
    return this.#times.size;
  }

  /** Milliseconds until an address may give another password or token; 0: now. */
  wait(address: string, now: number): number {
    const times = this.#times.get(address);
    if (times === undefined || times.length < MAX_GUESSES) return 0;
    return Math.max(0, Math.ceil((times[0] ?? now) + GUESSES_WITHIN_MS - now));
  }

  /** An address was wrong. */
  note(address: string, now: number): void {
    const times = [...this.#times.get(address) ?? [], now].slice(-MAX_GUESSES);
    this.#times.delete(address);
    this.#times.set(address, times);
    if (this.#times.size <= MAX_ADDRESSES) return;
    const [oldest = ""] = this.#times.keys();
    this.#times.delete(oldest);
  }

  /** Forgets the addresses that were not wrong for long enough. */
  sweep(now: number): void {
    for (const [address, times] of this.#times) {
      // In the order of their last ones.
      if (now - (times.at(-1) ?? now) < GUESSES_WITHIN_MS) return;
      this.#times.delete(address);
    }
  }
}
