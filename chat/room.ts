/**
 * A room: a log, its members, and a cursor for each connection that has joined.
 *
 * @module
 */

import type { Cursor, Recipient } from "./cursor.ts";
import { History } from "./history.ts";
import { Presence } from "./presence.ts";
import {
  encodeEvent,
  encodeFrame,
  encodeMessage,
  encodeMessageEvents,
  type Message,
  messageEventPrefix,
} from "./protocol.ts";

/** A message in the log, encoded when it came and never again. */
export interface Entry {
  readonly id: string;
  /** As {@linkcode encodeMessage} gives it. */
  readonly json: string;
}

/** What a room needs to know of the configuration. */
export interface RoomOptions {
  readonly historySize: number;
  readonly joinHistory: number;
  readonly leaveGraceMs: number;
}

/** Where a client wants to go on. */
export interface Resumption {
  /** The position that it knows everything up to. */
  readonly since: string;
  /** `since`, or an older position, from which to repeat what may have come late. */
  readonly overlap: string;
  /** The newest position that there can be: a `since` beyond it is not believed. */
  readonly newest: string;
}

/** What a newcomer is given of the log, and where its cursor goes on. */
export interface Opening {
  readonly entries: readonly Entry[];
  readonly complete: boolean;
  readonly more: boolean;
  readonly follow: number;
  readonly head: string;
  readonly position: string;
}

/** A page of the log, oldest first. */
export interface Page {
  readonly entries: readonly Entry[];
  /** Whether there is more in the direction that was asked for. */
  readonly more: boolean;
}

/** Where a cursor stands after {@linkcode Room.catchUp}. */
export type Standing =
  /** It has all there is. */
  | "current"
  /** Its connection takes no more for now. */
  | "behind"
  /** What it misses is no longer kept: only a new connection can help. */
  | "lost";

/**
 * What one frame of catching up may hold, in UTF-16 units: small enough that a slow client is held
 * soon, large enough that a burst to all takes few sends.
 */
const PIECE_LENGTH = 65_536;
const PIECE_ENTRIES = 512;

/** What a `joined` or `history` event may hold, in UTF-16 units. Pages of usual texts are whole. */
const PAGE_LENGTH = 1_048_576;

/** How often presence is told, in milliseconds. The protocol allows 1,000. */
const PRESENCE_INTERVAL_MS = 500;

/** Presence changes kept for those who read slowly. */
const MAX_PRESENCE_LAG = 1000;

/** One room. */
export class Room {
  readonly name: string;
  readonly presence: Presence;
  readonly #options: RoomOptions;
  readonly #history: History<Entry>;
  readonly #prefix: string;
  /** The cursors that stand at `#flushed`, who know of `#lateFlushed` and share every frame. */
  readonly #live = new Set<Cursor>();
  /** The cursors that stand elsewhere: newcomers, the resuming and the slow. */
  readonly #catching = new Set<Cursor>();
  #flushed: string;
  #unflushed = 0;
  /** The latest late entries; `#lateCount` counts those that came since the start. */
  #late: Entry[] = [];
  #lateCount = 0;
  #lateFlushed = 0;
  #notices: { readonly userId: string; readonly event: string }[] = [];
  #presenceTold = 0;
  #presenceToldAt = -Infinity;

  /** @param floor the newest id that the room can't vouch for */
  constructor(name: string, floor: string, options: RoomOptions) {
    this.name = name;
    this.#options = options;
    this.#history = new History(options.historySize, floor);
    this.presence = new Presence(options.leaveGraceMs);
    this.#prefix = messageEventPrefix(name);
    this.#flushed = this.#history.head;
  }

  /** The position of the log's end. */
  get head(): string {
    return this.#history.head;
  }

  /** The number of messages kept. */
  get size(): number {
    return this.#history.size;
  }

  /** Whether somebody is still to be told of a change of presence. */
  get owesPresence(): boolean {
    return this.#presenceTold < this.presence.position;
  }

  /** Adds a message to the log; the next flush delivers it. */
  append(message: Message): void {
    // What the ring drops before it was flushed would be lost to everyone.
    if (this.#unflushed >= this.#options.historySize) this.#flushLog();
    const entry = { id: message.id, json: encodeMessage(message) };
    const placement = this.#history.append(entry);
    if (placement === "known") return;
    this.#unflushed++;
    if (placement === "late") {
      this.#late.push(entry);
      this.#lateCount++;
      if (this.#late.length > this.#options.historySize) this.#late.shift();
    }
  }

  /** Tells everyone but a user, with the next flush, and whoever is slow not at all. */
  notify(event: string, userId: string): void {
    this.#notices.push({ userId, event });
  }

  /** What a newcomer gets: the newest messages, or what was missed since it was here. */
  open(resumption?: Resumption): Opening {
    const { head } = this;
    const { joinHistory } = this.#options;
    const missed = resumption && this.#missed(resumption);
    const entries = missed === undefined
      ? cutFromEnd(this.#history.newest(joinHistory), PAGE_LENGTH)
      : cut(missed.slice(0, joinHistory), PAGE_LENGTH);
    const follow = missed === undefined ? 0 : missed.length - entries.length;
    const first = entries[0]?.id;
    const more = first === undefined ? this.size > 0 : this.#history.before(first, 1).length > 0;
    const complete = resumption === undefined || missed !== undefined;
    const last = entries.at(-1)?.id ?? resumption?.overlap;
    const position = follow > 0 && last !== undefined ? last : head;
    return { entries, complete, more, follow, head, position };
  }

  #missed({ since, overlap, newest }: Resumption): Entry[] | undefined {
    if (overlap < this.#history.floor || since > newest) return undefined;
    return this.#history.after(overlap);
  }

  /** Adds a cursor that stands at a position and knows who is there now. */
  add(recipient: Recipient, userId: string, position: string): Cursor {
    const presence = this.presence.position;
    const cursor = { recipient, userId, position, late: this.#lateCount, presence };
    this.#catching.add(cursor);
    return cursor;
  }

  /** Removes a cursor. */
  remove(cursor: Cursor): void {
    this.#live.delete(cursor);
    this.#catching.delete(cursor);
  }

  /** A page of the log: the newest before or the oldest after a position, or the newest of all. */
  page(limit: number, bound: { readonly before?: string; readonly after?: string }): Page {
    if (bound.after !== undefined) {
      const newer = this.#history.after(bound.after, limit + 1);
      const entries = cut(newer.slice(0, limit), PAGE_LENGTH);
      return { entries, more: entries.length < newer.length };
    }
    const older = bound.before === undefined
      ? this.#history.newest(limit + 1)
      : this.#history.before(bound.before, limit + 1);
    const entries = cutFromEnd(older.slice(-limit), PAGE_LENGTH);
    return { entries, more: entries.length < older.length };
  }

  /** Brings every cursor up to date whose connection can take it. */
  flush(now: number): void {
    if (this.owesPresence && now - this.#presenceToldAt >= PRESENCE_INTERVAL_MS) {
      this.#flushPresence(now);
    }
    this.#flushLog();
    this.#flushNotices();
  }

  /** Brings one cursor up to date, in pieces, as far as its connection can take it. */
  catchUp(cursor: Cursor): Standing {
    this.#detach(cursor);
    if (cursor.presence < this.presence.firstPosition) return "lost";
    if (cursor.presence < this.#presenceTold && !this.tellPresence(cursor)) return "behind";
    while (cursor.position < this.head || cursor.late < this.#lateCount) {
      if (cursor.late < this.#lateCount - this.#late.length) return "lost";
      const piece = this.#piece(cursor.position, cursor.late);
      if (!cursor.recipient.deliver(piece.events, piece.frame)) return "behind";
      cursor.position = piece.position;
      cursor.late = this.#lateCount;
    }
    // Not if it was removed meanwhile: a delivery that fails closes the connection.
    if (cursor.position === this.#flushed && cursor.late === this.#lateFlushed) {
      if (this.#catching.delete(cursor)) this.#live.add(cursor);
    }
    return "current";
  }

  /** Tells one cursor at once of who came and went. Returns whether its connection took it. */
  tellPresence(cursor: Cursor): boolean {
    if (cursor.presence < this.presence.firstPosition) return false;
    return this.#deliverPresence(cursor, this.#encodePresence(cursor.presence));
  }

  #flushPresence(now: number): void {
    const told = this.#presenceTold;
    const shared = this.#encodePresence(told);
    let allTook = true;
    for (const cursors of [this.#live, this.#catching]) {
      for (const cursor of cursors) {
        // A newcomer knows of some changes already, and whoever was slow does not know the last.
        const took = cursor.presence === told
          ? this.#deliverPresence(cursor, shared)
          : this.tellPresence(cursor);
        if (took) continue;
        allTook = false;
        this.#detach(cursor);
      }
    }
    this.#presenceTold = this.presence.position;
    this.#presenceToldAt = now;
    this.presence.forgetBefore(this.#presenceTold - (allTook ? 0 : MAX_PRESENCE_LAG));
  }

  #deliverPresence(cursor: Cursor, news: Encoded | undefined): boolean {
    if (news !== undefined && !cursor.recipient.deliver(news.events, news.frame)) return false;
    cursor.presence = this.presence.position;
    return true;
  }

  #encodePresence(position: number): Encoded | undefined {
    const event = this.presence.changesSince(position, this.name);
    return event && encoded(encodeEvent(event));
  }

  #flushLog(): void {
    this.#unflushed = 0;
    while (this.#flushed < this.head || this.#lateFlushed < this.#lateCount) {
      const piece = this.#piece(this.#flushed, this.#lateFlushed);
      for (const cursor of this.#live) {
        if (!cursor.recipient.deliver(piece.events, piece.frame)) this.#detach(cursor);
      }
      // Only now: who was held stays where it stood.
      this.#flushed = piece.position;
      this.#lateFlushed = this.#lateCount;
    }
    for (const cursor of this.#catching) this.catchUp(cursor);
  }

  /** What comes next for a cursor at a position that was given so many late entries. */
  #piece(position: string, late: number): Encoded & { readonly position: string } {
    // A late entry beyond the position comes at its place; the others were passed already.
    const unseen = late === this.#lateCount ? [] : this.#late.slice(late - this.#lateCount);
    const passed = unseen.filter((entry) => entry.id <= position);
    const entries = cut(this.#history.after(position, PIECE_ENTRIES), PIECE_LENGTH);
    const events = [this.#encodeMessages(passed), this.#encodeMessages(entries)];
    const first = entries[0];
    if (first !== undefined && position < this.#history.floor) {
      const gap = { type: "gap", room: this.name, after: position, before: first.id } as const;
      events.splice(1, 0, encodeEvent(gap));
    }
    const next = encoded(events.filter((each) => each !== "").join(","));
    return { ...next, position: entries.at(-1)?.id ?? position };
  }

  #encodeMessages(entries: readonly Entry[]): string {
    return encodeMessageEvents(this.#prefix, entries.map((entry) => entry.json));
  }

  /** Takes a cursor from the live ones. Only then its own place is written. */
  #detach(cursor: Cursor): void {
    if (!this.#live.delete(cursor)) return;
    cursor.position = this.#flushed;
    cursor.late = this.#lateFlushed;
    this.#catching.add(cursor);
  }

  #flushNotices(): void {
    const notices = this.#notices;
    if (notices.length === 0) return;
    this.#notices = [];
    const all = encoded(notices.map((notice) => notice.event).join(","));
    const authors = new Set(notices.map((notice) => notice.userId));
    for (const cursor of this.#live) {
      if (!authors.has(cursor.userId)) {
        cursor.recipient.deliver(all.events, all.frame);
        continue;
      }
      const others = notices.filter((notice) => notice.userId !== cursor.userId);
      if (others.length === 0) continue;
      const { events, frame } = encoded(others.map((notice) => notice.event).join(","));
      cursor.recipient.deliver(events, frame);
    }
  }
}

interface Encoded {
  readonly events: string;
  readonly frame: string;
}

function encoded(events: string): Encoded {
  return { events, frame: encodeFrame([events]) };
}

/** The first entries that together have at most `maxLength` UTF-16 units; one at least. */
function cut(entries: readonly Entry[], maxLength: number): readonly Entry[] {
  let length = 0;
  const end = entries.findIndex((entry, i) => (length += entry.json.length) > maxLength && i > 0);
  return end === -1 ? entries : entries.slice(0, end);
}

/** The last entries that together have at most `maxLength` UTF-16 units; one at least. */
function cutFromEnd(entries: readonly Entry[], maxLength: number): readonly Entry[] {
  return cut(entries.toReversed(), maxLength).toReversed();
}
