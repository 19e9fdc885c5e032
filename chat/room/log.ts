/**
 * Log of a room in memory: snapshots for newcomers, and batches for cursors.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { publicBody } from "../protocol/body.ts";
import { charBytes } from "../text/texts.ts";
import { type LoggedMessage, MESSAGE_FIELDS_BYTES } from "../protocol/encode.ts";
import { Batch, Batches, type Gap } from "./batches.ts";
import { cut, cutFromEnd, PAGE_BYTES } from "./cut.ts";
import { Ring } from "./ring.ts";
import type { RoomDocument } from "./rules.ts";

/** A message in the log. */
export interface Entry extends LoggedMessage {
  /** Bytes of memory that the entry takes. */
  readonly bytes: number;
}

/** What is known of the log of a room when the room is opened. */
export interface OpenedLog {
  /** The newest messages, in the order of their positions. */
  readonly messages: readonly LoggedMessage[];
  /** The position of the log's end. */
  readonly head: string;
  /** The position of the last message that is kept nowhere any more. */
  readonly floor: string;
  /** The position up to which messages are lost that were told, though the rest is kept. */
  readonly lostUntil?: string;
  /** The position after which no message is missing; left out, that is `floor`. */
  readonly memoryFloor?: string;
  /** The documents of the room. */
  readonly documents?: readonly RoomDocument[];
}

/** What a log is made with. */
export interface LogOptions extends Pick<Config, "historySize" | "joinHistory"> {
  /** Whether messages that the log drops are kept elsewhere. */
  readonly isKeptElsewhere?: boolean;
}

/** The position after which a client wants to continue. */
export interface ResumeRequest {
  /** The position up to which it has everything. */
  readonly since: string;
  /** Whether this server can have given `since`: see `Broker.vouches()`. */
  readonly isVouched: boolean;
}

/** The newest messages of the room by id, read from where all of them are kept. */
export interface NewestMessages {
  /** Ascending by id, with nothing between missing. */
  readonly messages: readonly LoggedMessage[];
  /** True if there are messages older than the first. */
  readonly more: boolean;
  /** The head of the log in memory just before they were read. */
  readonly head: string;
}

/** The part of the log that a newcomer is given, and the position of its cursor. */
export interface JoinSnapshot {
  readonly entries: readonly Entry[];
  readonly complete: boolean;
  readonly more: boolean;
  readonly follow: number;
  /** Memory of the JSON of the entries, and of those that follow. */
  readonly bytes: number;
  readonly head: string;
  readonly floor: string;
  /** The position after which the cursor starts. */
  readonly position: string;
}

/** The place in a log at which a stream of events begins. */
export interface StreamStart {
  /** The position after which it begins. */
  readonly position: string;
  /** The messages before it that may be missing. */
  readonly gap?: Gap;
  /** Memory of the JSON of what is to be delivered at once. */
  readonly bytes: number;
}

/** Bytes of an entry besides its body: two strings, two objects and their slots. */
const ENTRY_BYTES = 200;

/**
 * The most memory and entries of one batch: small enough that a slow client is held soon, large
 * enough that a burst takes few sends.
 */
const BATCH_BYTES = 65_536;
const BATCH_ENTRIES = 512;

/** The log of one room: its newest messages, each in its current state. */
export class RoomLog {
  readonly #room: string;
  readonly #options: LogOptions;
  readonly #ring: Ring<Entry>;
  /** The position of the last message that is kept nowhere any more, nor is any before it. */
  #floor: string;
  /** The position up to which nobody is promised that nothing is missing. */
  #lostUntil = "";
  /** How many messages were changed. */
  #changes = 0;
  /** True if memory had no place for all messages that the log may hold. */
  #isShrunk = false;

  /** @param opened of its messages the log takes as many as it holds */
  constructor(room: string, opened: OpenedLog, options: LogOptions) {
    const { messages, head, floor, lostUntil = "", memoryFloor = floor } = opened;
    this.#room = room;
    this.#options = options;
    this.#floor = floor;
    const start = messages.length === 0 ? head : memoryFloor;
    this.#ring = new Ring(options.historySize, memoryFloor, start);
    for (const message of messages) this.append(message);
    this.#lostUntil = lostUntil;
    if (lostUntil > this.#ring.head) this.#ring.head = lostUntil;
  }

  get size(): number {
    return this.#ring.size;
  }

  /** Memory of the messages, in bytes. */
  get bytes(): number {
    return this.#ring.bytes;
  }

  /** The position of a cursor that has read everything. */
  get head(): string {
    return this.#ring.head;
  }

  /** The newest position up to which messages are lost, or kept nowhere any more. */
  get floor(): string {
    return later(this.keptFloor, this.#lostUntil);
  }

  /** The newest position up to which messages are kept nowhere any more. */
  get keptFloor(): string {
    return this.#options.isKeptElsewhere ? this.#floor : this.#ring.floor;
  }

  /** The newest position up to which messages may be missing in memory. */
  get memoryFloor(): string {
    return this.#ring.floor;
  }

  /** The most messages that a newcomer is given. */
  get newcomerLimit(): number {
    return Math.min(this.#options.joinHistory, this.#options.historySize);
  }

  /** Adds a message, or its new state. Returns whether it is newer than all others. */
  append(message: LoggedMessage): boolean {
    if (message.position !== message.id) this.#changes++;
    return this.#ring.append(entryOf(message));
  }

  /**
   * Adds older messages, with nothing missing after `memoryFloor`, as many as there is place for. A
   * message that was changed since it was read is in memory in its new state.
   */
  extend(messages: readonly LoggedMessage[], memoryFloor: string): void {
    // Some may have been dropped everywhere since they were read.
    const kept = messages.filter(({ position }) => position > this.#floor);
    const floor = memoryFloor > this.#floor ? memoryFloor : this.#floor;
    this.#ring.prepend(kept.map(entryOf), floor);
  }

  shrink(maxBytes: number): void {
    this.#isShrunk = true;
    this.#ring.shrink(maxBytes);
  }

  /** Drops the messages up to a position: they are kept nowhere any more. */
  trim(floor: string): void {
    this.#ring.trim(floor);
    this.#floor = later(floor, this.#floor);
  }

  /** Drops the messages up to a position: some of them are lost, and the others to be read again. */
  lose(until: string): void {
    this.#ring.trim(until);
    this.#lostUntil = later(until, this.#lostUntil);
  }

  /** The batches up to the log's end as it is now. */
  batches(): Batches {
    const { head } = this;
    return new Batches(head, (from) => this.#encode(from, head), () => this.#changes);
  }

  /**
   * Returns true if older messages must be read into memory to tell what a client has missed. Not
   * where there is no place for them: they would be read for each client, and dropped again.
   */
  lacksOlder({ since, isVouched }: ResumeRequest): boolean {
    return isVouched && !this.#isShrunk && since < this.#ring.floor && since >= this.floor &&
      this.size < this.#options.historySize;
  }

  /**
   * Whether the newest messages must be read for a newcomer before {@linkcode RoomLog.open}: memory has
   * older ones that were changed instead.
   */
  lacksNewest(request?: ResumeRequest): boolean {
    if (!this.#ring.hasChanges || this.#hasAll) return false;
    if (request !== undefined && this.#missed(request) !== undefined) return false;
    return this.#newestKnown().length < this.newcomerLimit;
  }

  /**
   * The snapshot for a newcomer: the newest messages, or those that it has missed.
   *
   * @param read the newest messages, where memory lacks them
   */
  open(request?: ResumeRequest, read?: NewestMessages): JoinSnapshot {
    const { head } = this.#ring;
    const missed = request && this.#missed(request);
    if (missed === undefined) {
      const { newest, more } = this.#newest(read);
      const entries = cutFromEnd(newest, PAGE_BYTES, jsonBytes);
      return {
        entries,
        complete: request === undefined,
        more: more || entries.length < newest.length,
        follow: 0,
        bytes: encodedBytes(entries),
        head,
        floor: this.floor,
        position: head,
      };
    }
    const entries = cut(missed.slice(0, this.#options.joinHistory), PAGE_BYTES, jsonBytes);
    const follow = missed.length - entries.length;
    return {
      entries,
      complete: true,
      more: this.#hasOlder(missed),
      follow,
      bytes: encodedBytes(missed),
      head,
      floor: this.floor,
      position: follow > 0 ? entries.at(-1)?.position ?? request?.since ?? head : head,
    };
  }

  /**
   * The position after which a stream of events begins, with the gap before it if messages may be
   * missing. Without a request it begins at the end.
   */
  resume(request?: ResumeRequest): StreamStart {
    const { head } = this.#ring;
    if (request === undefined) return { position: head, bytes: 0 };
    const { since } = request;
    const missed = this.#missed(request);
    if (missed !== undefined) return { position: since, bytes: encodedBytes(missed) };
    const floor = this.#promisedFrom;
    const kept = this.#ring.after(floor);
    const [first] = kept;
    return {
      position: first === undefined ? head : floor,
      gap: { after: since, before: first?.position ?? head },
      bytes: encodedBytes(kept),
    };
  }

  /**
   * The newest messages in memory by id, with nothing between missing, and whether they are all that are
   * kept.
   */
  known(): { messages: readonly Entry[]; isWhole: boolean } {
    const known = this.#newestKnown();
    return { messages: this.#ring.hasChanges ? known.sort(byId) : known, isWhole: this.#hasAll };
  }

  /** The messages after a position; `undefined` if memory may lack some. */
  after(position: string): readonly Entry[] | undefined {
    return position < this.#ring.floor ? undefined : this.#ring.after(position);
  }

  /** Whether all messages that are kept are in memory. */
  get #hasAll(): boolean {
    return this.#ring.floor <= this.keptFloor;
  }

  /** The position after which nothing is missing that anybody was told. */
  get #promisedFrom(): string {
    return later(this.#ring.floor, this.#lostUntil);
  }

  /** Returns true if there are messages older than the first of some that end the log. */
  #hasOlder(missed: readonly Entry[]): boolean {
    if (!this.#hasAll) return true;
    const [first] = missed;
    if (first === undefined || !this.#ring.hasChanges) return missed.length < this.size;
    return this.#ring.newest(this.size).some(({ id }) => id < first.id);
  }

  #missed({ since, isVouched }: ResumeRequest): readonly Entry[] | undefined {
    return isVouched && since >= this.#lostUntil ? this.after(since) : undefined;
  }

  /** As many of the newest messages as a newcomer is given, and whether there are older ones. */
  #newest(read: NewestMessages | undefined): { newest: readonly Entry[]; more: boolean } {
    const limit = this.newcomerLimit;
    if (!this.#ring.hasChanges) {
      const newest = this.#ring.newest(limit);
      return { newest, more: !this.#hasAll || newest.length < this.size };
    }
    const isCurrent = read !== undefined && read.head >= this.#ring.floor;
    const known = isCurrent ? this.#merge(read) : this.#newestKnown();
    const newest = known.sort(byId).slice(Math.max(0, known.length - limit));
    const hasOlder = isCurrent ? read.more : !this.#hasAll;
    return { newest, more: hasOlder || newest.length < known.length };
  }

  /** The newest messages in memory with nothing between missing, in any order. */
  #newestKnown(): Entry[] {
    const entries = this.#ring.newest(this.size);
    const { floor } = this.#ring;
    // Between older ones others may be missing that were not changed.
    return this.#hasAll ? entries : entries.filter(({ id }) => id > floor);
  }

  /**
   * The newest messages that were read, in their states as of now, in any order. Memory has whatever
   * was said or changed since they were read.
   */
  #merge({ messages, more }: NewestMessages): Entry[] {
    const { head } = this.#ring;
    const first = more ? messages[0]?.id ?? head : "";
    const merged = new Map<string, Entry>();
    for (const message of messages) {
      // A message that is newer than the log is delivered next; one up to the floor is kept no more.
      if (message.id > head || message.position <= this.keptFloor) continue;
      merged.set(message.id, entryOf(message));
    }
    for (const entry of this.#ring.newest(this.size)) {
      const read = merged.get(entry.id);
      if (entry.id < first || (read !== undefined && read.position > entry.position)) continue;
      merged.set(entry.id, entry);
    }
    return [...merged.values()];
  }

  /** With a `gap` event if the ring has dropped the next entries, or some of them may be lost. */
  #encode(from: string, until: string): Batch | undefined {
    const next = this.#ring.after(later(from, this.#promisedFrom), BATCH_ENTRIES);
    // At least one: the ring may have dropped all up to the end.
    const wanted = next.filter((entry, i) => i === 0 || entry.position <= until);
    const entries = cut(wanted, BATCH_BYTES, jsonBytes);
    const [first, ...others] = entries;
    // The gap is sent before the next message, which has not come yet.
    if (first === undefined) return undefined;
    const gap = from < this.#promisedFrom ? { after: from, before: first.position } : undefined;
    return new Batch(this.#room, [first, ...others], gap);
  }
}

function entryOf({ id, position, body }: LoggedMessage): Entry {
  const told = position === id ? body : publicBody(body);
  return { id, position, body: told, bytes: ENTRY_BYTES + charBytes(told) };
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

function byId(a: Entry, b: Entry): number {
  return a.id < b.id ? -1 : 1;
}

/** Bytes of the JSON of entries. */
function encodedBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + jsonBytes(entry), 0);
}

function jsonBytes({ bytes }: Entry): number {
  return bytes - ENTRY_BYTES + MESSAGE_FIELDS_BYTES;
}
