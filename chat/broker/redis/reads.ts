/**
 * Reads of a store: messages, rooms, pages and documents.
 *
 * @module
 */

import { PAGE_BYTES } from "../../room/cut.ts";
import {
  type Document,
  type KeyedDocument,
  type LogPart,
  MAX_PAGE,
  type Message,
  type MessagePage,
  type OpenedRoom,
  type PageBound,
} from "../broker.ts";
import { pageOf } from "../page.ts";
import { listIn, pairsIn, textIn } from "./replies.ts";
import type { Argument, Reply } from "./resp.ts";

/** Beyond all ids and positions. */
const END = "~";

/** Messages that one step of opening a room reads, and the bytes after which it ends. */
const OPEN_STEP = 200;
const OPEN_BYTES = 1_048_576;

/** A list of messages that is read. */
export type Query = readonly [
  kind: "log" | "ids",
  compares: "<" | ">" | ">=",
  bound: string,
  limit: number,
  maxBytes: number,
];

/** A room at one moment. */
export interface RoomRead {
  readonly floor: string;
  /** The position up to which something may be lost. */
  readonly cut: string;
  readonly head: string;
  /** None: the store was emptied. */
  readonly epoch: string | undefined;
  /** The number of the last entry of the feed. */
  readonly number: number;
  readonly documents: readonly KeyedDocument[];
  readonly lists: readonly MessageList[];
}

/** Messages in the order that was asked for, and whether there are more, for which there was no place. */
interface MessageList {
  readonly messages: Message[];
  readonly isCut: boolean;
}

/** Reads a room with some lists of its messages. */
export type ReadRoom = (
  room: string,
  wantsDocuments: boolean,
  queries: readonly Query[],
) => Promise<RoomRead>;

/** The arguments of the script that reads a room. */
export function readArguments(
  ...[room, wantsDocuments, queries]: Parameters<ReadRoom>
): Argument[] {
  return [room, wantsDocuments ? 1 : 0, ...queries.flat()];
}

/** The reply of the script that reads a room. */
export function roomIn(reply: Reply): RoomRead {
  const [floor, cut, head, epoch, number, documents, lists] = listIn(reply);
  return {
    floor: textIn(floor),
    cut: textIn(cut),
    head: textIn(head),
    epoch: epoch === null ? undefined : textIn(epoch),
    number: Number(number),
    documents: documentsIn(documents),
    lists: listIn(lists).map((list) => {
      const [isCut, messages] = listIn(list);
      return {
        isCut: isCut === 1,
        messages: pairsIn(messages).map(([id, text]) => messageIn(id, text)),
      };
    }),
  };
}

/** The newest messages of a room, in steps. A message that moves to the end meanwhile may be missing. */
export async function openRoom(read: ReadRoom, room: string, limit: number): Promise<OpenedRoom> {
  const messages: Message[] = [];
  let first: RoomRead | undefined;
  let last: RoomRead | undefined;
  let more = true;
  let position = END;
  while (last === undefined || (more && messages.length < limit)) {
    const wanted = Math.min(OPEN_STEP, limit - messages.length);
    const query = ["log", "<", position, wanted + 1, OPEN_BYTES] as const;
    last = await read(room, first === undefined, [query]);
    first ??= last;
    const step = last.lists[0] ?? { messages: [], isCut: false };
    more = step.messages.length > wanted || step.isCut;
    if (step.messages.length > wanted) step.messages.pop();
    messages.push(...step.messages);
    position = messages.at(-1)?.position ?? position;
  }
  // The first cut: what was lost between two steps may be among the messages, and is not above it.
  const { head, documents, cut: lostUntil } = first ?? last;
  // The last floor: what was dropped between two steps is not said to be there.
  const { floor } = last;
  return { messages: messages.reverse(), head, floor, lostUntil, more, documents };
}

/** Messages of a room after a position. */
export async function readAfter(
  read: ReadRoom,
  room: string,
  position: string,
  limit: number,
): Promise<LogPart> {
  const most = Math.min(limit, MAX_PAGE);
  const { lists: [list], floor: kept, cut: lostUntil, head } = await read(room, false, [
    ["log", ">", position, most + 1, PAGE_BYTES],
  ]);
  const { messages, isCut } = list ?? { messages: [], isCut: false };
  const hasMore = messages.length > most;
  if (hasMore) messages.pop();
  const floor = kept > lostUntil ? kept : lostUntil;
  return { messages, more: hasMore || isCut, floor, lostUntil, head };
}

/** A page of a room by id. */
export async function readPage(
  read: ReadRoom,
  room: string,
  bound: PageBound,
  limit: number,
): Promise<MessagePage> {
  const most = Math.min(limit, MAX_PAGE);
  const { after, around } = bound;
  // An id and what follows: greater than the id, less than any other.
  const place = after === undefined ? bound.before ?? around ?? END : `${after} `;
  const direction = after !== undefined ? "newer" : around !== undefined ? "both" : "older";
  const maxBytes = direction === "both" ? PAGE_BYTES / 2 : PAGE_BYTES;
  const { lists: [before, from] } = await read(room, false, [
    ["ids", "<", place, direction === "newer" ? 1 : most + 1, maxBytes],
    ["ids", ">=", place, direction === "older" ? 1 : most + 1, maxBytes],
  ]);
  const page = pageOf(
    before?.messages.reverse() ?? [],
    from?.messages ?? [],
    direction,
    most,
  );
  return {
    ...page,
    more: page.more || before?.isCut === true,
    moreAfter: page.moreAfter || from?.isCut === true,
  };
}

/** A message as it is kept: "=" or its position, then its body. */
export function messageIn(id: string, text: string): Message {
  return text.startsWith("=")
    ? { id, position: id, body: text.slice(1) }
    : { id, position: text.slice(0, 26), body: text.slice(26) };
}

/** A document as it is kept: a line that begins with its position, then its body. */
export function documentIn(text: string): Document {
  return { position: text.slice(0, 26), body: text.slice(text.indexOf("\n") + 1) };
}

/** The documents of a room, in the order of keys. */
export function documentsIn(reply: Reply | undefined): KeyedDocument[] {
  return pairsIn(reply)
    .map(([key, text]) => ({ key, ...documentIn(text) }))
    .sort((a, b) => a.key < b.key ? -1 : 1);
}
