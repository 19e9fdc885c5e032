/**
 * Writer of lines that never waits for a full disk or a closed or blocked pipe.
 *
 * @module
 */

/** The most lines that wait to be written. A thousand lines of the log take about 200 KB. */
const MAX_WAITING = 1000;

/** Writes lines in their order, and drops lines that can't be written. */
export class LineWriter {
  readonly #sink: Pick<typeof Deno.stdout, "write">;
  readonly #encoder = new TextEncoder();
  #waiting = 0;
  /** Resolves when all lines so far are written or dropped. */
  written: Promise<void> = Promise.resolve();

  constructor(sink: Pick<typeof Deno.stdout, "write">) {
    this.#sink = sink;
  }

  /** Writes a line and its end. */
  write(line: string): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    this.written = this.written.then(() => this.#writeAll(`${line}\n`));
  }

  async #writeAll(text: string): Promise<void> {
    try {
      for (let rest = this.#encoder.encode(text); rest.length > 0;) {
        rest = rest.subarray(await this.#sink.write(rest));
      }
    } catch {
      // There is no other place to report it.
    }
    this.#waiting--;
  }
}
