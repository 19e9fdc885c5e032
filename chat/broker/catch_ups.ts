/**
 * Catching up with other instances, for many who need it at once.
 *
 * @module
 */

/** Shares one call among all who came before it began. */
export class CatchUps {
  readonly #catchUp: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(catchUp: () => Promise<void>) {
    this.#catchUp = catchUp;
  }

  /** Resolves after a call that began after this one. */
  run(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    const next = () => {
      this.#next = undefined;
      return this.#start();
    };
    return this.#next ??= this.#running.then(next, next);
  }

  #start(): Promise<void> {
    return this.#running = this.#catchUp().finally(() => this.#running = undefined);
  }
}
