/**
 * Reads of a KV: rooms, pages, messages and documents.
 *
 * @module
 */

import { PAGE_BYTES } from "../../room/cut.ts";
import {
  documentKey,
  type KeyedDocument,
  type LogPart,
  MAX_PAGE,
  type Message,
  type MessagePage,
  type OpenedRoom,
  ORIGIN,
  type PageBound,
  Unavailable,
} from "../broker.ts";
import { pageOf } from "../page.ts";
import type { KvCalls } from "./calls.ts";
import { BEHIND, changedIn, CUT, documentsIn, FLOOR, movedIn, roomKey, saidIn } from "./keys.ts";
import { readChanged, readDocument } from "./records.ts";
import { readRows, readText, type RowRange, type Rows } from "./rows.ts";
import { readMoved } from "./state.ts";

/** Tries to read a message that moves meanwhile. */
const MAX_TRIES = 10;

/** A message as it is now. */
export async function readMessage(
  calls: KvCalls,
  room: string,
  id: string,
): Promise<Message | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const said = await readText(calls, [...saidIn(room), id]);
    if (said !== undefined) return { id, position: id, body: said };
    const place = readMoved((await calls.get([...movedIn(room), id])).value);
    if (place === undefined) return undefined;
    const text = await readText(calls, [...changedIn(room), place.position]);
    // It has changed again where there is none.
    if (text !== undefined) return readChanged(place.position, text);
  }
  throw new Unavailable("The message changes all the time", "no");
}

/** The documents of a room. */
export async function readDocuments(calls: KvCalls, room: string): Promise<KeyedDocument[]> {
  const { rows } = await readRows(calls, documentsIn(room), { limit: Infinity });
  return rows.map(({ name, text }) => ({ key: documentKey(room, name), ...readDocument(text) }));
}

/**
 * The position of the last message of a room that was dropped, and the one up to which something is lost.
 *
 * @param told the position up to which everything was told: of what was lost later, it will be
 */
async function readFloors(
  calls: KvCalls,
  room: string,
  told: string,
): Promise<{ floor: string; lostUntil: string }> {
  const [own, common, cut] = await calls.many([roomKey(room), FLOOR, CUT]);
  const floor = textIn(own) ?? textIn(common) ?? ORIGIN;
  const lostUntil = textIn(cut) ?? ORIGIN;
  return { floor, lostUntil: lostUntil < told ? lostUntil : told };
}

function textIn(entry: Deno.KvEntryMaybe<unknown> | undefined): string | undefined {
  return typeof entry?.value === "string" ? entry.value : undefined;
}

/**
 * The newest messages of a room.
 *
 * @param told the position up to which everything was told: what is newer will be
 */
export async function openRoom(
  calls: KvCalls,
  room: string,
  limit: number,
  told: string,
): Promise<OpenedRoom> {
  const [{ messages, isCut }, documents] = await Promise.all([
    readLog(calls, room, { to: told, isReverse: true, limit }),
    readDocuments(calls, room),
  ]);
  // Read last: what was dropped meanwhile is not said to be there.
  const floors = await readFloors(calls, room, told);
  const head = messages.at(-1)?.position ?? told;
  return { messages, head, ...floors, more: isCut, documents };
}

/** Messages of a room after a position, of those that were told. */
export async function readAfter(
  calls: KvCalls,
  room: string,
  position: string,
  limit: number,
  told: string,
): Promise<LogPart> {
  const range = {
    after: position,
    to: told,
    limit: Math.min(limit, MAX_PAGE),
    maxBytes: PAGE_BYTES,
  };
  const [{ messages, isCut }, last] = await Promise.all([
    readLog(calls, room, range),
    readLog(calls, room, { to: told, isReverse: true, limit: 1 }),
  ]);
  const { floor: kept, lostUntil } = await readFloors(calls, room, told);
  const floor = kept > lostUntil ? kept : lostUntil;
  const head = last.messages[0]?.position ?? told;
  return { messages, more: isCut, floor, lostUntil, head };
}

/** Messages of a room by position: ascending, though the last ones are read first if so asked. */
async function readLog(
  calls: KvCalls,
  room: string,
  range: RowRange,
): Promise<{ messages: Message[]; isCut: boolean }> {
  // One after the other: a message that moves in between is in both.
  const said = await readRows(calls, saidIn(room), range);
  const changed = await readRows(calls, changedIn(room), range);
  const byId = new Map<string, Message>();
  for (const { name, text } of said.rows) {
    byId.set(name, { id: name, position: name, body: text });
  }
  for (const { name, text } of changed.rows) {
    const message = readChanged(name, text);
    const other = byId.get(message.id);
    if (other === undefined || other.position < name) byId.set(message.id, message);
  }
  const { isReverse = false, limit } = range;
  const sign = isReverse ? -1 : 1;
  const sorted = [...byId.values()].sort((a, b) => a.position < b.position ? -sign : sign);
  const end = endOf([said, changed], isReverse);
  const whole = sorted.filter(({ position }) =>
    end === undefined || (isReverse ? position >= end : position <= end)
  );
  const messages = whole.slice(0, limit);
  const isCut = messages.length < sorted.length || end !== undefined;
  if (isReverse) messages.reverse();
  return { messages, isCut };
}

/** The name up to which two lists are complete; none: they are. */
function endOf(lists: readonly Rows[], isReverse: boolean): string | undefined {
  const ends = lists.filter(({ isCut }) => isCut).map(({ rows }) => rows.at(-1)?.name ?? "").sort();
  return isReverse ? ends.at(-1) : ends[0];
}

/** A page of a room by id. */
export async function readPage(
  calls: KvCalls,
  room: string,
  bound: PageBound,
  limit: number,
): Promise<MessagePage> {
  const most = Math.min(limit, MAX_PAGE);
  const { after, before, around } = bound;
  const direction = after !== undefined ? "newer" : around !== undefined ? "both" : "older";
  // The last id before the place: the bound itself if that is not among what comes after it.
  const place = after ?? justBefore(before ?? around);
  const maxBytes = direction === "both" ? PAGE_BYTES / 2 : PAGE_BYTES;
  const older = direction === "newer" ? 1 : most + 1;
  const newer = direction === "older" ? 1 : most + 1;
  const olderRange = { to: place, isReverse: true, limit: older, maxBytes };
  const [from, to] = await Promise.all([
    readIds(calls, room, olderRange),
    place === undefined
      ? { messages: [], isCut: false }
      : readIds(calls, room, { after: place, limit: newer, maxBytes }),
  ]);
  const page = pageOf(from.messages.reverse(), to.messages, direction, most);
  const messages = await Promise.all(
    page.messages.map((message) =>
      message.position === "" ? readMessage(calls, room, message.id) : message
    ),
  );
  return {
    // A message that is missing was dropped meanwhile.
    messages: messages.filter((message) => message !== undefined),
    more: page.more || from.isCut,
    moreAfter: page.moreAfter || to.isCut,
  };
}

/** Messages of a room by id; those that were changed without their bodies. */
async function readIds(
  calls: KvCalls,
  room: string,
  range: RowRange,
): Promise<{ messages: Message[]; isCut: boolean }> {
  const said = await readRows(calls, saidIn(room), range);
  const moved = await readMovedIds(calls, room, range);
  const byId = new Map<string, Message>();
  for (const { name, text } of said.rows) {
    byId.set(name, { id: name, position: name, body: text });
  }
  for (const { name } of moved.rows) byId.set(name, { id: name, position: "", body: "" });
  const { isReverse = false, limit } = range;
  const sign = isReverse ? -1 : 1;
  const sorted = [...byId.values()].sort((a, b) => a.id < b.id ? -sign : sign);
  const end = endOf([said, moved], isReverse);
  const whole = sorted.filter(({ id }) => end === undefined || (isReverse ? id >= end : id <= end));
  const messages = whole.slice(0, limit);
  return { messages, isCut: messages.length < sorted.length || end !== undefined };
}

async function readMovedIds(calls: KvCalls, room: string, range: RowRange): Promise<Rows> {
  const { after, to, isReverse = false, limit } = range;
  const key = movedIn(room);
  const rows: { name: string; text: string }[] = [];
  let isCut = false;
  await calls.list(
    [...key, after === undefined ? "" : after + BEHIND],
    [...key, to === undefined ? true : to + BEHIND],
    (entry) => {
      if (rows.length === limit) {
        isCut = true;
        return false;
      }
      rows.push({ name: String(entry.key.at(-1)), text: "" });
      return true;
    },
    { reverse: isReverse, limit: limit + 1 },
  );
  return { rows, isCut };
}

/** A text that is after everything before an id, and before the id with what is behind it. */
function justBefore(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const last = id.charCodeAt(id.length - 1);
  return `${id.slice(0, -1)}${String.fromCharCode(last - 1)}~`;
}
