/**
 * Turns of the event loop, which long reads share.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Gives each turn of the event loop to one of those that wait, in their order. */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves in a turn that no other one has. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#give());
    return promise;
  }

  #give(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#give());
  }
}
