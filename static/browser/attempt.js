/// <reference lib="dom" />

/**
 * Runs a function whose failure must not stop other parts of the page. An error is reported like an
 * uncaught one.
 *
 * @template Result
 * @param {() => Result} run
 * @returns {Result | undefined} undefined if it threw
 */
export function attempt(run) {
  try {
    return run();
  } catch (error) {
    reportError(error);
    return undefined;
  }
}
