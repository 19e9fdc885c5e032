/// <reference lib="dom" />

/**
 * Quote above a message that answers another: one line, which leads to that message.
 *
 * @module
 */

/** @import { Quote } from "../model/quotes.js" */
import { element } from "./dom.js";
import { plainText } from "../model/plain_text.js";
import { cutText } from "../model/text.js";

/** The UTF-16 units of a text in a quote, more than fit into a line. */
const MAX_TEXT = 160;

/**
 * @param {string} id of the answered message, as the server has it
 * @param {Quote | null | undefined} quote null: it is not there any more; undefined: not known yet
 * @returns {HTMLButtonElement}
 */
export function createQuote(id, quote) {
  const button = element("button", { type: "button", className: "quote" }, ...partsOf(quote));
  button.dataset["quote"] = id;
  if (quote === undefined) button.classList.add("wanted");
  return button;
}

/**
 * The author and the beginning of the text of a message, in one line.
 *
 * @param {Quote | null | undefined} quote
 * @returns {HTMLElement[]}
 */
export function partsOf(quote) {
  if (quote === undefined) return [note("An older message")];
  if (quote === null) return [note("A message that is not there any more")];
  if (quote.deleted === true) return [note("Message deleted")];
  if (quote.isIgnored === true) return [note("A message of somebody whom you ignore")];
  const name = element("bdi", { className: "author", textContent: `${quote.user.name}: ` });
  // One character more than is shown, so that the cut has its mark.
  const line = plainText(quote.text.slice(0, 4 * MAX_TEXT)).replace(/\s+/g, " ").trim();
  return [name, element("bdi", { className: "gist", textContent: cutText(line, MAX_TEXT) })];
}

/** @param {string} text */
function note(text) {
  return element("em", { className: "nothing", textContent: text });
}
