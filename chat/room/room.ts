/**
 * A room: a log, its members, and a cursor for each connection that has joined.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { encodeEvent, encodeFrame } from "../protocol/encode.ts";
import type { Message } from "../protocol/types.ts";
import { type Batches, isBefore, type LogPosition, RoomLog } from "./log.ts";
import { Presence } from "./presence.ts";

/** What a room is made with. */
export interface RoomOptions extends Pick<Config, "historySize" | "joinHistory" | "leaveGraceMs"> {
  /** Where deliveries are counted; left out, nowhere. */
  readonly metrics?: Pick<Metrics, "deliveries" | "gaps">;
}

/** A connection that a room delivers to. */
export interface Recipient {
  /** Whether it takes something now. If not, its cursor must wait. */
  canTake(): boolean;
  /**
   * Takes a frame, which all recipients share. To be called only when it can take one.
   *
   * @returns whether it was sent; if not, the recipient is gone
   */
  deliver(frame: string): boolean;
}

/** How far a connection has read a room. The room moves it. */
export interface Cursor {
  readonly room: Room;
  readonly recipient: Recipient;
  /** The user whose connection it is. */
  readonly userId: string;
  /** What was delivered of the room's log. */
  place: LogPosition;
  /** How many of the room's presence changes were told. */
  presence: number;
}

/** How much may be sent in one turn of the event loop. */
export interface SendBudget {
  /** Counts one more send. Returns whether that was the last of the turn. */
  spend(): boolean;
}

/** How a cursor stands after {@linkcode Room.catchUp}. */
export type CatchUpResult =
  /** It has all there is. */
  | "current"
  /** Its connection takes no more for now. */
  | "behind"
  /** What it misses is no longer kept: only a new connection can help. */
  | "lost";

/** How often presence is told, in milliseconds. The protocol allows 1,000. */
const PRESENCE_INTERVAL_MS = 500;

/**
 * Presence changes kept for those who read slowly, about 100 bytes each. As many as one address can
 * make in the 30 s for which a client may take nothing: with fewer, an address could get everybody
 * closed whose connection is slow.
 */
const MAX_PRESENCE_LAG = 20_000;

/** One room. */
export class Room {
  readonly name: string;
  readonly log: RoomLog;
  readonly presence: Presence;
  /** The address at which the room was made; empty if it was made by the server itself. */
  readonly maker: string;
  readonly #cursors = new Set<Cursor>();
  /** Those of the cursors that were added behind the log's end, until the next flush. */
  readonly #newcomers = new Set<Cursor>();
  readonly #historySize: number;
  readonly #metrics: Pick<Metrics, "deliveries" | "gaps">;
  /** How many messages were added, and how many of them every cursor was given, but for the slow. */
  #added = 0;
  #flushed = 0;
  /** The user who spoke first, and whether another one has. */
  #author: string | undefined;
  #hasSeveralAuthors = false;
  #notices: { readonly userId: string; readonly event: string }[] = [];
  #presenceTold = 0;
  #presenceToldAt = -Infinity;
  #news: { from: number; until: number; frame: string | undefined } | undefined;

  /** @param floor the newest id that the room can't vouch for */
  constructor(name: string, floor: string, options: RoomOptions, maker = "") {
    this.name = name;
    this.maker = maker;
    this.log = new RoomLog(name, floor, options);
    this.presence = new Presence(options.leaveGraceMs);
    this.#historySize = options.historySize;
    this.#metrics = options.metrics ?? { deliveries: 0, gaps: 0 };
  }

  /** Whether somebody is still to be told of a change of presence. */
  get owesPresence(): boolean {
    return this.#presenceTold < this.presence.position;
  }

  /** Whether it is time to tell everybody of the changes of presence. */
  isPresenceDue(now: number): boolean {
    return this.owesPresence && now - this.#presenceToldAt >= PRESENCE_INTERVAL_MS;
  }

  /** The number of cursors that are not at the log's end: until the next flush, and of the slow. */
  countWaiting(): number {
    const { end } = this.log;
    let count = 0;
    for (const cursor of this.#cursors) if (isBefore(cursor.place, end)) count++;
    return count;
  }

  /** Whether more than one user has said something here. */
  get hasSeveralAuthors(): boolean {
    return this.#hasSeveralAuthors;
  }

  /** Adds a message to the log; the next flush delivers it. */
  append(message: Message): void {
    // What the ring drops before it was flushed would be lost to everyone.
    if (this.#added - this.#flushed >= this.#historySize) this.#flushLog();
    if (!this.log.append(message)) return;
    this.#added++;
    this.#author ??= message.user.id;
    this.#hasSeveralAuthors ||= message.user.id !== this.#author;
  }

  /** Drops the oldest messages until the others take at most `maxBytes`. */
  shrink(maxBytes: number): void {
    // Flush first: messages that are dropped before would be lost to everyone.
    if (this.#added > this.#flushed) this.#flushLog();
    this.log.shrink(maxBytes);
  }

  /** Tells everyone but a user, with the next flush, and whoever is slow not at all. */
  notify(event: string, userId: string): void {
    this.#notices.push({ userId, event });
  }

  /**
   * Adds a cursor that stands at a position and knows who is there now. What follows the position is
   * delivered with the next flush.
   */
  add(recipient: Recipient, userId: string, position: string): Cursor {
    const { end } = this.log;
    const place = position === end.position ? end : { position, late: end.late };
    const cursor = { room: this, recipient, userId, place, presence: this.presence.position };
    this.#cursors.add(cursor);
    if (place !== end) this.#newcomers.add(cursor);
    return cursor;
  }

  /** Removes a cursor. */
  remove(cursor: Cursor): void {
    this.#cursors.delete(cursor);
    this.#newcomers.delete(cursor);
  }

  /**
   * Brings every cursor up to date whose connection can take it. Yields when a turn is over, to be
   * gone on with in the next one; not to be begun again before it has ended.
   */
  *flush(now: number, budget: SendBudget): Generator<void, void> {
    yield* this.#catchUpNewcomers(budget);
    const tellsPresence = this.isPresenceDue(now);
    const noticeFor = this.#takeNotices();
    const added = this.#added;
    if (!tellsPresence && noticeFor === undefined && added === this.#flushed) return;
    if (tellsPresence) {
      this.#presenceTold = this.presence.position;
      this.#presenceToldAt = now;
    }
    const pieces = this.log.batches();
    let allTook = true;
    // Cursors that are added meanwhile stand at the log's end. A flush that went on with them would
    // never end while clients join again and again.
    let left = this.#cursors.size;
    for (const cursor of this.#cursors) {
      if (left-- === 0) break;
      if (this.#advance(cursor, pieces) === "current") {
        const notice = noticeFor?.(cursor.userId);
        if (notice !== undefined && cursor.recipient.canTake()) cursor.recipient.deliver(notice);
      } else {
        allTook = false;
      }
      if (budget.spend()) yield;
    }
    this.#flushed = Math.max(this.#flushed, added);
    this.#news = undefined;
    if (tellsPresence) {
      this.presence.forgetBefore(this.#presenceTold - (allTook ? 0 : MAX_PRESENCE_LAG));
    }
  }

  /** Brings one cursor up to date, in pieces, as far as its connection can take it. */
  catchUp(cursor: Cursor): CatchUpResult {
    return this.#advance(cursor, this.log.batches());
  }

  /** Tells one cursor at once of who came and went. Returns whether its connection took it. */
  tellPresence(cursor: Cursor): boolean {
    const { position, firstPosition } = this.presence;
    if (cursor.presence >= position) return true;
    if (cursor.presence < firstPosition || !cursor.recipient.canTake()) return false;
    const frame = this.#encodePresence(cursor.presence);
    if (frame !== undefined) cursor.recipient.deliver(frame);
    cursor.presence = position;
    return true;
  }

  #advance(cursor: Cursor, pieces: Batches): CatchUpResult {
    if (cursor.presence < this.presence.firstPosition) return "lost";
    if (cursor.presence < this.#presenceTold && !this.tellPresence(cursor)) return "behind";
    while (isBefore(cursor.place, pieces.end)) {
      if (!this.log.canGoOn(cursor.place)) return "lost";
      // Before anything is encoded: in a busy room the slow are met at every flush.
      if (!cursor.recipient.canTake()) return "behind";
      const piece = pieces.next(cursor.place);
      if (piece === undefined) return "current";
      const { frame, messages, gaps, end } = piece;
      if (!cursor.recipient.deliver(frame)) return "behind";
      cursor.place = end;
      this.#metrics.deliveries += messages;
      this.#metrics.gaps += gaps;
    }
    return "current";
  }

  *#catchUpNewcomers(budget: SendBudget): Generator<void, void> {
    let left = this.#newcomers.size;
    for (const cursor of this.#newcomers) {
      if (left-- === 0) return;
      this.#newcomers.delete(cursor);
      this.catchUp(cursor);
      if (budget.spend()) yield;
    }
  }

  #flushLog(): void {
    const pieces = this.log.batches();
    for (const cursor of this.#cursors) this.#advance(cursor, pieces);
    this.#flushed = this.#added;
  }

  /** The change since a position; the last one is kept, since most cursors ask for the same. */
  #encodePresence(from: number): string | undefined {
    const until = this.presence.position;
    if (this.#news?.from !== from || this.#news.until !== until) {
      const event = this.presence.changesSince(from, this.name);
      this.#news = { from, until, frame: event && encodeFrame([encodeEvent(event)]) };
    }
    return this.#news.frame;
  }

  /** What each user is to be told, if there is something; nobody is told of what they do. */
  #takeNotices(): ((userId: string) => string | undefined) | undefined {
    const notices = this.#notices;
    if (notices.length === 0) return undefined;
    this.#notices = [];
    const all = encodeFrame(notices.map((notice) => notice.event));
    const authors = new Set(notices.map((notice) => notice.userId));
    return (userId) => {
      if (!authors.has(userId)) return all;
      const others = notices.filter((notice) => notice.userId !== userId);
      return others.length === 0 ? undefined : encodeFrame(others.map((notice) => notice.event));
    };
  }
}
