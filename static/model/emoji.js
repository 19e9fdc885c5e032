/**
 * Emoji as users type them. Pure.
 *
 * @module
 */

import { charactersOf } from "./text.js";

/** More UTF-16 units than any emoji has. */
const MAX_LENGTH = 64;
const PICTURE = /\p{Extended_Pictographic}|\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3/u;
/** Characters that are shown as text without U+FE0F, and take no skin tone. */
const TEXT_EMOJI = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu;
/** Missing in Chrome before 112, Firefox before 116 and Safari before 17. */
const RGI = "unicodeSets" in RegExp.prototype ? new RegExp("^\\p{RGI_Emoji}$", "v") : undefined;

/**
 * Returns true if a text is one emoji, as far as the browser can tell: the server decides.
 *
 * @param {string} text
 * @returns {boolean}
 */
export function isEmoji(text) {
  if (text === "" || text.length > MAX_LENGTH) return false;
  if (RGI === undefined) return PICTURE.test(text) && [...charactersOf(text)].length === 1;
  return RGI.test(text.replace(/\ufe0f/g, "").replace(TEXT_EMOJI, "$&\ufe0f"));
}
