/// <reference lib="dom" />

/**
 * Formatting of message texts as nodes, which are made from text, never from markup.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Token } from "../model/tokens.js" */
import { element } from "./dom.js";
import { markMentions } from "../model/mentions.js";
import { hrefOfRoom } from "../browser/location.js";
import { isBlank, trimLines } from "../model/text.js";
import { tokenize } from "../model/tokens.js";

/**
 * The text that is shown: without the blank lines at its ends, but never empty.
 *
 * @param {string} text
 * @param {string} reader the name whose mentions are marked; "": none
 * @param {readonly User[]} members of the room
 * @returns {DocumentFragment}
 */
export function formatText(text, reader, members) {
  const fragment = document.createDocumentFragment();
  if (isBlank(text)) {
    fragment.append(element("em", { className: "nothing", textContent: "(invisible characters)" }));
    return fragment;
  }
  fragment.append(...markMentions(tokenize(trimLines(text)), reader, members).map(nodeOf));
  return fragment;
}

/**
 * @param {Token} token
 * @returns {Node}
 */
function nodeOf(token) {
  switch (token.type) {
    case "text":
      return document.createTextNode(token.text);
    case "mention":
      return element("mark", { textContent: token.text });
    case "code":
      return marked("`", element("code", { textContent: token.text }));
    case "room":
      return element("a", { href: hrefOfRoom(token.room), textContent: token.text });
    case "link":
      return link(token.text, token.href);
    case "fence":
      return fence(token.text, token.language);
    case "em":
    case "strong":
    case "s":
      return marked(token.mark, element(token.type, {}, ...token.tokens.map(nodeOf)));
    case "quote":
      return element("blockquote", { dir: "auto" }, ...token.tokens.map(nodeOf));
    case "list": {
      const items = token.items.map((item) => element("li", {}, ...item.map(nodeOf)));
      return element("ul", { dir: "auto" }, ...items);
    }
  }
}

/**
 * An element that knows how it was written, for view/copy.js.
 *
 * @param {string} mark
 * @param {HTMLElement} node
 */
function marked(mark, node) {
  node.dataset["mark"] = mark;
  return node;
}

/**
 * @param {string} text
 * @param {string} href
 */
function link(text, href) {
  const anchor = element("a", { href, rel: "noopener noreferrer nofollow", textContent: text });
  // A mail program needs no tab.
  if (!href.startsWith("mailto:")) anchor.target = "_blank";
  return anchor;
}

/**
 * @param {string} text
 * @param {string} language "" if none is named
 */
function fence(text, language) {
  const name = language === ""
    ? []
    : [element("span", { className: "language", textContent: language })];
  const block = element(
    "div",
    { className: "fence" },
    element(
      "div",
      { className: language === "" ? "fence-bar bare" : "fence-bar", dir: "ltr" },
      ...name,
      element("button", { type: "button", className: "copy", textContent: "Copy code" }),
    ),
    // So that the keyboard can scroll long lines.
    element("pre", { tabIndex: 0, dir: "ltr" }, element("code", { textContent: text })),
  );
  block.dataset["language"] = language;
  return block;
}
