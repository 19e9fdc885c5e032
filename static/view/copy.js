/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Copying of messages: several as lines such as "Ada, 09:31: text", one as its text.
 *
 * @module
 */

import { byId } from "./dom.js";
import { trimLines } from "../model/text.js";

/**
 * Sets the text that copying a selection of messages puts on the clipboard.
 *
 * @returns {void}
 */
export function listenToCopy() {
  const list = byId("rows", HTMLElement);
  document.addEventListener("copy", (event) => {
    const { target, clipboardData } = event;
    const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (isField || clipboardData === null) return;
    const copied = linesOf(selectedMessages(list));
    if (copied === "") return;
    clipboardData.setData("text/plain", copied);
    event.preventDefault();
  });
}

/**
 * @typedef {object} SelectedMessage
 * @property {string} label its author and time, or ""
 * @property {string} text what is selected of it
 */

/**
 * @param {readonly SelectedMessage[]} messages
 * @returns {string}
 */
function linesOf(messages) {
  if (messages.length === 1) return messages[0]?.text ?? "";
  return messages.map(({ label, text }) => label === "" ? text : `${label}: ${text}`).join("\n");
}

/**
 * @param {HTMLElement} list
 * @returns {SelectedMessage[]} those of whose text something is selected
 */
function selectedMessages(list) {
  const selection = getSelection();
  /** @type {SelectedMessage[]} */
  const messages = [];
  for (let index = 0; index < (selection?.rangeCount ?? 0); index++) {
    const range = selection?.getRangeAt(index);
    if (range === undefined || range.collapsed || !range.intersectsNode(list)) continue;
    for (const article of list.querySelectorAll("article")) {
      const content = article.querySelector(".text");
      if (content === null || !range.intersectsNode(content)) continue;
      const text = trimLines(plainText(partOf(content, range).cloneContents()));
      if (text !== "") messages.push({ label: article.getAttribute("aria-label") ?? "", text });
    }
  }
  return messages;
}

/**
 * The part of an element that lies in a range.
 *
 * @param {Element} content
 * @param {Range} range
 * @returns {Range}
 */
function partOf(content, range) {
  const part = document.createRange();
  part.selectNodeContents(content);
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) {
    part.setStart(range.startContainer, range.startOffset);
  }
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) {
    part.setEnd(range.endContainer, range.endOffset);
  }
  return part;
}

/**
 * The text of a message without the note of an edit, and without the labels and buttons of its
 * code, which stands on lines of its own.
 *
 * @param {Node} node
 * @returns {string}
 */
function plainText(node) {
  let text = "";
  for (const child of node.childNodes) {
    if (child instanceof Element && child.matches(".edited, .undo")) continue;
    if (!(child instanceof Element && child.matches(".fence"))) {
      text += child.textContent;
      continue;
    }
    const code = child.querySelector("pre")?.textContent ?? "";
    text += text === "" || text.endsWith("\n") ? `${code}\n` : `\n${code}\n`;
  }
  return text;
}
