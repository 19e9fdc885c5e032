/// <reference lib="dom" />

/**
 * Runs a part of the page whose failure must stop no other part: what it throws is reported, as an
 * error that nobody caught is.
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
