/**
 * Room: a log, the presence of its members, and a cursor for each connection that has joined.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { encodedUserId } from "../protocol/body.ts";
import { encodeEvent, encodeFrame, type LoggedMessage } from "../protocol/encode.ts";
import type { Batches } from "./batches.ts";
import { type LogOptions, type OpenedLog, RoomLog } from "./log.ts";
import { Presence } from "./presence.ts";
import { type RoomDocument, RoomRules, type RulesOptions } from "./rules.ts";

/** What a room is made with. */
export interface RoomOptions extends LogOptions, RulesOptions, Pick<Config, "leaveGraceMs"> {
  /** Where deliveries are counted; left out, nowhere. */
  readonly metrics?: Pick<Metrics, "deliveries" | "gaps">;
}

/** A connection that a room delivers to. */
export interface Recipient {
  /** True if it takes messages and gaps alone, as events of an event stream; left out: all, as frames. */
  readonly isEventStream?: boolean;
  /** Whether it can take a frame now. If not, its cursor must wait. */
  canTake(): boolean;
  /**
   * Takes a frame, or events, which all recipients share. To be called only when it can take them.
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
  /** How far the room's log was delivered. */
  position: string;
  /** How many of the room's changes of presence were delivered. */
  presence: number;
  /** The version of the room's settings that was delivered. */
  settings: number;
}

/** How much may be sent in one turn of the event loop. */
export interface SendBudget {
  /** Counts one more send. Returns whether that was the last of the turn. */
  spend(): boolean;
}

/** The state of a cursor after {@linkcode Room.catchUp}. */
export type CatchUpResult =
  /** It is at the end of the log. */
  | "current"
  /** Its connection takes no more for now. */
  | "behind"
  /** What it misses is not kept any more: its client must connect again. */
  | "lost";

/** How often changes of presence are delivered, in milliseconds. The protocol allows 1,000. */
const PRESENCE_INTERVAL_MS = 500;

/**
 * Changes of presence kept for slow clients, about 100 bytes each. As many as one address can make in
 * the 30 s for which a client may take nothing: with fewer, one address could get all slow clients
 * closed.
 */
const MAX_PRESENCE_LAG = 20_000;

/** One room. */
export class Room {
  readonly name: string;
  readonly log: RoomLog;
  readonly presence: Presence;
  readonly rules: RoomRules;
  /** Counts the changes of the settings. */
  settingsVersion = 0;
  /** Commands that need the room for a while, though nobody may be in it. */
  pins = 0;
  /** The id of the newest message. */
  lastId: string | undefined;
  /** The address at which the room was made; empty if it was made by the server itself. */
  readonly maker: string;
  /** Whether the messages are of more than one user. */
  hasSeveralAuthors = false;
  readonly #cursors = new Set<Cursor>();
  /** Those of the cursors that were added behind the log's end, until the next flush. */
  readonly #newcomers = new Set<Cursor>();
  readonly #historySize: number;
  readonly #metrics: Pick<Metrics, "deliveries" | "gaps">;
  /** How many messages were appended, and how many of them were flushed to all but slow clients. */
  #appended = 0;
  #flushed = 0;
  /** The author of the first message. */
  #author: string | undefined;
  #notices: { readonly userId: string; readonly event: string }[] = [];
  /** The version of the settings that was flushed. */
  #settingsSent = 0;
  #settingsFrame = "";
  #presenceSent = 0;
  #presenceSentAt = -Infinity;
  #lastChange: { from: number; until: number; frame: string | undefined } | undefined;

  constructor(name: string, opened: OpenedLog, options: RoomOptions, maker = "") {
    this.name = name;
    this.maker = maker;
    this.log = new RoomLog(name, opened, options);
    this.presence = new Presence(options.leaveGraceMs);
    this.rules = new RoomRules(name, options);
    for (const document of opened.documents ?? []) this.rules.apply(document);
    // Nobody is here whom they concern.
    this.rules.bans.takeFresh();
    this.#historySize = options.historySize;
    this.#metrics = options.metrics ?? { deliveries: 0, gaps: 0 };
    for (const message of opened.messages) this.#note(message);
  }

  /** Whether a change of presence is yet to be delivered. */
  get owesPresence(): boolean {
    return this.#presenceSent < this.presence.position;
  }

  /** Whether the changes of presence can be delivered now. */
  isPresenceDue(now: number): boolean {
    return this.owesPresence && now - this.#presenceSentAt >= PRESENCE_INTERVAL_MS;
  }

  /** Returns true if nobody has made the room yet: nothing of it is kept. */
  get isNew(): boolean {
    const { size, memoryFloor, keptFloor } = this.log;
    return !this.rules.isMade && size === 0 && memoryFloor <= keptFloor;
  }

  /** The number of cursors that are not at the log's end. */
  countWaiting(): number {
    const { head } = this.log;
    let count = 0;
    for (const cursor of this.#cursors) if (cursor.position < head) count++;
    return count;
  }

  /** Appends a message, or its new state, to the log; the next flush delivers it. */
  append(message: LoggedMessage): void {
    // The ring must drop no message that was not flushed, and none that a newcomer is yet to be given.
    if (this.#appended - this.#flushed >= this.#historySize) this.#flushLog();
    if (this.#newcomers.size > 0 && this.log.size >= this.#historySize) {
      for (const _ of this.#catchUpNewcomers({ spend: () => false }));
    }
    if (!this.log.append(message)) return;
    this.#appended++;
    this.#note(message);
  }

  /** Takes a document of the room. Returns whether its members are to be told. */
  applyDocument(document: RoomDocument): boolean {
    const { settings } = this.rules;
    if (!this.rules.apply(document)) return false;
    const next = this.rules.settings;
    this.settingsVersion++;
    this.#settingsFrame = "";
    const ids = [
      settings.owner,
      ...settings.moderators.keys(),
      next.owner,
      ...next.moderators.keys(),
    ];
    for (const id of ids) if (id !== undefined) this.presence.setRole(id, this.rules.roleOf(id));
    return true;
  }

  #note({ id, body }: LoggedMessage): void {
    if (this.lastId === undefined || id > this.lastId) this.lastId = id;
    if (this.hasSeveralAuthors) return;
    const author = encodedUserId(body);
    this.#author ??= author;
    this.hasSeveralAuthors = author !== this.#author;
  }

  /** Drops the oldest messages until the others take at most `maxBytes`. */
  shrink(maxBytes: number): void {
    // As in `append()`.
    if (this.#appended > this.#flushed || this.#newcomers.size > 0) this.#flushLog();
    this.log.shrink(maxBytes);
  }

  /** Drops the messages up to a position: they are kept nowhere any more. */
  trim(floor: string): void {
    if (floor <= this.log.memoryFloor) return this.log.trim(floor);
    // As in `append()`.
    if (this.#appended > this.#flushed || this.#newcomers.size > 0) this.#flushLog();
    this.log.trim(floor);
  }

  /**
   * Drops the messages up to a position: some of them are lost.
   *
   * @param left the newest that are left, which are to be added again
   */
  lose(until: string, left: readonly LoggedMessage[]): void {
    // As in `append()`.
    if (this.#appended > this.#flushed || this.#newcomers.size > 0) this.#flushLog();
    this.log.lose(until);
    this.lastId = undefined;
    for (const message of left) this.#note(message);
  }

  /** Sends an event to everyone but a user, with the next flush; not to slow clients. */
  notify(event: string, userId: string): void {
    this.#notices.push({ userId, event });
  }

  /**
   * Adds a cursor after a position of the log, with the present members. The entries that follow are
   * delivered with the next flush, or before the log drops one of them.
   */
  add(recipient: Recipient, userId: string, position: string): Cursor {
    const cursor = {
      ...{ room: this, recipient, userId, position },
      presence: this.presence.position,
      settings: this.settingsVersion,
    };
    this.#cursors.add(cursor);
    if (position < this.log.head) this.#newcomers.add(cursor);
    return cursor;
  }

  remove(cursor: Cursor): void {
    this.#cursors.delete(cursor);
    this.#newcomers.delete(cursor);
  }

  /**
   * Brings every cursor up to date whose recipient can take it. Yields when the budget of a turn is
   * spent, to be continued in the next turn; not to be called again before it has ended.
   */
  *flush(now: number, budget: SendBudget): Generator<void, void> {
    if (this.#newcomers.size > 0) yield* this.#catchUpNewcomers(budget);
    const sendsPresence = this.isPresenceDue(now);
    const noticeFor = this.#takeNotices();
    const appended = this.#appended;
    const sendsSettings = this.#settingsSent !== this.settingsVersion;
    if (
      !sendsPresence && noticeFor === undefined && appended === this.#flushed && !sendsSettings
    ) return;
    this.#settingsSent = this.settingsVersion;
    if (sendsPresence) {
      this.#presenceSent = this.presence.position;
      this.#presenceSentAt = now;
    }
    const batches = this.log.batches();
    let areAllCurrent = true;
    // Cursors that are added meanwhile are left to the next flush: with them, this one would never end
    // while clients join again and again.
    let left = this.#cursors.size;
    for (const cursor of this.#cursors) {
      if (left-- === 0) break;
      if (this.#advance(cursor, batches) === "current") {
        const notice = cursor.recipient.isEventStream ? undefined : noticeFor?.(cursor.userId);
        if (notice !== undefined && cursor.recipient.canTake()) cursor.recipient.deliver(notice);
      } else {
        areAllCurrent = false;
      }
      if (budget.spend()) yield;
    }
    this.#flushed = Math.max(this.#flushed, appended);
    this.#lastChange = undefined;
    if (sendsPresence) {
      this.presence.forgetBefore(this.#presenceSent - (areAllCurrent ? 0 : MAX_PRESENCE_LAG));
    }
  }

  /** Brings one cursor up to date, in batches, as far as its recipient can take them. */
  catchUp(cursor: Cursor): CatchUpResult {
    return this.#advance(cursor, this.log.batches());
  }

  /** Delivers the changes of presence to one cursor. Returns whether its recipient took them. */
  deliverPresence(cursor: Cursor): boolean {
    const { position, firstPosition } = this.presence;
    if (cursor.presence >= position) return true;
    if (cursor.presence < firstPosition || !cursor.recipient.canTake()) return false;
    const frame = this.#encodePresence(cursor.presence);
    if (frame !== undefined) cursor.recipient.deliver(frame);
    cursor.presence = position;
    return true;
  }

  #advance(cursor: Cursor, batches: Batches): CatchUpResult {
    const { recipient } = cursor;
    const { isEventStream = false } = recipient;
    if (!isEventStream) {
      if (cursor.presence < this.presence.firstPosition) return "lost";
      if (cursor.presence < this.#presenceSent && !this.deliverPresence(cursor)) return "behind";
      if (cursor.settings < this.settingsVersion && !this.#deliverSettings(cursor)) return "behind";
    }
    while (cursor.position < batches.end) {
      // Asked before anything is encoded: in a busy room every flush meets the slow clients.
      if (!recipient.canTake()) return "behind";
      const batch = batches.next(cursor.position);
      if (batch === undefined) return "current";
      const { messages, gaps, end } = batch;
      if (!recipient.deliver(isEventStream ? batch.events : batch.frame)) return "behind";
      cursor.position = end;
      this.#metrics.deliveries += messages;
      this.#metrics.gaps += gaps;
    }
    return "current";
  }

  #deliverSettings(cursor: Cursor): boolean {
    if (!cursor.recipient.canTake()) return false;
    this.#settingsFrame ||= encodeFrame([
      encodeEvent({ type: "settings", room: this.name, ...this.rules.published }),
    ]);
    cursor.settings = this.settingsVersion;
    return cursor.recipient.deliver(this.#settingsFrame);
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
    const batches = this.log.batches();
    for (const cursor of this.#cursors) this.#advance(cursor, batches);
    this.#newcomers.clear();
    this.#flushed = this.#appended;
  }

  /** The net change since a position. The last one is kept, since most cursors need the same. */
  #encodePresence(from: number): string | undefined {
    const until = this.presence.position;
    if (this.#lastChange?.from !== from || this.#lastChange.until !== until) {
      const event = this.presence.changesSince(from, this.name);
      this.#lastChange = { from, until, frame: event && encodeFrame([encodeEvent(event)]) };
    }
    return this.#lastChange.frame;
  }

  /** A function that gives each user the notices of the others, if there are any. */
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
