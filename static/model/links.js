/**
 * Links in a text: URLs, bare `www.` hosts, mail addresses and `#room`. Pure.
 *
 * @module
 */

import { parseRoom } from "./names.js";
import { characterAt, characterBefore, isBoundary } from "./text.js";

/**
 * A link in a text. Its text ends before the index `end`.
 *
 * @typedef {{ start: number, end: number, href: string }} Link
 */

/**
 * Characters that end a URL: white space, quotes, controls, the characters that set the direction
 * of text, and the brackets and punctuation of texts without spaces.
 */
const ENDS_URL =
  /[\s\p{Cc}<>"`\u200e\u200f\u202a-\u202e\u2066-\u2069«»‹›“”„‟「-】〔-〟、。〈-》！（），：；？［］｛｝｟｠｡-､]/u;
/** Punctuation that belongs to the sentence when it stands at the end of a URL. */
const SENTENCE = /[.,;:!?'*…‘’‚·・〜～－＊＇．｜＞＜＂＝]/u;
/** @type {Readonly<Record<string, string>>} */
const OPENING = { ")": "(", "]": "[", "}": "{" };

/** RFC 5321, 4.5.3.1: lengths in bytes, and these are ASCII. */
const MAX_LOCAL_PART = 64;
const MAX_DOMAIN = 255;
const LOCAL_PART = /[\w.%+'-]/;
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z]$/i;
const HOST_WITH_DOT = /^www\.[^\s.:/?#@]+\.[^\s.:/?#@]/iu;

/** The longest name of a room. */
const MAX_ROOM = 64;
const AFTER_HASH = /[a-z\d_-]{0,65}/iy;

/**
 * The URL that begins at an index, where a scheme or "www." stands. `href` is "" if it is no valid
 * URL; the text up to `end` holds no link then.
 *
 * @param {string} text
 * @param {number} start
 * @returns {Link}
 */
export function urlAt(text, start) {
  const end = endOfUrl(text, start);
  const written = text.slice(start, end);
  if (!/^www/i.test(written)) return { start, end, href: isUrl(written) ? written : "" };
  const href = `https://${written}`;
  return { start, end, href: HOST_WITH_DOT.test(written) && isUrl(href) ? href : "" };
}

/**
 * The end of a URL: before a bracket that it did not open, and without the punctuation at its end.
 *
 * @param {string} text
 * @param {number} start
 * @returns {number}
 */
function endOfUrl(text, start) {
  /** The open brackets of each kind. @type {Record<string, number>} */
  const open = { "(": 0, "[": 0, "{": 0 };
  /** The index after the last character with which the URL can end. */
  let end = start;
  for (let index = start; index < text.length; index++) {
    const character = text.charAt(index);
    const opening = OPENING[character];
    if (opening !== undefined) {
      const count = open[opening] ?? 0;
      if (count === 0) break;
      open[opening] = count - 1;
    } else if (character in open) {
      open[character] = (open[character] ?? 0) + 1;
      continue;
    } else if (ENDS_URL.test(character)) break;
    else if (SENTENCE.test(character)) continue;
    end = index + 1;
  }
  return end;
}

/** @param {string} url */
function isUrl(url) {
  try {
    // URL.canParse() is missing in Safari before 17.
    return new URL(url).hostname !== "";
  } catch {
    return false;
  }
}

/**
 * The mail address around an "@", or undefined.
 *
 * @param {string} text
 * @param {number} at
 * @param {number} from it begins at this index or later
 * @returns {Link | undefined}
 */
export function mailAround(text, at, from) {
  let start = at;
  const earliest = Math.max(from, at - MAX_LOCAL_PART - 1);
  while (start > earliest && LOCAL_PART.test(text.charAt(start - 1))) start--;
  while (start < at && !/\w/.test(text.charAt(start))) start++;
  if (start === at || at - start > MAX_LOCAL_PART || text.charAt(at - 1) === ".") return undefined;
  const before = characterBefore(text, start);
  if (before === "@" || !isBoundary(before, text.charAt(start))) return undefined;
  let end = at + 1;
  const latest = at + 1 + MAX_DOMAIN;
  while (end < latest && /[a-z\d.-]/i.test(text.charAt(end))) end++;
  while (/[.-]/.test(text.charAt(end - 1))) end--;
  const after = characterAt(text, end);
  if (after === "@" || !isBoundary(text.charAt(end - 1), after)) return undefined;
  if (!DOMAIN.test(text.slice(at + 1, end))) return undefined;
  return { start, end, href: `mailto:${text.slice(start, end)}` };
}

/**
 * The room that is named after a "#", or undefined. `href` is the room's name. Digits alone are a
 * number, not a room.
 *
 * @param {string} text
 * @param {number} start of the "#"
 * @returns {Link | undefined}
 */
export function roomAt(text, start) {
  const before = characterBefore(text, start);
  if (/[@#&/]/.test(before)) return undefined;
  AFTER_HASH.lastIndex = start + 1;
  const [name = ""] = AFTER_HASH.exec(text) ?? [];
  if (name.length > MAX_ROOM || !/[a-z]/i.test(name)) return undefined;
  const room = parseRoom(name);
  const end = start + 1 + name.length;
  if (room === undefined || !isBoundary(before, name.charAt(0))) return undefined;
  const after = characterAt(text, end);
  if (after === "#" || after === "@" || !isBoundary(name.slice(-1), after)) return undefined;
  return { start, end, href: room };
}
