/**
 * Handler for errors that no other code catches, in the program or in the runtime.
 *
 * @module
 */

import type { Logger } from "./logger.ts";

/** Logs uncaught errors from now on, and keeps them from ending the process. */
export function logUncaughtErrors(logger: Logger): void {
  const log = (event: Event, cause: unknown): void => {
    event.preventDefault();
    const error = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    logger("error", "uncaught", { error });
  };
  addEventListener("error", (event) => log(event, event.error));
  addEventListener("unhandledrejection", (event) => log(event, event.reason));
}
