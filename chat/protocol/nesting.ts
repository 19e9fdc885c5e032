/**
 * Nesting of JSON. V8 takes 15 ms and more to parse 32,768 nested arrays, against 0.2 ms for as many
 * bytes of a text.
 *
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** Returns true if arrays and objects are nested in each other more than `max` times. */
export function isNestedDeeper(json: string, max: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (isInString) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) isInString = false;
    } else if (code === QUOTE) {
      isInString = true;
    } else if (OPENING.includes(code)) {
      if (++depth > max) return true;
    } else if (CLOSING.includes(code)) {
      depth--;
    }
  }
  return false;
}
