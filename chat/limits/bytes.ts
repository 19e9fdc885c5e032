/**
 * The size of strings, in memory and on the wire.
 *
 * @module
 */

// deno-lint-ignore no-control-regex
const BEYOND_LATIN1 = /[^\u0000-\u00FF]/;

/**
 * The bytes that V8 keeps for the characters of a string: one for each UTF-16 unit, or two if any of
 * them is beyond Latin-1. One character can so double the size of a long text.
 */
export function charBytes(text: string): number {
  return BEYOND_LATIN1.test(text) ? 2 * text.length : text.length;
}

/** Whether `text` has more than `maxBytes` bytes as UTF-8. Encodes nothing. */
export function exceedsBytes(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (text.length * 3 <= maxBytes) return false;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair counts two of the pair's four bytes. A text frame has no lone ones.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes > maxBytes;
}
