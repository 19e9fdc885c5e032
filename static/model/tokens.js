/**
 * Tokenizer of message texts: fenced code, quotes and lists, and in them what inline.js finds.
 * Takes time linear in the length of the text. Pure.
 *
 * @module
 */

import { tokenizeInline } from "./inline.js";
import { isBlank, trimLines } from "./text.js";

/**
 * A piece of a text, with its text as it is shown. A quote and the items of a list have no blocks in
 * them.
 *
 * @typedef {{ type: "text", text: string }
 *   | { type: "mention", text: string }
 *   | { type: "link", text: string, href: string }
 *   | { type: "room", text: string, room: string }
 *   | { type: "code", text: string }
 *   | { type: "fence", text: string, language: string }
 *   | { type: "em" | "strong" | "s", mark: string, tokens: readonly Token[] }
 *   | { type: "quote", tokens: readonly Token[] }
 *   | { type: "list", items: readonly (readonly Token[])[] }} Token
 */

const FENCE = "```";
/** One word that ends the line of the opening fence: js, c++, c#, asp.net, objective-c. */
const LANGUAGE = /^([\w+#./-]{1,32})[^\S\n]*\n/;
/**
 * The most pieces of a text that is shown by its markup: 4,000 characters could be 1,300 elements, and
 * 20 such messages kept a browser busy for 10 s.
 */
const MAX_PIECES = 400;
const QUOTE = "> ";
const ITEM = "- ";

/**
 * Cuts a text into pieces. Together they show all that is visible of it, but for its markup. A text of
 * too many pieces is one, as it was written.
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
    tokenizeLines(text.slice(end, start), tokens);
    tokens.push(fence);
    end = text[searched] === "\n" ? searched + 1 : searched;
    searched = end;
  }
  tokenizeLines(text.slice(end), tokens);
  return countPieces(tokens) > MAX_PIECES ? [{ type: "text", text }] : tokens;
}

/**
 * @param {readonly Token[]} tokens
 * @returns {number}
 */
function countPieces(tokens) {
  return tokens.reduce((count, token) => {
    if (token.type === "list") return count + countPieces(token.items.flat()) + token.items.length;
    return count + 1 + ("tokens" in token ? countPieces(token.tokens) : 0);
  }, 0);
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
 * Text without fences. The line breaks around a quote or a list belong to it.
 *
 * @param {string} text
 * @param {Token[]} tokens to which the pieces are added
 */
function tokenizeLines(text, tokens) {
  const lines = text.split("\n");
  let start = 0;
  for (let next = 0; next < lines.length;) {
    const end = endOfBlock(lines, next);
    if (end === next) {
      next++;
      continue;
    }
    tokens.push(...tokenizeInline(lines.slice(start, next).join("\n")));
    const block = lines.slice(next, end).map((line) => line.slice(QUOTE.length));
    if (lines[next]?.startsWith(ITEM)) {
      tokens.push({ type: "list", items: block.map(tokenizeInline) });
    } else {
      tokens.push({ type: "quote", tokens: tokenizeInline(trimLines(block.join("\n"))) });
    }
    start = next = end;
  }
  tokens.push(...tokenizeInline(lines.slice(start).join("\n")));
}

/**
 * The end of the quote or the list that begins at a line; the line itself if none does.
 *
 * @param {readonly string[]} lines
 * @param {number} start
 * @returns {number}
 */
function endOfBlock(lines, start) {
  let end = start;
  if (isLineOf(QUOTE, lines[start])) {
    // Within a quote a line can be empty.
    while (lines[end] === ">" || lines[end]?.startsWith(QUOTE)) end++;
  } else while (isLineOf(ITEM, lines[end])) end++;
  return end;
}

/**
 * @param {string} sign
 * @param {string | undefined} line
 */
function isLineOf(sign, line) {
  return line?.startsWith(sign) === true && !isBlank(line.slice(sign.length));
}
