/**
 * Promises of answers that are still to come, by key.
 *
 * @module
 */

/**
 * @typedef {object} Waiting
 * @property {Promise<any>} promise
 * @property {(answer: any) => void} resolve
 * @property {(error: Error) => void} reject
 */

/** Promises, one for each key. */
export class Promises {
  /** @type {Map<string, Waiting>} */
  #waiting = new Map();

  /**
   * The promise of a key, which is made if there is none.
   *
   * @param {string} key
   * @returns {Promise<any>}
   */
  get(key) {
    const known = this.#waiting.get(key);
    if (known !== undefined) return known.promise;
    /** @type {Partial<Waiting>} */
    const waiting = {};
    waiting.promise = new Promise((resolve, reject) => Object.assign(waiting, { resolve, reject }));
    // A bot that does not await must not end over a refusal, which is an `error` event, too.
    waiting.promise.catch(() => {});
    this.#waiting.set(key, /** @type {Waiting} */ (waiting));
    return waiting.promise;
  }

  /**
   * @param {string} key
   * @param {unknown} answer
   */
  resolve(key, answer) {
    this.#waiting.get(key)?.resolve(answer);
    this.#waiting.delete(key);
  }

  /**
   * @param {string} key
   * @param {Error} error
   */
  reject(key, error) {
    this.#waiting.get(key)?.reject(error);
    this.#waiting.delete(key);
  }

  /** @param {() => Error} makeError */
  rejectAll(makeError) {
    for (const { reject } of this.#waiting.values()) reject(makeError());
    this.#waiting.clear();
  }
}
