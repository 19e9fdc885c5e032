/**
 * Texts of Slack's blocks: sections, headers, contexts, buttons with a URL, images, and rich text.
 *
 * @module
 */

import { isRecord, type JsonObject } from "../../protocol/json.ts";
import { fromMrkdwn, fromPlain, linkTo } from "./mrkdwn.ts";
import { objectsOf, stringOf } from "./payload.ts";

/** The parts of a list of blocks, in order. */
export function* partsOfBlocks(blocks: unknown): Generator<string> {
  for (const block of objectsOf(blocks)) yield* partsOfBlock(block);
}

function* partsOfBlock(block: JsonObject): Generator<string> {
  const { type, text, fields, elements, accessory } = block;
  switch (type) {
    case "header":
      yield strong(fromTextObject(text));
      return;
    case "markdown":
      // Standard Markdown, of which messages have a part.
      yield stringOf(text);
      return;
    case "image":
      yield fromImage(block);
      return;
    case "actions":
      yield linksOf(elements);
      return;
    case "context":
      yield objectsOf(elements).map(fromElement).filter((each) => each !== "").join(" · ");
      return;
    case "rich_text":
      for (const element of objectsOf(elements)) yield fromRichText(element);
      return;
    default:
      yield fromTextObject(text);
      for (const field of objectsOf(fields)) yield fromTextObject(field);
      if (isRecord(accessory)) yield fromElement(accessory);
  }
}

/** The buttons that lead somewhere, in one line. Others need Slack. */
export function linksOf(elements: unknown): string {
  return objectsOf(elements).map(fromButton).filter((each) => each !== "").join(" · ");
}

function fromElement(element: JsonObject): string {
  if (element["type"] === "image") return fromImage(element);
  return "url" in element ? fromButton(element) : fromTextObject(element);
}

function fromButton({ text, url }: JsonObject): string {
  const address = webUrlOf(url);
  return address === ""
    ? ""
    : linkTo(address, isRecord(text) ? fromTextObject(text) : fromPlain(stringOf(text)));
}

function fromImage({ title, alt_text, image_url }: JsonObject): string {
  const name = fromTextObject(title) || fromPlain(stringOf(alt_text));
  const url = webUrlOf(image_url);
  return url === "" ? name : linkTo(url, name);
}

/** A URL of the web; "" if the value is none. */
export function webUrlOf(value: unknown): string {
  const url = stringOf(value);
  return /^https?:/i.test(url) ? url : "";
}

/** The text of `{"type":"mrkdwn" or "plain_text","text"}`. */
function fromTextObject(value: unknown): string {
  if (!isRecord(value)) return "";
  const text = stringOf(value["text"]);
  return value["type"] === "mrkdwn" ? fromMrkdwn(text) : fromPlain(text);
}

/** An element of a rich text: a section, a list, a quote or code. */
function fromRichText({ type, elements }: JsonObject): string {
  const parts = objectsOf(elements);
  if (type === "rich_text_list") {
    return parts.map((item) => `- ${fromRichText(item).replaceAll("\n", " ")}`).join("\n");
  }
  const text = parts.map(fromRichElement).join("");
  if (type === "rich_text_quote") return text.replace(/^/gm, "> ");
  return type === "rich_text_preformatted" && text !== "" ? `\`\`\`\n${text}\n\`\`\`` : text;
}

function fromRichElement(element: JsonObject): string {
  const { type, text, url, name, style } = element;
  switch (type) {
    case "link":
      return linkTo(stringOf(url), stringOf(text));
    case "user":
    case "usergroup":
    case "broadcast":
      return `@${stringOf(element["user_id"] ?? element["usergroup_id"] ?? element["range"])}`;
    case "channel":
      return `#${stringOf(element["channel_id"])}`;
    case "emoji":
      return `:${stringOf(name)}:`;
    default: {
      const plain = stringOf(text);
      if (!isRecord(style)) return plain;
      if (style["code"] === true && !/[\n`]/.test(plain)) return `\`${plain}\``;
      return style["bold"] === true ? strong(plain) : plain;
    }
  }
}

/** A text in bold, if it is one line that no markup of its own disturbs. */
export function strong(text: string): string {
  return wrap("**", text);
}

/** A text in italics, on the same terms. */
export function italic(text: string): string {
  return wrap("*", text);
}

function wrap(mark: string, text: string): string {
  const trimmed = text.trim();
  // Emphasis needs a word, begins with no closing bracket, and ends with no opening one or slash.
  const isFit = /[\p{L}\p{N}]/u.test(trimmed) && !/[\n*`~]|^\p{Pe}|[\p{Ps}/]$/u.test(trimmed) &&
    !/https?:\/\/|www\./i.test(trimmed);
  return isFit ? mark + trimmed + mark : text;
}
