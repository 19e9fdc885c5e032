/// <reference lib="dom" />

/**
 * The text of a message: links, `code`, fenced code and mentions of the reader. `tokenize` is pure;
 * `formatText` makes nodes, from text only, never from markup.
 *
 * @module
 */

import { element } from "./dom.js";
import { mentionPattern } from "./mentions.js";

/**
 * @typedef {{ type: "text", text: string }
 *   | { type: "mention", text: string }
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
 * @param {string} [reader] the name whose mentions are found
 * @returns {Token[]}
 */
export function tokenize(text, reader = "") {
  // Most texts speak to nobody.
  const mention = reader !== "" && text.includes("@") ? mentionPattern(reader) : undefined;
  // split() with one group gives what is outside at even places and what is inside at odd ones.
  return text.split(FENCE).flatMap((part, index) => {
    if (index % 2 === 0) return tokenizeInline(part, mention);
    return part === "" ? [] : [{ type: "fence", text: part }];
  });
}

/**
 * @param {string} text
 * @param {RegExp | undefined} mention
 * @returns {Token[]}
 */
function tokenizeInline(text, mention) {
  /** @type {Token[]} */
  const tokens = [];
  let end = 0;
  /** @param {number} until */
  const flush = (until) => {
    if (until > end) tokens.push(...tokenizeMentions(text.slice(end, until), mention));
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
 * @param {string} text
 * @param {RegExp | undefined} mention
 * @returns {Token[]}
 */
function tokenizeMentions(text, mention) {
  if (mention === undefined) return [{ type: "text", text }];
  /** @type {Token[]} */
  const tokens = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(mention)) {
    if (index > end) tokens.push({ type: "text", text: text.slice(end, index) });
    tokens.push({ type: "mention", text: match });
    end = index + match.length;
  }
  if (end < text.length) tokens.push({ type: "text", text: text.slice(end) });
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
 * @param {string} reader the name whose mentions are marked
 * @returns {DocumentFragment}
 */
export function formatText(text, reader) {
  const fragment = document.createDocumentFragment();
  fragment.append(...tokenize(text, reader).map(nodeOf));
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
    case "mention":
      return element("mark", { textContent: text });
    case "code":
      return element("code", { textContent: text });
    case "link":
      return element("a", {
        href: text,
        rel: "noopener noreferrer nofollow",
        target: "_blank",
        textContent: text,
      });
    case "fence":
      return element(
        "div",
        { className: "fence" },
        // Long lines scroll, by keyboard too.
        element("pre", { tabIndex: 0, dir: "ltr" }, element("code", { textContent: text })),
        element("button", { type: "button", className: "copy", textContent: "Copy code" }),
      );
  }
}
