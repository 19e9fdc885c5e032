/**
 * Semaphore: a bound on how many tasks run at a time.
 *
 * @module
 */

/** Runs some tasks at a time; the others wait, in their order. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param permits the tasks that may run at a time */
  constructor(permits: number) {
    this.#free = permits;
  }

  /** Runs a task as soon as it may run. Returns its result. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
