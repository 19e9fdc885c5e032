/**
 * Lines written where nobody may be reading: on a full disk, a closed or a blocked pipe.
 *
 * @module
 */

/** Where lines go, such as `Deno.stdout`. */
export interface Sink {
  /** Writes some of the bytes, and returns how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Lines that may wait. A thousand of the log's take about 200 KB. */
const MAX_WAITING = 1000;

/** Writes lines in their order. What can't be written is left out, and nobody waits for it. */
export class LineWriter {
  readonly #sink: Sink;
  readonly #encoder = new TextEncoder();
  #waiting = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Resolves when all lines so far are written, or could not be. */
  get written(): Promise<void> {
    return this.#written;
  }

  write(line: string): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    this.#written = this.#written.then(() => this.#writeAll(`${line}\n`));
  }

  async #writeAll(text: string): Promise<void> {
    try {
      for (let rest = this.#encoder.encode(text); rest.length > 0;) {
        rest = rest.subarray(await this.#sink.write(rest));
      }
    } catch {
      // There is nowhere left to complain.
    }
    this.#waiting--;
  }
}
