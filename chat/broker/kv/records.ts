/**
 * Values of Deno KV: the head, the feed, and texts with their headers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Document, type DocumentOp, type Message, ORIGIN, type Receipt } from "../broker.ts";
import { ULID_LENGTH } from "../../protocol/ulid.ts";

/** The end of everything, which each commit replaces. */
export interface Head {
  readonly position: string;
  /** The bytes of all messages. */
  readonly bytes: number;
  /** The bytes of all documents that have a maker. */
  readonly documentBytes: number;
}

/** A head as it is in KV, with the versionstamp by which commits are checked. */
export interface StoredHead extends Head {
  readonly versionstamp: string;
}

/** An effect of a commit, as subscribers are told. */
export type Event =
  | { readonly room: string; readonly message: Message }
  | { readonly key: string; readonly document: Document }
  | { readonly room: string; readonly floor: string };

/** An event as it is kept: without a body that takes much, which is then read where it stands. */
type KeptEvent = Event | { readonly room: string; readonly large: Omit<Message, "body"> } | {
  readonly largeKey: string;
};

/** A commit in the feed. */
export interface FeedEntry {
  /** The position of the commit before it: without a gap, that of the entry before. */
  readonly was: string;
  readonly events: readonly KeptEvent[];
}

/** Bodies that take more stand in the feed by their keys alone. */
const MAX_FEED_UNITS = 20_000;

/** A message takes this much besides its body. */
const MESSAGE_BYTES = 200;

/** The place of a message. */
export interface Place {
  readonly position: string;
  readonly parts: number;
  /** By {@linkcode sizeOf}. */
  readonly bytes: number;
  /** False if it was never changed. */
  readonly isMoved: boolean;
}

/** A document without its body. */
export interface DocumentHeader {
  readonly position: string;
  readonly parts: number;
  /** The length of its body in UTF-16 units, as makers' shares are counted. */
  readonly length: number;
  readonly maker?: string;
  readonly isIdle: boolean;
  readonly expires?: number;
}

/** The bytes that a message takes. */
export function sizeOf(body: string): number {
  return MESSAGE_BYTES + Buffer.byteLength(body);
}

/** The head in an entry; none of a KV without one. */
export function readHead(
  { value, versionstamp }: Deno.KvEntryMaybe<unknown>,
): StoredHead | undefined {
  if (versionstamp === null || typeof value !== "object" || value === null) return undefined;
  const { position, bytes, documentBytes }: Partial<Record<keyof Head, unknown>> = value;
  return {
    position: typeof position === "string" ? position : ORIGIN,
    bytes: Number(bytes) || 0,
    documentBytes: Number(documentBytes) || 0,
    versionstamp,
  };
}

/** The text of an entry of the feed. */
export function writeFeedEntry(was: string, events: readonly Event[]): string {
  const kept = events.map((event): KeptEvent => {
    if ("message" in event && event.message.body.length > MAX_FEED_UNITS) {
      const { id, position } = event.message;
      return { room: event.room, large: { id, position } };
    }
    if ("document" in event && event.document.body.length > MAX_FEED_UNITS) {
      return { largeKey: event.key };
    }
    return event;
  });
  return JSON.stringify({ was, events: kept } satisfies FeedEntry);
}

/** The bytes that an event takes in the feed at most. */
export function feedBytes(body: string): number {
  // A unit is written as six characters if it is a control character, of which a body has none.
  return body.length > MAX_FEED_UNITS ? MESSAGE_BYTES : MESSAGE_BYTES + 2 * Buffer.byteLength(body);
}

/** A changed message as it is kept, by its position. */
export function writeChanged({ id, body }: Pick<Message, "id" | "body">): string {
  return id + body;
}

/** @param position of the key */
export function readChanged(position: string, text: string): Message {
  return { id: text.slice(0, ULID_LENGTH), position, body: text.slice(ULID_LENGTH) };
}

/** A document as it is kept. */
export function writeDocument(
  { body, maker, isIdle = false, expires }: DocumentOp,
  position: string,
): string {
  const rest = { ...maker !== undefined && { maker }, ...expires !== undefined && { expires } };
  return `${JSON.stringify({ position, length: body.length, isIdle, ...rest })}\n${body}`;
}

/** The document in a text. */
export function readDocument(text: string): Document {
  const end = text.indexOf("\n");
  const { position }: DocumentHeader = JSON.parse(text.slice(0, end));
  return { position, body: text.slice(end + 1) };
}

/** The header of a document, in the first part of its text. */
export function readDocumentHeader(part: unknown): DocumentHeader | undefined {
  if (!(part instanceof Uint8Array)) return undefined;
  const end = part.indexOf("\n".charCodeAt(0));
  const header = JSON.parse(new TextDecoder().decode(part.subarray(1, end)));
  return { ...header, parts: part[0] ?? 0 };
}

/** The receipt in a value. */
export function readReceipt(value: unknown): Receipt | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { room, id, position }: Partial<Record<keyof Receipt, unknown>> = value;
  return { room: String(room), id: String(id), position: String(position) };
}
