/**
 * Reads of a store: messages, rooms, pages and searches.
 *
 * @module
 */

import {
  type Found,
  type KeyedDocument,
  type LogPart,
  MAX_PAGE,
  type Message,
  type MessagePage,
  type OpenedRoom,
  type PageBound,
  Unavailable,
} from "../broker.ts";
import { eventLoop } from "../../runtime/timers.ts";
import { PAGE_BYTES } from "../../room/cut.ts";
import { pageOf } from "../page.ts";
import { END } from "./messages.ts";
import { textIn } from "./search_index.ts";
import { hasPhrases, phrasesOf } from "./search_text.ts";
import type { Store } from "./store.ts";

/** Messages that one step of opening a room reads: 1 ms. */
const OPEN_STEP = 200;

/**
 * Phrases that the index is asked for: 5 ms each for 1,000,000 messages if they are common. The longest
 * are the rarest. Whether a message has the others is looked at for itself.
 */
const MAX_PHRASES = 4;

/**
 * Tokens of a phrase that the index is asked for. Each of them costs what all places of its character
 * in a message do: 200 took 1 to 2 ms for one message of 4,000 times the same character.
 */
const MAX_TOKENS = 3;

/** Messages that one step of a search looks at for itself, and the time that it takes, about. */
const SEARCH_STEP = 50;
const SEARCH_STEP_MS = 3;

/** A message of a room. */
export function readMessage(store: Store, name: string, id: string): Message | undefined {
  const room = store.rooms.number(name);
  if (room === undefined) return undefined;
  const message = store.messages.get(room, id);
  return message && { id, position: message.position, body: message.body };
}

/** The documents of a room. */
export function documentsOf({ documents }: Store, room: string): KeyedDocument[] {
  return documents.of(room).map(({ key, position, body }) => ({ key, position, body }));
}

/**
 * The newest messages of a room, in steps between which others go on. A message that moves to the end
 * meanwhile may be missing.
 *
 * @param current returns the store as it is now
 */
export async function openRoom(
  current: () => Store,
  name: string,
  limit: number,
  pause: () => Promise<void>,
): Promise<OpenedRoom> {
  const store = current();
  const documents = documentsOf(store, name);
  const room = store.rooms.number(name);
  if (room === undefined) {
    return {
      messages: [],
      head: store.positions.newest,
      floor: store.rooms.floor(name),
      more: false,
      documents,
    };
  }
  const head = store.messages.head(room) ?? store.positions.newest;
  const messages: Message[] = [];
  let more = true;
  let position = END;
  while (more && messages.length < limit) {
    if (position !== END) await pause();
    const wanted = Math.min(OPEN_STEP, limit - messages.length);
    const step = current().messages.before(room, position, wanted + 1);
    more = step.length > wanted;
    if (more) step.pop();
    for (const message of step) if (message.position <= head) messages.push(message);
    position = step.at(-1)?.position ?? position;
  }
  // Read last: what was dropped between two steps is not said to be there.
  const floor = current().rooms.floor(name);
  return { messages: messages.reverse(), head, floor, more, documents };
}

/** Messages of a room after a position. */
export function readAfter(store: Store, name: string, position: string, limit: number): LogPart {
  const most = Math.min(limit, MAX_PAGE);
  const floor = store.rooms.floor(name);
  const { newest } = store.positions;
  const room = store.rooms.number(name);
  if (room === undefined) return { messages: [], more: false, floor, head: newest };
  const { messages, isCut } = store.messages.after(room, position, most + 1, PAGE_BYTES);
  const hasMore = messages.length > most;
  if (hasMore) messages.pop();
  return { messages, more: hasMore || isCut, floor, head: store.messages.head(room) ?? newest };
}

/** A page of a room by id. */
export function readPage(
  store: Store,
  name: string,
  bound: PageBound,
  limit: number,
): MessagePage {
  const room = store.rooms.number(name);
  if (room === undefined) return { messages: [], more: false, moreAfter: false };
  const most = Math.min(limit, MAX_PAGE);
  const { messages } = store;
  // An id and what follows: greater than the id, less than any other.
  const { after, around } = bound;
  const place = after === undefined ? bound.before ?? around ?? END : `${after} `;
  const direction = after !== undefined ? "newer" : around !== undefined ? "both" : "older";
  const maxBytes = direction === "both" ? PAGE_BYTES / 2 : PAGE_BYTES;
  const before = messages.idsBefore(room, place, direction === "newer" ? 1 : most + 1, maxBytes);
  const from = messages.idsFrom(room, place, direction === "older" ? 1 : most + 1, maxBytes);
  const page = pageOf(before.messages.reverse(), from.messages, direction, most);
  return {
    ...page,
    more: page.more || before.isCut,
    moreAfter: page.moreAfter || from.isCut,
  };
}

/** What bounds a search. */
export interface SearchOptions {
  /** An id, exclusive. */
  readonly before?: string | undefined;
  readonly limit: number;
  /** Resolves when the next step may be done. */
  readonly pause: () => Promise<void>;
  /** Whether the search has taken long enough. */
  readonly isLate: () => boolean;
}

/**
 * Messages of some rooms that have all words of a text, the newest first. If very many messages have
 * the rarest of the words and not the others, the search may end before it has found `limit`, but
 * never with nothing and `more`: whoever asks goes on before the last message that was found.
 *
 * @param current returns the store as it is now
 * @throws {Unavailable} if nothing was found until it was late
 */
export async function searchRooms(
  current: () => Store,
  names: readonly string[],
  text: string,
  { before = END, limit, pause, isLate }: SearchOptions,
): Promise<{ found: Found[]; more: boolean }> {
  const phrases = phrasesOf(text);
  const { rooms, messages } = current();
  const numbers = names.map((name) => rooms.number(name)).filter((each) => each !== undefined);
  if (phrases.length === 0 || numbers.length === 0) return { found: [], more: false };
  const asked = phrases.slice(0, MAX_PHRASES).map(beginningOf);
  const others = phrases.filter((phrase, i) => phrase !== asked[i]);
  const step = others.length === 0 ? limit + 1 : SEARCH_STEP;
  const hits = new Map<number, Found>();
  /** The hits as they are now: what was deleted or edited away since it was read is given to nobody. */
  const end = (more: boolean) => {
    const found: Found[] = [];
    for (const [number, { message: { position } }] of hits) {
      const each = current().messages.byNumber(number);
      if (each === undefined) continue;
      const isSame = each.message.position === position;
      if (isSame || hasPhrases(textIn(each.message.body), phrases)) found.push(each);
    }
    if (found.length === 0 && more) throw new Unavailable("What was found is gone", "no");
    return { found, more };
  };
  let to = Math.max(0, ...numbers.map((room) => messages.numberBefore(room, before) ?? 0));
  for (;;) {
    await pause();
    const candidates = current().search.find(numbers, asked, to, step);
    let missing = others;
    let started = eventLoop.now;
    for (const number of candidates) {
      if (eventLoop.now - started > SEARCH_STEP_MS) {
        await pause();
        // They may have other texts by now.
        missing = phrases;
        started = eventLoop.now;
      }
      const each = current().messages.byNumber(number);
      if (each === undefined || !hasPhrases(textIn(each.message.body), missing)) continue;
      if (hits.size === limit) return end(true);
      hits.set(number, each);
    }
    if (candidates.length < step) return end(false);
    to = (candidates.at(-1) ?? 1) - 1;
    if (isLate()) break;
  }
  if (hits.size === 0) throw new Unavailable("The search takes too long", "no");
  return end(true);
}

/** As much of a phrase as the index is asked for. */
function beginningOf(phrase: string): string {
  return phrase.split(" ", MAX_TOKENS).join(" ");
}
