/**
 * Message texts without markup, for notifications and announcements. Pure.
 *
 * @module
 */

/** @import { Token } from "./tokens.js" */
import { cutText } from "./text.js";
import { tokenize } from "./tokens.js";

/** The UTF-16 units of a message that are spoken: half a minute. The rest is in the log. */
const MAX_SPOKEN = 400;

/**
 * A text as it reads where only plain text can be shown: blocks on lines of their own, a quote in
 * quotation marks.
 *
 * @param {string} text
 * @returns {string}
 */
export function plainText(text) {
  return plainOf(tokenize(text));
}

/**
 * The beginning of a text without markup, as it is announced.
 *
 * @param {string} text
 * @returns {string}
 */
export function spokenText(text) {
  return cutText(plainText(text), MAX_SPOKEN);
}

/**
 * @param {readonly Token[]} tokens
 * @returns {string}
 */
function plainOf(tokens) {
  let plain = "";
  let isAfterBlock = false;
  for (const token of tokens) {
    const isBlock = token.type === "fence" || token.type === "quote" || token.type === "list";
    if ((isBlock || isAfterBlock) && plain !== "") plain += "\n";
    isAfterBlock = isBlock;
    if (token.type === "list") plain += token.items.map((item) => `• ${plainOf(item)}`).join("\n");
    else if (token.type === "quote") plain += `“${plainOf(token.tokens)}”`;
    else plain += "tokens" in token ? plainOf(token.tokens) : token.text;
  }
  return plain;
}
