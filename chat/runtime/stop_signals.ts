/**
 * Signals that ask the process to stop.
 *
 * @module
 */

import { readSync } from "node:fs";
import type { Timers } from "./timers.ts";

/**
 * Signals within this time of the first are the same request, in milliseconds. Under `deno task`
 * Ctrl-C reaches the server twice: from the terminal, and forwarded by the task. A terminal that is
 * closed sends SIGHUP through its shell, through the task, and itself.
 */
const SAME_REQUEST_MS = 1000;

/** Distinguishes the first request to stop from its echoes and from a later, second request. */
export class StopSignals {
  #first: number | undefined;

  /**
   * Decides what a signal that has come does: to drain and exit, to exit at once, or nothing new.
   *
   * @param now milliseconds of a monotonic clock
   */
  receive(now: number): "drain" | "exit" | "none" {
    if (this.#first === undefined) {
      this.#first = now;
      return "drain";
    }
    return now - this.#first < SAME_REQUEST_MS ? "none" : "exit";
  }
}

/** Calls the callbacks at these signals. Under `nohup` SIGHUP is ignored. */
export function onStopSignals(
  signals: readonly Deno.Signal[],
  timers: Timers,
  { drain, exit }: { drain(signal: Deno.Signal): void; exit(): void },
): void {
  const stopSignals = new StopSignals();
  for (const signal of signals) {
    const isIgnored = signal === "SIGHUP" && isUnderNohup();
    listen(signal, () => {
      const action = isIgnored ? "none" : stopSignals.receive(timers.now);
      if (action === "exit") exit();
      if (action === "drain") drain(signal);
    });
  }
}

function listen(signal: Deno.Signal, listener: () => void): void {
  try {
    Deno.addSignalListener(signal, listener);
  } catch {
    // Windows has no SIGTERM, and a hosted runtime may have no signals.
  }
}

/**
 * Whether `nohup` started the process, which must then outlive its terminal. A process can't see
 * that SIGHUP is ignored, and a listener for SIGHUP, or `deno task`, ends the ignoring. But GNU's
 * `nohup` also replaces standard input by one that can't be read.
 */
function isUnderNohup(): boolean {
  try {
    // With a position, so that it fails at a terminal or a pipe instead of waiting for input.
    readSync(0, new Uint8Array(1), 0, 1, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EBADF";
  }
}
