/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Copying of messages as they were written: several as lines such as "Ada, 09:31: text", one as its
 * text.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId } from "./dom.js";
import { copyText } from "../browser/clipboard.js";
import { findMessage } from "../model/log.js";
import { changesOf, findUnsent } from "../model/outbox.js";
import { overlayOf } from "../model/overlay.js";
import { currentRoom } from "../model/state.js";
import { trimLines } from "../model/text.js";

/**
 * Sets the text that copying a selection of messages puts on the clipboard.
 *
 * @returns {(state: State) => void}
 */
export function createCopyView() {
  const list = byId("rows", HTMLElement);
  /** @type {State | undefined} */
  let state;
  document.addEventListener("copy", (event) => {
    const { target, clipboardData } = event;
    const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (isField || clipboardData === null || state === undefined) return;
    const copied = linesOf(selectedMessages(list, state));
    if (copied === "") return;
    clipboardData.setData("text/plain", copied);
    event.preventDefault();
  });
  return (next) => {
    state = next;
  };
}

/**
 * Copies a text, and says so.
 *
 * @param {string} text
 * @param {{ thing: "Code" | "Link" | "Text", dispatch: Dispatch }} options
 * @returns {Promise<void>}
 */
export async function copyNoted(text, { thing, dispatch }) {
  const isCopied = await copyText(text);
  dispatch({
    type: "noticed",
    text: isCopied
      ? `${thing} copied`
      : `${thing} could not be copied. Select it, and copy it by hand`,
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
 * @param {State} state
 * @returns {SelectedMessage[]} those of whose text something is selected
 */
function selectedMessages(list, state) {
  const selection = getSelection();
  /** @type {SelectedMessage[]} */
  const messages = [];
  for (let index = 0; index < (selection?.rangeCount ?? 0); index++) {
    const range = selection?.getRangeAt(index);
    if (range === undefined || range.collapsed || !range.intersectsNode(list)) continue;
    for (const article of list.querySelectorAll("article")) {
      const content = article.querySelector(".text");
      if (content === null || !range.intersectsNode(content)) continue;
      const part = trimLines(writtenText(partOf(content, range).cloneContents()));
      const isWhole = part === trimLines(writtenText(content));
      const text = (isWhole && textOf(article, state)) || part;
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
 * The text of a message as its author wrote it, or "".
 *
 * @param {HTMLElement} article
 * @param {State} state
 * @returns {string}
 */
function textOf({ dataset: { id, ref = "" } }, state) {
  const { outbox, current } = state;
  if (id === undefined) return findUnsent(outbox, ref)?.text ?? "";
  const message = findMessage(currentRoom(state), id);
  if (message === undefined) return "";
  return trimLines(overlayOf(message, changesOf(outbox, { room: current, id })).text);
}

/**
 * The text of a part of a message, with its markup, without the note of an edit, and without the
 * labels and buttons of its code.
 *
 * @param {Node} node
 * @returns {string}
 */
function writtenText(node) {
  let text = "";
  let isAfterBlock = false;
  for (const child of node.childNodes) {
    if (child instanceof Element && child.matches(".edited, .undo")) continue;
    const block = child instanceof HTMLElement ? writtenBlock(child) : undefined;
    if ((block !== undefined || isAfterBlock) && text !== "") text += "\n";
    isAfterBlock = block !== undefined;
    if (block !== undefined) text += block;
    else if (child instanceof HTMLElement) {
      const { mark = "" } = child.dataset;
      text += mark + writtenText(child) + mark;
    } else text += child.textContent;
  }
  return text;
}

/**
 * @param {HTMLElement} block
 * @returns {string | undefined} undefined if it is none
 */
function writtenBlock(block) {
  if (block.matches("blockquote")) return `> ${writtenText(block).replaceAll("\n", "\n> ")}`;
  if (block.matches("ul")) {
    return [...block.children].map((item) => `- ${writtenText(item)}`).join("\n");
  }
  if (!block.matches(".fence")) return undefined;
  const { language = "" } = block.dataset;
  return `\`\`\`${language}\n${block.querySelector("pre")?.textContent ?? ""}\n\`\`\``;
}
