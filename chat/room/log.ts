/**
 * A room's log as it is read: what a newcomer gets, pages, and the next piece for a cursor.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { charBytes } from "../limits/bytes.ts";
import {
  encodeEvent,
  encodeFrame,
  encodeMessage,
  encodeMessageEvents,
  messageEventPrefix,
} from "../protocol/encode.ts";
import type { Message } from "../protocol/types.ts";
import { Ring } from "./ring.ts";

/** A message in the log, encoded when it came and never again. */
export interface Entry {
  readonly id: string;
  /** As {@linkcode encodeMessage} gives it. */
  readonly json: string;
  /** Bytes of memory that the entry takes. */
  readonly bytes: number;
}

/** A place in the log. */
export interface LogPosition {
  /** The id of the last entry that was read, or the position that reading starts after. */
  readonly position: string;
  /** How many of the late entries were read. */
  readonly late: number;
}

/** What comes after a place, as far as it fits into one frame, and the place after it. */
export interface Batch {
  readonly frame: string;
  readonly messages: number;
  readonly gaps: number;
  readonly end: LogPosition;
}

/** Where a client wants to go on. */
export interface ResumeRequest {
  /** The position that it knows everything up to. */
  readonly since: string;
  /** `since`, or an older position, from which to repeat what may have come late. */
  readonly overlap: string;
  /** Whether `since` is a position that this server can have given: see `Ids.vouches()`. */
  readonly isVouched: boolean;
}

/** What a newcomer is given of the log, and where its cursor goes on. */
export interface JoinSnapshot {
  readonly entries: readonly Entry[];
  readonly complete: boolean;
  readonly more: boolean;
  readonly follow: number;
  /** Bytes of the JSON of the entries and of all that follows, in memory. */
  readonly bytes: number;
  readonly head: string;
  readonly position: string;
}

/** A page of the log, oldest first. */
export interface Page {
  readonly entries: readonly Entry[];
  /** Whether there is more in the direction that was asked for. */
  readonly more: boolean;
}

/** Bytes of an entry besides its characters: two strings, an object and a slot, as measured. */
const ENTRY_BYTES = 136;

/**
 * The most bytes in one frame of catching up, in memory: small enough that a slow client is held
 * soon, large enough that a burst to all takes few sends.
 */
const BATCH_BYTES = 65_536;
const BATCH_ENTRIES = 512;

/** The pieces kept for whoever else stands at the same place: those of a burst, and some slow. */
const MAX_BATCHES = 16;

/**
 * The most that a `joined` or `history` event may hold, in bytes of memory. Pages of usual texts are
 * whole. An answer is added to what is queued for a client that does not read, so it must not be much
 * more than the mark at which a client has to wait: with 1 MiB, two addresses took 200 MB.
 */
const PAGE_BYTES = 262_144;

/**
 * What follows the places of many cursors, up to an end that stays where it is while the log grows.
 * Cursors that stand together share each piece, which is encoded once.
 */
export class Batches {
  readonly end: LogPosition;
  readonly #encode: (from: LogPosition, end: LogPosition) => Batch | undefined;
  readonly #pieces = new Map<LogPosition, Batch>();

  constructor(
    end: LogPosition,
    encode: (from: LogPosition, end: LogPosition) => Batch | undefined,
  ) {
    this.end = end;
    this.#encode = encode;
  }

  /** The piece after a place; none if all of it was dropped for want of memory. */
  next(place: LogPosition): Batch | undefined {
    const known = this.#pieces.get(place);
    if (known !== undefined) return known;
    const piece = this.#encode(place, this.end);
    if (piece === undefined) return undefined;
    if (this.#pieces.size >= MAX_BATCHES) this.#pieces.clear();
    this.#pieces.set(place, piece);
    return piece;
  }
}

/** The log of one room. */
export class RoomLog {
  readonly #room: string;
  readonly #options: Pick<Config, "historySize" | "joinHistory">;
  readonly #ring: Ring<Entry>;
  readonly #prefix: string;
  /** The latest of the entries that came late, as many as the ring holds; all are counted. */
  #late: Entry[] = [];
  #lateCount = 0;
  #lateBytes = 0;
  #end: LogPosition | undefined;

  /** @param floor the newest id that the log can't vouch for */
  constructor(room: string, floor: string, options: Pick<Config, "historySize" | "joinHistory">) {
    this.#room = room;
    this.#options = options;
    this.#ring = new Ring(options.historySize, floor);
    this.#prefix = messageEventPrefix(room);
  }

  /** The number of messages kept. */
  get size(): number {
    return this.#ring.size;
  }

  /** Bytes of memory that the messages take. Late ones count twice, as the ring may drop them first. */
  get bytes(): number {
    return this.#ring.bytes + this.#lateBytes;
  }

  /** The log's end: the place of whoever has read everything. The same object until it moves. */
  get end(): LogPosition {
    return this.#end ??= { position: this.#ring.head, late: this.#lateCount };
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

  /** Drops the oldest messages until the others take at most `maxBytes`. */
  shrink(maxBytes: number): void {
    // Kept for cursors that are behind: their connections must come again.
    this.#late = [];
    this.#lateBytes = 0;
    this.#ring.shrink(maxBytes);
    this.#end = undefined;
  }

  /** Whether what came late after a place is still kept. What came in order is a gap if it isn't. */
  canGoOn({ late }: LogPosition): boolean {
    return late >= this.#lateCount - this.#late.length;
  }

  /** What there is to read up to the log's end as it is now. */
  batches(): Batches {
    return new Batches(this.end, (from, until) => this.#encode(from, until));
  }

  /** What a newcomer gets: the newest messages, or what was missed since it was here. */
  open(resumption?: ResumeRequest): JoinSnapshot {
    const { head } = this.#ring;
    const { joinHistory } = this.#options;
    const missed = resumption && this.#missed(resumption);
    const entries = missed === undefined
      ? cutFromEnd(this.#ring.newest(joinHistory), PAGE_BYTES)
      : cut(missed.slice(0, joinHistory), PAGE_BYTES);
    const following = missed?.slice(entries.length) ?? [];
    const follow = following.length;
    const bytes = encodedBytes(entries) + encodedBytes(following);
    const first = entries[0]?.id;
    const more = first === undefined ? this.size > 0 : this.#ring.before(first, 1).length > 0;
    const complete = resumption === undefined || missed !== undefined;
    const last = entries.at(-1)?.id ?? resumption?.overlap;
    const position = follow > 0 && last !== undefined ? last : head;
    return { entries, complete, more, follow, bytes, head, position };
  }

  #missed({ overlap, isVouched }: ResumeRequest): Entry[] | undefined {
    if (overlap < this.#ring.floor || !isVouched) return undefined;
    return this.#ring.after(overlap);
  }

  /** A page of the log: the newest before or the oldest after a position, or the newest of all. */
  page(limit: number, bound: { readonly before?: string; readonly after?: string }): Page {
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

  /** With a `gap` where the ring has lost what comes next. */
  #encode({ position, late }: LogPosition, until: LogPosition): Batch | undefined {
    // A late entry beyond the position comes at its place; the others were passed already.
    const unseen = late === this.#lateCount ? [] : this.#late.slice(late - this.#lateCount);
    const passed = unseen.filter((entry) => entry.id <= position);
    const next = this.#ring.after(position, BATCH_ENTRIES);
    // One at least: the ring may have lost all up to the end.
    const wanted = next.filter((entry, i) => i === 0 || entry.id <= until.position);
    const entries = cut(wanted, BATCH_BYTES);
    // The gap is told before the next message, which has not come yet.
    if (passed.length + entries.length === 0) return undefined;
    const events = [this.#encodeMessages(passed), this.#encodeMessages(entries)];
    const first = entries[0];
    const hasGap = first !== undefined && position < this.#ring.floor;
    if (hasGap) {
      const gap = { type: "gap", room: this.#room, after: position, before: first.id } as const;
      events.splice(1, 0, encodeEvent(gap));
    }
    const end = { position: entries.at(-1)?.id ?? position, late: this.#lateCount };
    return {
      frame: encodeFrame(events.filter((each) => each !== "")),
      messages: passed.length + entries.length,
      gaps: hasGap ? 1 : 0,
      end: isSame(end, until) ? until : end,
    };
  }

  #encodeMessages(entries: readonly Entry[]): string {
    return encodeMessageEvents(this.#prefix, entries.map((entry) => entry.json));
  }
}

/** Whether there is something to read between a place and an end. */
export function isBefore(place: LogPosition, end: LogPosition): boolean {
  if (place === end) return false;
  return place.position < end.position || place.late < end.late;
}

function isSame(a: LogPosition, b: LogPosition): boolean {
  return a.position === b.position && a.late === b.late;
}

/** Bytes of the JSON of entries together, in memory. */
export function encodedBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes - ENTRY_BYTES, 0);
}

/** The first entries whose JSON takes at most `maxBytes`; one at least. */
function cut(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  let sum = 0;
  const end = entries.findIndex(({ bytes }, i) => (sum += bytes - ENTRY_BYTES) > maxBytes && i > 0);
  return end === -1 ? entries : entries.slice(0, end);
}

/** The last entries whose JSON takes at most `maxBytes`; one at least. */
function cutFromEnd(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  return cut(entries.toReversed(), maxBytes).toReversed();
}
