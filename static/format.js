/// <reference lib="dom" />

/**
 * The text of a message: links, `code` and fenced code. `tokenize` is pure; `formatText` makes
 * nodes, from text only, never from markup.
 *
 * @module
 */

/**
 * @typedef {{ type: "text", text: string }
 *   | { type: "link", text: string }
 *   | { type: "code", text: string }
 *   | { type: "fence", text: string }} Token
 */

/** The line breaks around a fence belong to it, since it is a block of its own. */
const FENCE = /\n?```(?:[\w+-]*\n)?(.*?)\n?```\n?/su;
/** Without the characters that could turn the direction of what is shown. */
const INLINE = /`([^`\n]+)`|(?<!\w)https?:\/\/[^\s<>"`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;

/**
 * Cuts a text into pieces whose texts are to be shown as they are.
 *
 * @param {string} text
 * @returns {Token[]}
 */
export function tokenize(text) {
  // split() with one group gives what is outside at even places and what is inside at odd ones.
  return text.split(FENCE).flatMap((part, index) => {
    if (index % 2 === 0) return tokenizeInline(part);
    return part === "" ? [] : [{ type: "fence", text: part }];
  });
}

/**
 * @param {string} text
 * @returns {Token[]}
 */
function tokenizeInline(text) {
  /** @type {Token[]} */
  const tokens = [];
  let end = 0;
  /** @param {number} until */
  const flush = (until) => {
    if (until > end) tokens.push({ type: "text", text: text.slice(end, until) });
  };
  for (const { 0: match, 1: code, index } of text.matchAll(INLINE)) {
    if (code !== undefined) {
      flush(index);
      tokens.push({ type: "code", text: code });
      end = index + match.length;
      continue;
    }
    const url = trimUrl(match);
    if (!URL.canParse(url)) continue;
    flush(index);
    tokens.push({ type: "link", text: url });
    end = index + url.length;
  }
  flush(text.length);
  return tokens;
}

/**
 * Punctuation at the end belongs to the sentence, and so does a bracket that the URL never opened.
 *
 * @param {string} url
 * @returns {string}
 */
function trimUrl(url) {
  let end = url.length;
  while (end > 0) {
    const last = url.charAt(end - 1);
    const opened = last === ")" &&
      url.slice(0, end).split("(").length >= url.slice(0, end).split(")").length;
    if (opened || !/[.,;:!?'"*_~)\]}]/u.test(last)) break;
    end--;
  }
  return url.slice(0, end);
}

/**
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function formatText(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(...tokenize(text).map(nodeOf));
  return fragment;
}

/**
 * @param {Token} token
 * @returns {Node}
 */
function nodeOf({ type, text }) {
  switch (type) {
    case "text":
      return document.createTextNode(text);
    case "link": {
      const link = document.createElement("a");
      link.href = text;
      link.rel = "noopener noreferrer nofollow";
      link.target = "_blank";
      link.textContent = text;
      return link;
    }
    case "code": {
      const code = document.createElement("code");
      code.textContent = text;
      return code;
    }
    case "fence": {
      const block = document.createElement("pre");
      const code = document.createElement("code");
      code.textContent = text;
      block.append(code);
      return block;
    }
  }
}
