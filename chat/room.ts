/**
 * A room: a log, its members, and a cursor for each connection that has joined.
 *
 * @module
 */

import type { Counts } from "./counts.ts";
import type { Cursor, Recipient } from "./cursor.ts";
import { Presence } from "./presence.ts";
import { encodeEvent, encodeFrame, type Message } from "./protocol.ts";
import { type Place, RoomLog, type RoomLogOptions } from "./room_log.ts";

/** What a room needs to know of the configuration. */
export interface RoomOptions extends RoomLogOptions {
  readonly leaveGraceMs: number;
  /** Where deliveries are counted; left out, nowhere. */
  readonly counts?: Pick<Counts, "deliveries" | "gaps">;
}

/** Where a cursor stands after {@linkcode Room.catchUp}. */
export type Standing =
  /** It has all there is. */
  | "current"
  /** Its connection takes no more for now. */
  | "behind"
  /** What it misses is no longer kept: only a new connection can help. */
  | "lost";

/** How often presence is told, in milliseconds. The protocol allows 1,000. */
const PRESENCE_INTERVAL_MS = 500;

/** Presence changes kept for those who read slowly. */
const MAX_PRESENCE_LAG = 1000;

/** One room. */
export class Room {
  readonly name: string;
  readonly log: RoomLog;
  readonly presence: Presence;
  /** The cursors that stand at `#flushed`, and share every frame. */
  readonly #live = new Set<Cursor>();
  /** The cursors that stand elsewhere: newcomers, the resuming and the slow. */
  readonly #catching = new Set<Cursor>();
  readonly #historySize: number;
  readonly #counts: Pick<Counts, "deliveries" | "gaps">;
  #flushed: Place;
  #unflushed = 0;
  #notices: { readonly userId: string; readonly event: string }[] = [];
  #presenceTold = 0;
  #presenceToldAt = -Infinity;

  /** @param floor the newest id that the room can't vouch for */
  constructor(name: string, floor: string, options: RoomOptions) {
    this.name = name;
    this.log = new RoomLog(name, floor, options);
    this.presence = new Presence(options.leaveGraceMs);
    this.#historySize = options.historySize;
    this.#counts = options.counts ?? { deliveries: 0, gaps: 0 };
    this.#flushed = this.log.end;
  }

  /** Whether somebody is still to be told of a change of presence. */
  get owesPresence(): boolean {
    return this.#presenceTold < this.presence.position;
  }

  /** The number of cursors that are to be caught up: newcomers until the next flush, and the slow. */
  get waitingCount(): number {
    return this.#catching.size;
  }

  /** Adds a message to the log; the next flush delivers it. */
  append(message: Message): void {
    // What the ring drops before it was flushed would be lost to everyone.
    if (this.#unflushed >= this.#historySize) this.#flushLog();
    if (this.log.append(message)) this.#unflushed++;
  }

  /** Tells everyone but a user, with the next flush, and whoever is slow not at all. */
  notify(event: string, userId: string): void {
    this.#notices.push({ userId, event });
  }

  /** Adds a cursor that stands at a position and knows who is there now. */
  add(recipient: Recipient, userId: string, position: string): Cursor {
    const presence = this.presence.position;
    const cursor = { recipient, userId, position, late: this.log.end.late, presence };
    this.#catching.add(cursor);
    return cursor;
  }

  /** Removes a cursor. */
  remove(cursor: Cursor): void {
    this.#live.delete(cursor);
    this.#catching.delete(cursor);
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
    while (this.log.hasAfter(cursor)) {
      if (!this.log.canGoOn(cursor)) return "lost";
      // Before anything is encoded: in a busy room the slow are met at every flush.
      if (!cursor.recipient.canTake()) return "behind";
      const piece = this.log.next(cursor);
      if (!cursor.recipient.deliver(piece.frame)) return "behind";
      move(cursor, piece);
      this.#counts.deliveries += piece.messages;
      this.#counts.gaps += piece.gaps;
    }
    // Not if it was removed meanwhile: a delivery that fails closes the connection.
    if (!this.log.hasAfter(this.#flushed) && this.#catching.delete(cursor)) this.#live.add(cursor);
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

  #deliverPresence(cursor: Cursor, frame: string | undefined): boolean {
    if (frame !== undefined && !cursor.recipient.deliver(frame)) return false;
    cursor.presence = this.presence.position;
    return true;
  }

  #encodePresence(position: number): string | undefined {
    const event = this.presence.changesSince(position, this.name);
    return event && encodeFrame([encodeEvent(event)]);
  }

  #flushLog(): void {
    this.#unflushed = 0;
    while (this.log.hasAfter(this.#flushed)) {
      const piece = this.log.next(this.#flushed);
      for (const cursor of this.#live) {
        if (!cursor.recipient.deliver(piece.frame)) this.#detach(cursor);
      }
      // Only now: who was held stays where it stood.
      this.#flushed = piece;
      this.#counts.deliveries += piece.messages * this.#live.size;
    }
    for (const cursor of this.#catching) this.catchUp(cursor);
  }

  /** Takes a cursor from the live ones. Only then its own place is written. */
  #detach(cursor: Cursor): void {
    if (!this.#live.delete(cursor)) return;
    move(cursor, this.#flushed);
    this.#catching.add(cursor);
  }

  #flushNotices(): void {
    const notices = this.#notices;
    if (notices.length === 0) return;
    this.#notices = [];
    const all = encodeFrame(notices.map((notice) => notice.event));
    const authors = new Set(notices.map((notice) => notice.userId));
    for (const cursor of this.#live) {
      if (!authors.has(cursor.userId)) {
        cursor.recipient.deliver(all);
        continue;
      }
      const others = notices.filter((notice) => notice.userId !== cursor.userId);
      if (others.length === 0) continue;
      cursor.recipient.deliver(encodeFrame(others.map((notice) => notice.event)));
    }
  }
}

function move(cursor: Cursor, { position, late }: Place): void {
  cursor.position = position;
  cursor.late = late;
}
