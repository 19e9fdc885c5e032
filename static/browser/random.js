/**
 * Texts that nobody can guess and that never come twice.
 *
 * @module
 */

/** 160 bits. */
const BYTES = 20;

/**
 * Unlike `crypto.randomUUID()` this is also there where the page came over plain http.
 *
 * @returns {string}
 */
export function randomText() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
