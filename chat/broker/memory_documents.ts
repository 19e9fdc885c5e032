/**
 * Documents in memory.
 *
 * @module
 */

import { type Document, type DocumentOp, type KeyedDocument, readDocumentKey } from "./broker.ts";
import { DocumentShares, IdleRooms, sharedBy } from "./document_shares.ts";

/** A document with all that decides how long it is kept. */
type Kept = KeyedDocument & Pick<DocumentOp, "maker" | "isIdle" | "expires">;

/** Between two looks for documents that have expired, in milliseconds. */
const SWEEP_MS = 60_000;

/** The documents of a {@linkcode MemoryBroker}. */
export class MemoryDocuments {
  readonly #hasMessages: (room: string) => boolean;
  readonly #rooms = new Map<string, Map<string, Kept>>();
  /** The keys of documents that expire. */
  readonly #expiring = new Set<string>();
  readonly #shares = new DocumentShares();
  readonly #idle = new IdleRooms();
  #sweptAt = -Infinity;

  constructor(hasMessages: (room: string) => boolean) {
    this.#hasMessages = hasMessages;
  }

  get(key: string): Document | undefined {
    const kept = this.#kept(key);
    return kept && { position: kept.position, body: kept.body };
  }

  of(room: string): KeyedDocument[] {
    const documents = this.#rooms.get(room)?.values() ?? [];
    return Array.from(documents, ({ key, position, body }) => ({ key, position, body }));
  }

  hasPlace(op: DocumentOp): boolean {
    const old = this.#kept(op.key);
    return this.#shares.hasPlace(sharedBy(op), old && sharedBy(old));
  }

  set(
    { key, body, maker, isIdle = false, expires }: DocumentOp,
    position: string,
    now: number,
  ): void {
    this.#delete(key);
    const kept = {
      ...{ key, position, body, isIdle },
      ...maker !== undefined && { maker },
      ...expires !== undefined && { expires },
    };
    const { room } = readDocumentKey(key);
    const documents = this.#rooms.get(room) ?? new Map<string, Kept>();
    this.#rooms.set(room, documents.set(key, kept));
    this.#shares.add(sharedBy(kept));
    if (expires !== undefined) this.#expiring.add(key);
    this.#noteIdle(room, now);
  }

  /** A room has its first message. */
  noteFull(room: string): void {
    this.#idle.delete(room);
  }

  /** A room has lost its last message. */
  noteEmpty(room: string, now: number): void {
    if (this.#rooms.has(room)) this.#noteIdle(room, now);
  }

  /** Forgets what may be forgotten. */
  sweep(now: number): void {
    for (let room = this.#idle.next(now); room !== undefined; room = this.#idle.next(now)) {
      this.#idle.delete(room);
      for (const { key } of this.of(room)) this.#delete(key);
    }
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    for (const key of this.#expiring) {
      if ((this.#kept(key)?.expires ?? 0) < now) this.#delete(key);
    }
  }

  #kept(key: string): Kept | undefined {
    return this.#rooms.get(readDocumentKey(key).room)?.get(key);
  }

  /** Puts a room among those that may be forgotten, or takes it out. */
  #noteIdle(room: string, now: number): void {
    const documents = [...this.#rooms.get(room)?.values() ?? []];
    const maker = documents[0]?.maker;
    const isIdle = documents.every((each) => each.isIdle) && !this.#hasMessages(room);
    if (maker !== undefined && isIdle) this.#idle.add(room, maker, now);
    else this.#idle.delete(room);
  }

  #delete(key: string): void {
    const kept = this.#kept(key);
    if (kept === undefined) return;
    const { room } = readDocumentKey(key);
    const documents = this.#rooms.get(room);
    documents?.delete(key);
    if (documents?.size === 0) this.#rooms.delete(room);
    this.#expiring.delete(key);
    this.#shares.remove(sharedBy(kept));
  }
}
