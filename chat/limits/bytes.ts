/**
 * Size of strings in memory.
 *
 * @module
 */

// deno-lint-ignore no-control-regex
const BEYOND_LATIN1 = /[^\u0000-\u00FF]/;

/**
 * The bytes that V8 needs for the characters of a string: one for each UTF-16 unit, or two if any of
 * them is beyond Latin-1. One character can double the size of a long text.
 */
export function charBytes(text: string): number {
  return BEYOND_LATIN1.test(text) ? 2 * text.length : text.length;
}
