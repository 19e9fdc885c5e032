/**
 * Random texts that can't be guessed and are unique.
 *
 * @module
 */

/** 160 bits. */
const BYTES = 20;

/**
 * Makes a text. Unlike `crypto.randomUUID()` this also works on pages that were loaded over http.
 *
 * @returns {string}
 */
export function randomText() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
