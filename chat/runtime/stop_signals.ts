/**
 * Signals that ask the process to stop.
 *
 * @module
 */

/** The effect of a signal: to drain and exit, to exit at once, or nothing new. */
export type Stop = "drain" | "exit" | "none";

/**
 * Signals within this time of the first are the same request, in milliseconds. Ctrl-C reaches the
 * server twice under `deno task`: from the terminal, and forwarded by the task. A terminal that is
 * closed sends SIGHUP through its shell, through the task, and itself.
 */
const SAME_REQUEST_MS = 1000;

/** Tells the request to drain from its echoes, and from an impatient second one. */
export class StopSignals {
  #first: number | undefined;

  /** @param now milliseconds of a clock that is never set back */
  judge(now: number): Stop {
    if (this.#first === undefined) {
      this.#first = now;
      return "drain";
    }
    return now - this.#first < SAME_REQUEST_MS ? "none" : "exit";
  }
}
