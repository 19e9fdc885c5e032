/**
 * Batches of a room's log, which cursors at the same position share.
 *
 * @module
 */

import {
  encodeEvent,
  encodeFrame,
  encodeMessageEvents,
  type LoggedMessage,
  messageEventPrefix,
} from "../protocol/encode.ts";
import { encodeStreamGap, encodeStreamMessages } from "../protocol/event_stream.ts";

/** Entries that are missing: all strictly between two positions. */
export interface Gap {
  readonly after: string;
  readonly before: string;
}

/** The entries after a position that fit into one frame. */
export class Batch {
  /** As a frame of a WebSocket. */
  readonly frame: string;
  readonly messages: number;
  readonly gaps: number;
  /** The position after the batch. */
  readonly end: string;
  readonly #room: string;
  readonly #entries: readonly LoggedMessage[];
  readonly #gap: Gap | undefined;
  #events = "";

  /** @param gap before the first entry */
  constructor(
    room: string,
    entries: readonly [LoggedMessage, ...LoggedMessage[]],
    gap?: Gap,
  ) {
    this.messages = entries.length;
    this.gaps = gap === undefined ? 0 : 1;
    this.end = (entries.at(-1) ?? entries[0]).position;
    this.#room = room;
    this.#entries = entries;
    this.#gap = gap;
    const messages = encodeMessageEvents(messageEventPrefix(room), entries);
    this.frame = encodeFrame(
      gap === undefined ? [messages] : [encodeEvent({ type: "gap", room, ...gap }), messages],
    );
  }

  /** As events of an event stream, which are made when they are first read. */
  get events(): string {
    if (this.#events === "") {
      const messages = encodeStreamMessages(messageEventPrefix(this.#room), this.#entries);
      this.#events = (this.#gap === undefined ? "" : encodeStreamGap(this.#gap)) + messages;
    }
    return this.#events;
  }
}

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
