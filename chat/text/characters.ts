/**
 * Invisible characters, and lengths in code points.
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
  for (const _ of text) {
    if (++count > max) return true;
  }
  return false;
}
