/**
 * Message texts, and what all texts share: invisible characters, and lengths.
 *
 * @module
 */

/** A normalised value, or why it was refused. */
export type Checked =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string };

/**
 * Characters without a visible glyph, for a character class of a regular expression with the flag
 * `u` or `v`: zero-width and bidi characters, fillers, variation selectors, tags, noncharacters,
 * interlinear annotations, the object replacement character (U+FFFC), the blank Braille pattern
 * (U+2800), controls and blanks among Egyptian hieroglyphs, the Khitan filler (U+16FE4), and the
 * musical null notehead (U+1D159).
 *
 * Unicode's properties name most of them. The others were found by a search for glyphs without an
 * outline in the Noto fonts (2020, 1,800 files) and Symbola, and by their names in Unicode 17.
 * White space is not among them.
 */
export const INVISIBLE = String.raw`\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}` +
  String.raw`\u2800\uFFF9-\uFFFC\u{13430}-\u{13442}\u{16FE4}\u{1D159}`;

/**
 * Signs that join the letters around them, and are invisible without a letter behind them, for a
 * character class: those of Tulu-Tigalari, Masaram Gondi, Gunjala Gondi and Kawi.
 */
export const INVISIBLE_JOINING_SIGNS = String.raw`\u{113D0}\u{11D45}\u{11D97}\u{11F42}`;

/** Whether `text` has more than `max` code points. */
export function exceedsCodePoints(text: string, max: number): boolean {
  if (text.length <= max) return false;
  let count = 0;
  for (const _ of text) if (++count > max) return true;
  return false;
}

// deno-lint-ignore no-control-regex
const BEYOND_LATIN1 = /[^\u0000-\u00FF]/;

/**
 * The bytes that V8 needs for the characters of a string: one for each UTF-16 unit, or two if any of
 * them is beyond Latin-1. One character can double the size of a long text.
 */
export function charBytes(text: string): number {
  return BEYOND_LATIN1.test(text) ? 2 * text.length : text.length;
}

// C0 without \t and \n, DEL, and C1.
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

const VISIBLE = new RegExp(`[^\\p{White_Space}${INVISIBLE}${INVISIBLE_JOINING_SIGNS}]`, "u");

/**
 * Checks the text of a message, and normalises it: well-formed, without control characters other
 * than newline and tab. It must have a visible character. Takes time linear in the text's length.
 *
 * @param maxLength in code points
 */
export function checkText(text: string, maxLength: number): Checked {
  const value = text.replace(CONTROLS, "").toWellFormed();
  if (!VISIBLE.test(value)) {
    return { ok: false, message: '"text" must have a visible character' };
  }
  if (exceedsCodePoints(value, maxLength)) {
    return { ok: false, message: `"text" must be at most ${maxLength} characters` };
  }
  return { ok: true, value };
}
