/**
 * Message that a payload in Slack's format stands for: its text in the markup of messages, and the
 * name of its author.
 *
 * @module
 */

import type { JsonObject } from "../../protocol/json.ts";
import { checkText } from "../../text/texts.ts";
import { validNameOf } from "../../text/valid_names.ts";
import { italic, linksOf, partsOfBlocks, strong, webUrlOf } from "./blocks.ts";
import { cutText } from "./cut.ts";
import { fromMrkdwn, fromPlain, linkTo } from "./mrkdwn.ts";
import { objectsOf, parsePayload, stringOf } from "./payload.ts";

/**
 * A message, or the reason for which a body is none. The name of its author is left out where the body
 * has no valid one.
 */
export type SlackMessage =
  | { readonly ok: true; readonly text: string; readonly name: string | undefined }
  | {
    readonly ok: false;
    readonly code: "bad_request" | "text_invalid";
    readonly message: string;
  };

/**
 * Reads the message of a body. Takes time linear in the length of the body: 30 ms of a processor for
 * the slowest of 256 KiB (2 cores, Deno 2.9).
 *
 * @param maxLength of the text, in code points: a longer one is cut
 */
export function readSlackMessage(body: string, maxLength: number): SlackMessage {
  const payload = parsePayload(body);
  if (typeof payload === "string") return { ok: false, code: "bad_request", message: payload };
  const joined = join(blocksOfText(payload), maxLength) ||
    join([[fromPlain(stringOf(payload["fallback"]))]], maxLength);
  const text = cutText(joined, maxLength);
  if (text === "") {
    const message = "The payload must have a visible text, attachment or block";
    return { ok: false, code: "text_invalid", message };
  }
  return { ok: true, text, name: validNameOf(stringOf(payload["username"])) };
}

/** The text with its blocks, then each attachment: lists of parts that may be empty. */
function* blocksOfText(
  { text, mrkdwn, blocks, attachments }: JsonObject,
): Generator<Iterable<string>> {
  const plain = stringOf(text);
  const main = mrkdwn === false ? fromPlain(plain) : fromMrkdwn(plain);
  yield withoutRepetition(main, partsOfBlocks(blocks));
  for (const attachment of objectsOf(attachments)) yield partsOfAttachment(attachment);
}

/** The text, and then the blocks: many senders repeat the text in one of them. */
function* withoutRepetition(text: string, blocks: Iterable<string>): Generator<string> {
  yield text;
  for (const block of blocks) if (block.trim() !== text.trim()) yield block;
}

function* partsOfAttachment(attachment: JsonObject): Generator<string> {
  let isEmpty = true;
  for (const part of shownOf(attachment)) {
    if (part.trim() !== "") isEmpty = false;
    yield part;
  }
  if (isEmpty) yield fromPlain(stringOf(attachment["fallback"]));
}

function* shownOf(attachment: JsonObject): Generator<string> {
  const show = (key: string, convert: (text: string) => string): string => {
    const text = stringOf(attachment[key]);
    return text === "" ? "" : convert(text);
  };
  yield show("pretext", fromMrkdwn);
  yield show("author_name", fromPlain);
  const title = show("title", (text) => strong(fromPlain(text)));
  yield show("title_link", (url) => linkTo(url, title)) || title;
  yield show("text", fromMrkdwn);
  for (const field of objectsOf(attachment["fields"])) yield fromField(field);
  yield* partsOfBlocks(attachment["blocks"]);
  yield linksOf(attachment["actions"]);
  yield show("image_url", (url) => linkTo(webUrlOf(url)));
  yield show("footer", (text) => italic(fromPlain(text)));
}

/** "Title: value", the value on lines of its own if it has several. */
function fromField({ title, value }: JsonObject): string {
  const name = fromPlain(stringOf(title)).trim();
  const text = fromMrkdwn(stringOf(value));
  if (name === "") return text;
  return `${strong(`${name}:`)}${text.includes("\n") ? "\n" : " "}${text}`;
}

/**
 * The most parts that are read, empty ones too: an attachment without anything has ten. Slack takes 100
 * attachments.
 */
const MAX_PARTS = 5000;

/**
 * The visible parts on lines of their own, and blank lines between the blocks. No more is read than
 * `maxLength` needs.
 */
function join(blocks: Iterable<Iterable<string>>, maxLength: number): string {
  let text = "";
  let count = 0;
  for (const block of blocks) {
    let separator = text === "" ? "" : "\n\n";
    for (const part of block) {
      if (++count > MAX_PARTS) return text;
      if (part === "") continue;
      const checked = checkText(part, Infinity);
      if (!checked.ok) continue;
      text += separator + trimLines(checked.value);
      separator = "\n";
      // A code point has at most two units.
      if (text.length > 2 * maxLength) return text;
    }
  }
  return text;
}

/** Without blank lines at the start, and without white space at the end. */
function trimLines(text: string): string {
  const start = text.length - text.trimStart().length;
  return text.slice(text.lastIndexOf("\n", start - 1) + 1).trimEnd();
}
