/**
 * Log of a room in memory: snapshots for newcomers, and batches for cursors.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { publicBody } from "../protocol/body.ts";
import { charBytes } from "../text/texts.ts";
import {
  encodeEvent,
  encodeFrame,
  encodeMessageEvents,
  type LoggedMessage,
  MESSAGE_FIELDS_BYTES,
  messageEventPrefix,
} from "../protocol/encode.ts";
import { cut, cutFromEnd, PAGE_BYTES } from "./cut.ts";
import { Ring } from "./ring.ts";

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
}

/** What a log is made with. */
export interface LogOptions extends Pick<Config, "historySize" | "joinHistory"> {
  /** Whether messages that the log drops are kept elsewhere. */
  readonly isKeptElsewhere?: boolean;
}

/** The entries after a position that fit into one frame. */
export interface Batch {
  readonly frame: string;
  readonly messages: number;
  readonly gaps: number;
  /** The position after the batch. */
  readonly end: string;
}

/** The position after which a client wants to continue. */
export interface ResumeRequest {
  /** The position up to which it has everything. */
  readonly since: string;
  /** Whether this server can have given `since`: see `Broker.vouches()`. */
  readonly isVouched: boolean;
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

/** Bytes of an entry besides its body: two strings, two objects and their slots. */
const ENTRY_BYTES = 200;

/**
 * The most memory and entries of one batch: small enough that a slow client is held soon, large
 * enough that a burst takes few sends.
 */
const BATCH_BYTES = 65_536;
const BATCH_ENTRIES = 512;

/** The batches kept for other cursors at the same positions. */
const MAX_BATCHES = 16;

/**
 * The batches for many cursors, up to an end that stays where it is while the log grows. Cursors at
 * the same position share a batch, which is encoded once.
 */
export class Batches {
  readonly end: string;
  readonly #encode: (from: string) => Batch | undefined;
  readonly #countChanges: () => number;
  readonly #batches = new Map<string, Batch>();
  #changes: number;

  /** @param countChanges after a change of a message no batch is shared that has its old state */
  constructor(
    end: string,
    encode: (from: string) => Batch | undefined,
    countChanges: () => number,
  ) {
    this.end = end;
    this.#encode = encode;
    this.#countChanges = countChanges;
    this.#changes = countChanges();
  }

  /** The batch after a position; none if all its entries were dropped for want of memory. */
  next(position: string): Batch | undefined {
    const changes = this.#countChanges();
    if (changes !== this.#changes) this.#batches.clear();
    this.#changes = changes;
    const known = this.#batches.get(position);
    if (known !== undefined) return known;
    const batch = this.#encode(position);
    if (batch === undefined) return undefined;
    if (this.#batches.size >= MAX_BATCHES) this.#batches.clear();
    this.#batches.set(position, batch);
    return batch;
  }
}

/** The log of one room: its newest messages, each in its current state. */
export class RoomLog {
  readonly #room: string;
  readonly #options: LogOptions;
  readonly #ring: Ring<Entry>;
  readonly #prefix: string;
  #floor: string;
  /** How many messages were changed. */
  #changes = 0;

  /** @param opened of its messages the log takes as many as it holds */
  constructor(room: string, { messages, head, floor }: OpenedLog, options: LogOptions) {
    this.#room = room;
    this.#options = options;
    this.#floor = floor;
    this.#ring = new Ring(options.historySize, floor, messages.length === 0 ? head : floor);
    this.#prefix = messageEventPrefix(room);
    for (const message of messages) this.append(message);
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

  /** The newest position up to which messages are kept nowhere any more. */
  get floor(): string {
    return this.#options.isKeptElsewhere ? this.#floor : this.#ring.floor;
  }

  /** The newest position up to which messages may be missing in memory. */
  get memoryFloor(): string {
    return this.#ring.floor;
  }

  /** Adds a message, or its new state. Returns whether it is newer than all others. */
  append({ id, position, body }: LoggedMessage): boolean {
    const isChanged = position !== id;
    const told = isChanged ? publicBody(body) : body;
    if (isChanged) this.#changes++;
    return this.#ring.append({ id, position, body: told, bytes: ENTRY_BYTES + charBytes(told) });
  }

  shrink(maxBytes: number): void {
    this.#ring.shrink(maxBytes);
  }

  /** Drops the messages up to a position: they are kept nowhere any more. */
  trim(floor: string): void {
    this.#ring.trim(floor);
    if (floor > this.#floor) this.#floor = floor;
  }

  /** The batches up to the log's end as it is now. */
  batches(): Batches {
    const { head } = this;
    return new Batches(head, (from) => this.#encode(from, head), () => this.#changes);
  }

  /** The snapshot for a newcomer: the newest messages, or those that it has missed. */
  open(request?: ResumeRequest): JoinSnapshot {
    const { head } = this.#ring;
    const { joinHistory } = this.#options;
    const missed = request && this.#missed(request);
    const entries = missed === undefined
      ? cutFromEnd(this.#newestById(joinHistory), PAGE_BYTES, jsonBytes)
      : cut(missed.slice(0, joinHistory), PAGE_BYTES, jsonBytes);
    const following = missed?.slice(entries.length) ?? [];
    const follow = following.length;
    const bytes = encodedBytes(entries) + encodedBytes(following);
    const more = !this.#hasAll || entries.length + follow < this.size;
    const complete = request === undefined || missed !== undefined;
    const last = entries.at(-1)?.position ?? request?.since;
    const position = follow > 0 && last !== undefined ? last : head;
    return { entries, complete, more, follow, bytes, head, floor: this.floor, position };
  }

  /** Whether all messages that are kept are in memory. */
  get #hasAll(): boolean {
    return this.#ring.floor <= this.floor;
  }

  #missed({ since, isVouched }: ResumeRequest): Entry[] | undefined {
    if (since < this.#ring.floor || !isVouched) return undefined;
    return this.#ring.after(since);
  }

  /** The newest messages in the order of their ids, with nothing between missing. */
  #newestById(limit: number): readonly Entry[] {
    if (!this.#ring.hasChanges) return this.#ring.newest(limit);
    const { floor } = this.#ring;
    const entries = this.#ring.newest(this.size);
    // Between older ones others may be missing that were not changed.
    const known = this.#hasAll ? entries : entries.filter(({ id }) => id > floor);
    return known.sort((a, b) => a.id < b.id ? -1 : 1).slice(Math.max(0, known.length - limit));
  }

  /** With a `gap` event if the ring has dropped the next entries. */
  #encode(from: string, until: string): Batch | undefined {
    const next = this.#ring.after(from, BATCH_ENTRIES);
    // At least one: the ring may have dropped all up to the end.
    const wanted = next.filter((entry, i) => i === 0 || entry.position <= until);
    const entries = cut(wanted, BATCH_BYTES, jsonBytes);
    const [first] = entries;
    const last = entries.at(-1);
    // The gap is sent before the next message, which has not come yet.
    if (first === undefined || last === undefined) return undefined;
    const events = [encodeMessageEvents(this.#prefix, entries)];
    const hasGap = from < this.#ring.floor;
    if (hasGap) {
      const gap = { type: "gap", room: this.#room, after: from, before: first.position } as const;
      events.unshift(encodeEvent(gap));
    }
    return {
      frame: encodeFrame(events),
      messages: entries.length,
      gaps: hasGap ? 1 : 0,
      end: last.position,
    };
  }
}

/** Bytes of the JSON of entries. */
export function encodedBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + jsonBytes(entry), 0);
}

function jsonBytes({ bytes }: Entry): number {
  return bytes - ENTRY_BYTES + MESSAGE_FIELDS_BYTES;
}
