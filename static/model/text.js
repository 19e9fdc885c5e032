/**
 * Text by visible characters: blank texts, lines, and cuts between characters. Pure. All functions
 * take time linear in the length of the text.
 *
 * @module
 */

const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Letters of scripts that are written without spaces between words, and of Korean, whose particles
 * follow a name without one: between them a word may end anywhere.
 */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u;
const WORD = /[\p{L}\p{N}\p{M}_]/u;
/** Characters that change the one before them, so that no word ends between the two. */
const JOINS_PREVIOUS = /[\p{M}\p{Emoji_Modifier}\u200c\u200d]/u;

/** A base with its marks, and emoji that are joined to one, where Intl.Segmenter is missing. */
const CLUSTER =
  /\p{RI}\p{RI}|\P{M}[\p{M}\p{Emoji_Modifier}]*(?:\u200d\P{M}[\p{M}\p{Emoji_Modifier}]*)*|\p{M}+/gsu;

/**
 * Whether a text has no visible character.
 *
 * @param {string} text
 * @returns {boolean}
 */
export function isBlank(text) {
  return !VISIBLE.test(text);
}

/**
 * A text without the blank lines at its start and the white space at its end.
 *
 * @param {string} text
 * @returns {string}
 */
export function trimLines(text) {
  // Anchored, so that each character is looked at once.
  return text.replace(/^(?:[^\S\n]*\n)+/u, "").trimEnd();
}

/**
 * Whether a text may take more than 20 lines, where a line holds 20 characters at least.
 *
 * @param {string} text
 * @returns {boolean}
 */
export function isLong(text) {
  // A fence has space around it.
  return text.length / 20 + text.split("\n").length > 18;
}

/**
 * A text as it is sent: well-formed, without the control characters that the server removes, and
 * without blank lines at its ends.
 *
 * @param {string} text
 * @returns {string}
 */
export function cleanText(text) {
  const wellFormed = text.replace(/\p{Cs}/gu, "\ufffd");
  return trimLines(wellFormed.replace(/(?![\n\t])\p{Cc}/gu, ""));
}

/**
 * The characters of a text as readers count them: 🇩🇪, 👩‍💻 and e with an accent are one each. An
 * iterator, so that the cost is that of the characters which are taken.
 *
 * @param {string} text
 * @returns {Generator<string, void>}
 */
export function* charactersOf(text) {
  // Missing in Firefox before 125.
  if ("Segmenter" in Intl) {
    for (const { segment } of new Intl.Segmenter().segment(text)) yield segment;
  } else {
    for (const [cluster] of text.matchAll(CLUSTER)) yield cluster;
  }
}

/**
 * The beginning of a text, in whole characters, with "…" where something was left out.
 *
 * @param {string} text
 * @param {number} limit in UTF-16 units
 * @returns {string}
 */
export function cutText(text, limit) {
  if (text.length <= limit) return text;
  let cut = "";
  // One character more than can fit is enough to see where the last one ends.
  for (const character of charactersOf(text.slice(0, 2 * limit))) {
    if (cut.length + character.length >= limit) break;
    cut += character;
  }
  return `${cut.trimEnd()}…`;
}

/**
 * Whether no word goes on between two neighbouring characters, either of which may be missing
 * (""). Between letters of scripts without spaces a word may end anywhere.
 *
 * @param {string} before
 * @param {string} after
 * @returns {boolean}
 */
export function isBoundary(before, after) {
  if (before === "" || after === "") return true;
  if (JOINS_PREVIOUS.test(after)) return false;
  return !WORD.test(before) || !WORD.test(after) || isUnspaced(before, after);
}

/**
 * Returns true if one of two neighbouring characters is a letter of a script without spaces.
 *
 * @param {string} before
 * @param {string} after
 * @returns {boolean}
 */
export function isUnspaced(before, after) {
  return UNSPACED.test(before) || UNSPACED.test(after);
}

/**
 * The code point that ends before an index, or "".
 *
 * @param {string} text
 * @param {number} index
 * @returns {string}
 */
export function characterBefore(text, index) {
  const last = text.charAt(index - 1);
  const isTrail = last >= "\udc00" && last <= "\udfff" && index > 1;
  return isTrail ? text.slice(index - 2, index) : last;
}

/**
 * The code point that starts at an index, or "".
 *
 * @param {string} text
 * @param {number} index
 * @returns {string}
 */
export function characterAt(text, index) {
  const code = text.codePointAt(index);
  return code === undefined ? "" : String.fromCodePoint(code);
}
