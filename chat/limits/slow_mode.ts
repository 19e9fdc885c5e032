/**
 * Slow mode: when each user has last said something in each room that asks for a pause.
 *
 * @module
 */

/** Clocks of users in rooms: about 150 bytes each. Of too many, the oldest is forgotten. */
const MAX_CLOCKS = 100_000;

/** The longest pause that a room may ask for is an hour. */
const KEPT_MS = 3_600_000;

/** One clock for each user and room, over all connections. */
export class SlowMode {
  readonly #clocks = new Map<string, number>();

  /** Milliseconds until a user may say something again. */
  wait(room: string, user: string, slowMs: number, now: number): number {
    const saidAt = this.#clocks.get(`${room} ${user}`);
    return saidAt === undefined ? 0 : Math.max(0, Math.ceil(saidAt + slowMs - now));
  }

  /** A user says something. Returns a function that takes it back, since it was refused after all. */
  start(room: string, user: string, now: number): () => void {
    const key = `${room} ${user}`;
    const before = this.#clocks.get(key);
    this.#set(key, now);
    return () => {
      if (this.#clocks.get(key) !== now) return;
      if (before === undefined) this.#clocks.delete(key);
      else this.#set(key, before);
    };
  }

  /** Forgets clocks that say nothing any more. */
  sweep(now: number): void {
    for (const [key, saidAt] of this.#clocks) {
      if (now - saidAt < KEPT_MS) return;
      this.#clocks.delete(key);
    }
  }

  #set(key: string, time: number): void {
    // At the end, so that the oldest come first.
    this.#clocks.delete(key);
    this.#clocks.set(key, time);
    if (this.#clocks.size <= MAX_CLOCKS) return;
    const [oldest = ""] = this.#clocks.keys();
    this.#clocks.delete(oldest);
  }
}
