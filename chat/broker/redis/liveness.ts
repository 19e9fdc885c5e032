/**
 * Liveness of a connection: a clock that stands still with the event loop, PINGs, and silence.
 *
 * @module
 */

/** The interval of ticks, in milliseconds. */
export const TICK_MS = 100;

/** Times of a {@linkcode Liveness}, in milliseconds. */
export interface LivenessOptions {
  /** After how long without a byte an idle connection is pinged. */
  readonly pingMs: number;
  /** After how long without a byte a connection is given up while a reply is awaited. */
  readonly silenceMs: number;
}

/** Counts the time in which the event loop has run. */
export class RunningClock {
  #last: number;
  #now = 0;

  constructor(now: number) {
    this.#last = now;
  }

  get now(): number {
    return this.#now;
  }

  /**
   * To be called each {@linkcode TICK_MS}. Returns the time since the last call, without that in which
   * the event loop was blocked or the process was stopped: replies that came meanwhile are unread.
   */
  tick(now: number): number {
    const elapsedMs = Math.min(now - this.#last, 2 * TICK_MS);
    this.#last = now;
    this.#now += elapsedMs;
    return elapsedMs;
  }
}

/** Decides when a connection is to be pinged, and when it is dead. */
export class Liveness {
  readonly #options: LivenessOptions;
  /** The time without a byte, and the part of it in which a reply was awaited. */
  #quietMs = 0;
  #waitedMs = 0;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** Bytes have come. */
  heard(): void {
    this.#quietMs = 0;
    this.#waitedMs = 0;
  }

  /** Time has passed. */
  tick(elapsedMs: number, isWaiting: boolean): "alive" | "ping" | "silent" {
    this.#quietMs += elapsedMs;
    this.#waitedMs = isWaiting ? this.#waitedMs + elapsedMs : 0;
    if (this.#waitedMs > this.#options.silenceMs) return "silent";
    return !isWaiting && this.#quietMs >= this.#options.pingMs ? "ping" : "alive";
  }
}
