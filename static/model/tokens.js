/**
 * Tokenizer of message texts: plain text, code and links. Takes time linear in the length of the
 * text: it reads each character a bounded number of times. Pure.
 *
 * @module
 */

import { mailAround, roomAt, urlAt } from "./links.js";
import { isBlank } from "./text.js";

/**
 * A piece of a text, with its text as it is shown.
 *
 * @typedef {{ type: "text", text: string }
 *   | { type: "mention", text: string }
 *   | { type: "link", text: string, href: string }
 *   | { type: "room", text: string, room: string }
 *   | { type: "code", text: string }
 *   | { type: "fence", text: string, language: string }} Token
 */

const FENCE = "```";
/** One word that ends the line of the opening fence: js, c++, c#, asp.net, objective-c. */
const LANGUAGE = /^([\w+#./-]{1,32})[^\S\n]*\n/;
/** The characters with which a token other than plain text can begin. */
const START = /`|https?:\/\/|www\.|@|#/gi;
const CODE = /`([^`\n]+)`/y;

/**
 * Cuts a text into pieces. Together they show all that is visible of it.
 *
 * @param {string} text
 * @returns {Token[]}
 */
export function tokenize(text) {
  /** @type {Token[]} */
  const tokens = [];
  let end = 0;
  let searched = 0;
  for (;;) {
    const open = text.indexOf(FENCE, searched);
    const close = open === -1 ? -1 : text.indexOf(FENCE, open + FENCE.length);
    if (close === -1) break;
    searched = close + FENCE.length;
    const fence = parseFence(text.slice(open + FENCE.length, close));
    // An empty fence is shown as it was written.
    if (fence === undefined) continue;
    // The line breaks around a fence belong to it, since it is a block of its own.
    const start = open > end && text[open - 1] === "\n" ? open - 1 : open;
    tokenizeInline(text.slice(end, start), tokens);
    tokens.push(fence);
    end = text[searched] === "\n" ? searched + 1 : searched;
    searched = end;
  }
  tokenizeInline(text.slice(end), tokens);
  return tokens;
}

/**
 * @param {string} inside what stands between two fences
 * @returns {Token | undefined}
 */
function parseFence(inside) {
  if (isBlank(inside)) return undefined;
  const [line = "", language = ""] = LANGUAGE.exec(inside) ?? [];
  const body = inside.slice(line.length);
  // A single word is the code, not its language.
  if (isBlank(body)) return { type: "fence", text: language, language: "" };
  const code = line === "" && body.startsWith("\n") ? body.slice(1) : body;
  return { type: "fence", text: code.endsWith("\n") ? code.slice(0, -1) : code, language };
}

/**
 * Text without fences.
 *
 * @param {string} text
 * @param {Token[]} tokens to which the pieces are added
 */
function tokenizeInline(text, tokens) {
  let end = 0;
  /** @param {number} until */
  const flush = (until) => {
    if (until > end) tokens.push({ type: "text", text: text.slice(end, until) });
  };
  /**
   * @param {{ start: number, end: number }} place
   * @param {Token} token
   */
  const add = (place, token) => {
    flush(place.start);
    tokens.push(token);
    end = place.end;
    START.lastIndex = end;
  };
  START.lastIndex = 0;
  for (let found = START.exec(text); found !== null; found = START.exec(text)) {
    const { 0: mark, index } = found;
    if (mark === "`") {
      CODE.lastIndex = index;
      const [match, code] = CODE.exec(text) ?? [];
      if (match === undefined || code === undefined || isBlank(code)) continue;
      add({ start: index, end: index + match.length }, { type: "code", text: code });
    } else if (mark === "@") {
      const mail = mailAround(text, index, end);
      if (mail !== undefined) add(mail, linkToken(text, mail));
    } else if (mark === "#") {
      const room = roomAt(text, index);
      if (room === undefined) continue;
      add(room, { type: "room", text: text.slice(index, room.end), room: room.href });
    } else {
      // The end of a word, of another scheme, or of a host.
      if (/[\w@]/.test(text.charAt(index - 1)) || isInHost(mark, text.charAt(index - 1))) continue;
      const url = urlAt(text, index);
      if (url.href !== "") add(url, linkToken(text, url));
      else START.lastIndex = Math.max(START.lastIndex, url.end);
    }
  }
  flush(text.length);
}

/**
 * @param {string} mark
 * @param {string} before
 */
function isInHost(mark, before) {
  return /^www/i.test(mark) && /[./-]/.test(before);
}

/**
 * @param {string} text
 * @param {import("./links.js").Link} link
 * @returns {Token}
 */
function linkToken(text, { start, end, href }) {
  return { type: "link", text: text.slice(start, end), href };
}
