/**
 * Log of a room: snapshots for newcomers, pages, and batches for cursors.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { charBytes } from "../text/texts.ts";
import {
  encodeEvent,
  encodeFrame,
  encodeMessage,
  encodeMessageEvents,
  messageEventPrefix,
} from "../protocol/encode.ts";
import type { Message } from "../protocol/types.ts";
import { Ring } from "./ring.ts";

/** A message in the log. It is encoded once, when it is appended. */
export interface Entry {
  readonly id: string;
  /** As {@linkcode encodeMessage} gives it. */
  readonly json: string;
  /** Bytes of memory that the entry takes. */
  readonly bytes: number;
}

/** How far a log was read. */
export interface LogPosition {
  /** The id of the last entry that was read, or any id after which reading starts. */
  readonly id: string;
  /** How many of the late entries were read. */
  readonly late: number;
}

/** The entries after a position that fit into one frame. */
export interface Batch {
  readonly frame: string;
  readonly messages: number;
  readonly gaps: number;
  /** The position after the batch. */
  readonly end: LogPosition;
}

/** The position after which a client wants to continue. */
export interface ResumeRequest {
  /** The position up to which it has everything. */
  readonly since: string;
  /** `since`, or an older position after which entries are repeated, since some may be late. */
  readonly overlap: string;
  /** Whether this server can have given `since`: see `Ids.vouches()`. */
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
  /** The id after which the cursor starts. */
  readonly position: string;
}

/** Bytes of an entry besides its characters: two strings, an object and a slot, as measured. */
const ENTRY_BYTES = 136;

/**
 * The most memory and entries of one batch: small enough that a slow client is held soon, large
 * enough that a burst takes few sends.
 */
const BATCH_BYTES = 65_536;
const BATCH_ENTRIES = 512;

/** The batches kept for other cursors at the same positions. */
const MAX_BATCHES = 16;

/**
 * The most memory of the entries in a `joined` or `history` event. Pages of usual texts stay below
 * it. An answer is queued for a client that does not read, so it must not be much larger than the
 * mark at which a client is held: with 1 MiB, two addresses took 200 MB.
 */
const PAGE_BYTES = 262_144;

/**
 * The batches for many cursors, up to an end that stays where it is while the log grows. Cursors at
 * the same position share a batch, which is encoded once.
 */
export class Batches {
  readonly end: LogPosition;
  readonly #encode: (from: LogPosition) => Batch | undefined;
  readonly #batches = new Map<LogPosition, Batch>();

  constructor(end: LogPosition, encode: (from: LogPosition) => Batch | undefined) {
    this.end = end;
    this.#encode = encode;
  }

  /** The batch after a position; none if all its entries were dropped for want of memory. */
  next(position: LogPosition): Batch | undefined {
    const known = this.#batches.get(position);
    if (known !== undefined) return known;
    const batch = this.#encode(position);
    if (batch === undefined) return undefined;
    if (this.#batches.size >= MAX_BATCHES) this.#batches.clear();
    this.#batches.set(position, batch);
    return batch;
  }
}

/** The log of one room. */
export class RoomLog {
  readonly #room: string;
  readonly #options: Pick<Config, "historySize" | "joinHistory">;
  readonly #ring: Ring<Entry>;
  readonly #prefix: string;
  /** The latest of the late entries, at most as many as the ring holds; all are counted. */
  #late: Entry[] = [];
  #lateCount = 0;
  #lateBytes = 0;
  #end: LogPosition | undefined;

  /** @param floor the newest id up to which messages may be missing */
  constructor(room: string, floor: string, options: Pick<Config, "historySize" | "joinHistory">) {
    this.#room = room;
    this.#options = options;
    this.#ring = new Ring(options.historySize, floor);
    this.#prefix = messageEventPrefix(room);
  }

  get size(): number {
    return this.#ring.size;
  }

  /** Memory of the messages, in bytes. Late ones count twice: the ring may drop them first. */
  get bytes(): number {
    return this.#ring.bytes + this.#lateBytes;
  }

  /** The position of a cursor that has read everything. The same object until it changes. */
  get end(): LogPosition {
    return this.#end ??= { id: this.#ring.head, late: this.#lateCount };
  }

  /** Adds a message. Returns whether it is new. */
  append(message: Message): boolean {
    const json = encodeMessage(message);
    const entry = { id: message.id, json, bytes: ENTRY_BYTES + charBytes(json) };
    const placement = this.#ring.append(entry);
    if (placement === "late") {
      this.#late.push(entry);
      this.#lateCount++;
      this.#lateBytes += entry.bytes;
      if (this.#late.length > this.#options.historySize) {
        this.#lateBytes -= this.#late.shift()?.bytes ?? 0;
      }
    }
    if (placement === "known") return false;
    this.#end = undefined;
    return true;
  }

  shrink(maxBytes: number): void {
    // Cursors that have not read them yet are lost: their clients must connect again.
    this.#late = [];
    this.#lateBytes = 0;
    this.#ring.shrink(maxBytes);
    this.#end = undefined;
  }

  /** Whether all late entries after a position are kept. Others that are not kept make a gap. */
  canContinue({ late }: LogPosition): boolean {
    return late >= this.#lateCount - this.#late.length;
  }

  /** The batches up to the log's end as it is now. */
  batches(): Batches {
    const { end } = this;
    return new Batches(end, (from) => this.#encode(from, end));
  }

  /** The snapshot for a newcomer: the newest messages, or those that it has missed. */
  open(request?: ResumeRequest): JoinSnapshot {
    const { head } = this.#ring;
    const { joinHistory } = this.#options;
    const missed = request && this.#missed(request);
    const entries = missed === undefined
      ? cutFromEnd(this.#ring.newest(joinHistory), PAGE_BYTES)
      : cut(missed.slice(0, joinHistory), PAGE_BYTES);
    const following = missed?.slice(entries.length) ?? [];
    const follow = following.length;
    const bytes = encodedBytes(entries) + encodedBytes(following);
    const first = entries[0]?.id;
    const more = first === undefined ? this.size > 0 : this.#ring.before(first, 1).length > 0;
    const complete = request === undefined || missed !== undefined;
    const last = entries.at(-1)?.id ?? request?.overlap;
    const position = follow > 0 && last !== undefined ? last : head;
    return { entries, complete, more, follow, bytes, head, position };
  }

  #missed({ overlap, isVouched }: ResumeRequest): Entry[] | undefined {
    if (overlap < this.#ring.floor || !isVouched) return undefined;
    return this.#ring.after(overlap);
  }

  /**
   * A page of the log, oldest first: the newest before or the oldest after a position, or the newest
   * of all. Also whether there are `more` in this direction.
   */
  page(
    limit: number,
    bound: { readonly before?: string; readonly after?: string },
  ): { readonly entries: readonly Entry[]; readonly more: boolean } {
    if (bound.after !== undefined) {
      const newer = this.#ring.after(bound.after, limit + 1);
      const entries = cut(newer.slice(0, limit), PAGE_BYTES);
      return { entries, more: entries.length < newer.length };
    }
    const older = bound.before === undefined
      ? this.#ring.newest(limit + 1)
      : this.#ring.before(bound.before, limit + 1);
    const entries = cutFromEnd(older.slice(-limit), PAGE_BYTES);
    return { entries, more: entries.length < older.length };
  }

  /** With a `gap` event if the ring has dropped the next entries. */
  #encode({ id, late }: LogPosition, until: LogPosition): Batch | undefined {
    // Late entries after the position are in the ring; the others must be sent besides.
    const unseen = late === this.#lateCount ? [] : this.#late.slice(late - this.#lateCount);
    const passed = unseen.filter((entry) => entry.id <= id);
    const next = this.#ring.after(id, BATCH_ENTRIES);
    // At least one: the ring may have dropped all up to the end.
    const wanted = next.filter((entry, i) => i === 0 || entry.id <= until.id);
    const entries = cut(wanted, BATCH_BYTES);
    // The gap is sent before the next message, which has not come yet.
    if (passed.length + entries.length === 0) return undefined;
    const events = [this.#encodeMessages(passed), this.#encodeMessages(entries)];
    const first = entries[0];
    const hasGap = first !== undefined && id < this.#ring.floor;
    if (hasGap) {
      const gap = { type: "gap", room: this.#room, after: id, before: first.id } as const;
      events.splice(1, 0, encodeEvent(gap));
    }
    const end = { id: entries.at(-1)?.id ?? id, late: this.#lateCount };
    return {
      frame: encodeFrame(events.filter((each) => each !== "")),
      messages: passed.length + entries.length,
      gaps: hasGap ? 1 : 0,
      end: end.id === until.id && end.late === until.late ? until : end,
    };
  }

  #encodeMessages(entries: readonly Entry[]): string {
    return encodeMessageEvents(this.#prefix, entries.map((entry) => entry.json));
  }
}

/** Whether there is something to read between a position and an end. */
export function isBefore(position: LogPosition, end: LogPosition): boolean {
  if (position === end) return false;
  return position.id < end.id || position.late < end.late;
}

/** Memory of the JSON of entries, in bytes. */
export function encodedBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes - ENTRY_BYTES, 0);
}

/** The first entries whose JSON takes at most `maxBytes`; at least one. */
function cut(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  let sum = 0;
  const end = entries.findIndex(({ bytes }, i) => (sum += bytes - ENTRY_BYTES) > maxBytes && i > 0);
  return end === -1 ? entries : entries.slice(0, end);
}

/** The last entries whose JSON takes at most `maxBytes`; at least one. */
function cutFromEnd(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  return cut(entries.toReversed(), maxBytes).toReversed();
}
