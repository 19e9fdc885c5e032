/**
 * Shares of the memory for documents, and the rooms that may be forgotten.
 *
 * @module
 */

import { DAY_MS } from "../config/settings.ts";
import type { DocumentOp } from "./broker.ts";

/** Bytes of the documents that have a maker, of all makers together. */
export const MAX_DOCUMENTS_BYTES = 32 * 2 ** 20;

/** Bytes of documents that a maker may have, for each byte that is free. */
const BYTES_PER_FREE_BYTE = 1 / 4;

/** Bytes of a document besides its body and key. */
const DOCUMENT_BYTES = 200;

/**
 * For how long a room without messages and with nothing set is remembered, and how many of them.
 */
export const IDLE_MS = 30 * DAY_MS;
export const MAX_IDLE_ROOMS = 10_000;

/** The bytes that a document takes, and the maker of whose share. */
export interface Shared {
  readonly maker: string | undefined;
  readonly bytes: number;
}

/** The size of a document that is to be kept. */
export function sharedBy({ key, body, maker }: Pick<DocumentOp, "key" | "body" | "maker">): Shared {
  return { maker, bytes: DOCUMENT_BYTES + key.length + body.length };
}

/** Returns true if there is place for another document of a maker. */
export function hasShare(ownBytes: number, freeBytes: number): boolean {
  return ownBytes < freeBytes * BYTES_PER_FREE_BYTE;
}

/**
 * The bytes of documents by maker. A maker has place while its documents take less than a quarter
 * of what is free, as with receipts: one maker can fill a fifth.
 */
export class DocumentShares {
  readonly #maxBytes: number;
  readonly #bytes = new Map<string, number>();
  #sum = 0;

  constructor(maxBytes = MAX_DOCUMENTS_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Returns true if a document may be replaced by another one. One that is not larger always may.
   */
  hasPlace(next: Shared, old: Shared | undefined): boolean {
    if (next.maker === undefined || next.bytes <= (old?.bytes ?? 0)) return true;
    return hasShare(this.#bytes.get(next.maker) ?? 0, this.#maxBytes - this.#sum);
  }

  add({ maker, bytes }: Shared): void {
    if (maker === undefined) return;
    this.#sum += bytes;
    const sum = (this.#bytes.get(maker) ?? 0) + bytes;
    if (sum > 0) this.#bytes.set(maker, sum);
    else this.#bytes.delete(maker);
  }

  remove({ maker, bytes }: Shared): void {
    this.add({ maker, bytes: -bytes });
  }
}

/** The rooms without messages and with nothing set, the one that was made first at the start. */
export class IdleRooms {
  readonly #maxRooms: number;
  readonly #rooms = new Map<string, { readonly maker: string; readonly since: number }>();
  readonly #byMaker = new Map<string, Set<string>>();

  constructor(maxRooms = MAX_IDLE_ROOMS) {
    this.#maxRooms = maxRooms;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** @param since milliseconds since 1970 */
  add(room: string, maker: string, since: number): void {
    this.delete(room);
    this.#rooms.set(room, { maker, since });
    const rooms = this.#byMaker.get(maker) ?? new Set();
    this.#byMaker.set(maker, rooms.add(room));
  }

  delete(room: string): void {
    const { maker } = this.#rooms.get(room) ?? {};
    if (maker === undefined) return;
    this.#rooms.delete(room);
    const rooms = this.#byMaker.get(maker);
    rooms?.delete(room);
    if (rooms?.size === 0) this.#byMaker.delete(maker);
  }

  /**
   * The room to be forgotten next, if there is one: the oldest, or of too many that of the maker of
   * most.
   */
  next(now: number): string | undefined {
    const [oldest] = this.#rooms;
    if (oldest === undefined) return undefined;
    if (now - oldest[1].since > IDLE_MS) return oldest[0];
    if (this.#rooms.size <= this.#maxRooms) return undefined;
    let most: Set<string> | undefined;
    for (const rooms of this.#byMaker.values()) {
      if (most === undefined || rooms.size > most.size) most = rooms;
    }
    return most?.values().next().value;
  }
}

/** A room without messages and with nothing set, and the time since when, in milliseconds. */
export interface IdleRoom {
  readonly room: string;
  readonly maker: string;
  readonly since: number;
}

/**
 * The idle rooms that are too many, as {@linkcode IdleRooms} would name them one after the other, at the
 * cost of one sort.
 */
export function surplusRooms(rooms: readonly IdleRoom[], maxRooms: number): string[] {
  const ranks = new Map<string, number>();
  const ranked = rooms.toSorted((a, b) => b.since - a.since).map((each) => {
    const rank = (ranks.get(each.maker) ?? 0) + 1;
    ranks.set(each.maker, rank);
    return { ...each, rank };
  });
  return ranked.sort((a, b) => b.rank - a.rank || a.since - b.since)
    .slice(0, Math.max(0, rooms.length - maxRooms)).map(({ room }) => room);
}
