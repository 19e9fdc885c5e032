/**
 * Cut of a text that is too long for a message.
 *
 * @module
 */

import { exceedsCodePoints } from "../../text/texts.ts";

const ELLIPSIS = "…";
const FENCE = "```";
/** Closes code that was cut. */
const FENCE_END = `\n${FENCE}`;
/** UTF-16 units before the cut in which a whole character is looked for: the longest emoji has 35. */
const MAX_CHARACTER = 64;
/** The longest word that is left out so that no part of a URL becomes a link. */
const MAX_WORD = 2048;

/**
 * The beginning of a well-formed text with "…" at its end, if it has more than `maxLength` code
 * points. It ends between characters as readers see them, in front of a URL that it would cut, and
 * with the end of code that it would cut.
 */
export function cutText(text: string, maxLength: number): string {
  if (!exceedsCodePoints(text, maxLength)) return text;
  const room = maxLength - ELLIPSIS.length;
  const start = cutTo(text, room);
  if (!isInFence(start)) return start + ELLIPSIS;
  const code = cutTo(text, room - FENCE_END.length);
  return code + ELLIPSIS + (isInFence(code) ? FENCE_END : "");
}

/** The beginning, of at most `maxLength` code points. */
function cutTo(text: string, maxLength: number): string {
  const end = endOfCharacters(text, unitsOf(text, maxLength));
  const word = startOfWord(text, end);
  const isCutUrl = word > 0 && /https?:\/\//i.test(text.slice(word, end)) &&
    !/\s/.test(text.charAt(end));
  return text.slice(0, isCutUrl ? word : end).trimEnd();
}

/** The start of the word that reaches to `end`; 0 if it is too long. */
function startOfWord(text: string, end: number): number {
  for (let start = end; end - start < MAX_WORD; start--) {
    if (start === 0 || /\s/.test(text.charAt(start - 1))) return start;
  }
  return 0;
}

/** The UTF-16 units of the first `count` code points. */
function unitsOf(text: string, count: number): number {
  let units = 0;
  for (let i = 0; i < count && units < text.length; i++) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}

/** The last index up to `end` between two characters, each with its marks. */
function endOfCharacters(text: string, end: number): number {
  let start = Math.max(0, end - MAX_CHARACTER);
  if (/[\udc00-\udfff]/.test(text.charAt(start))) start++;
  let last = start;
  for (const { index } of new Intl.Segmenter().segment(text.slice(start, end + MAX_CHARACTER))) {
    if (start + index > end) break;
    last = start + index;
  }
  // A run of marks has no whole character.
  return last === start ? end : last;
}

function isInFence(text: string): boolean {
  return text.split(FENCE).length % 2 === 0;
}
