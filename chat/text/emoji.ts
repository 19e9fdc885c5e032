/**
 * Emoji of reactions, in one form each.
 *
 * @module
 */

/** More UTF-16 units than any emoji has: families with skin tones have up to 20. */
const MAX_UNITS = 64;

const VARIATION_SELECTOR = /\uFE0F/g;

/** Characters that are shown as text without U+FE0F, and take no skin tone. */
const TEXT_EMOJI = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gv;

const RGI_EMOJI = /^\p{RGI_Emoji}$/v;

/**
 * The fully qualified form of an emoji that Unicode recommends for interchange (RGI), whatever U+FE0F
 * it is given with; `undefined` if a text is anything else.
 */
export function qualifyEmoji(text: string): string | undefined {
  if (text.length > MAX_UNITS) return undefined;
  const emoji = text.replace(VARIATION_SELECTOR, "").replace(TEXT_EMOJI, "$&\uFE0F");
  return RGI_EMOJI.test(emoji) ? emoji : undefined;
}
