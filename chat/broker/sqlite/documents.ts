/**
 * The table of documents: settings of rooms, bans.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { timeOf } from "../../protocol/ulid.ts";
import { type Document, type DocumentOp, type KeyedDocument, readDocumentKey } from "../broker.ts";
import { DocumentShares, IdleRooms, type Shared, sharedBy } from "../document_shares.ts";

/** Documents that are forgotten in one step. */
const STEP_DOCUMENTS = 50;

/** A document with what decides how long it is kept. */
export interface DocumentRow extends KeyedDocument {
  readonly maker: string | undefined;
  readonly isIdle: boolean;
}

/** The changes of a transaction. They count only when the transaction is done. */
export interface DocumentChange {
  readonly room: string;
  readonly old: Shared | undefined;
  readonly next: Shared | undefined;
}

/** The documents of a database. */
export class DocumentTable {
  /** In memory, as of the last transaction that was done. */
  readonly shares = new DocumentShares();
  readonly idle = new IdleRooms();
  readonly #get;
  readonly #of;
  readonly #set;
  readonly #delete;
  readonly #expired;

  constructor(db: DatabaseSync) {
    this.#get = db.prepare("SELECT * FROM documents WHERE key = ?");
    this.#of = db.prepare("SELECT * FROM documents WHERE key >= ? AND key < ? ORDER BY key");
    this.#set = db.prepare(
      "INSERT INTO documents (key, position, body, maker, idle, expires) VALUES (?, ?, ?, ?, ?, ?) " +
        "ON CONFLICT DO UPDATE SET position = excluded.position, body = excluded.body, " +
        "maker = excluded.maker, idle = excluded.idle, expires = excluded.expires",
    );
    this.#delete = db.prepare("DELETE FROM documents WHERE key = ?");
    this.#expired = db.prepare(
      `SELECT * FROM documents WHERE expires < ? LIMIT ${STEP_DOCUMENTS}`,
    );
    const shares = db.prepare(
      "SELECT key, maker, length(body) AS length FROM documents WHERE maker IS NOT NULL",
    );
    for (const { key, maker, length } of shares.iterate()) {
      const { bytes } = sharedBy({ key: String(key), body: "" });
      this.shares.add({ maker: String(maker), bytes: bytes + Number(length) });
    }
    const idle = db.prepare(
      "SELECT key, maker, position FROM documents WHERE idle = 1 AND maker IS NOT NULL " +
        "AND NOT EXISTS (SELECT 1 FROM rooms WHERE name = substr(key, 1, instr(key, ':') - 1)) " +
        "ORDER BY position",
    );
    for (const { key, maker, position } of idle.iterate()) {
      const { room } = readDocumentKey(String(key));
      // A room of which something is set may have bans, which alone would not keep it.
      if (!this.of(room).every(({ isIdle }) => isIdle)) continue;
      this.idle.add(room, String(maker), timeOf(String(position)));
    }
  }

  get(key: string): Document | undefined {
    const row = this.row(key);
    return row && { position: row.position, body: row.body };
  }

  row(key: string): DocumentRow | undefined {
    const row = this.#get.get(key);
    return row && rowOf(row);
  }

  /** All documents of a room. */
  of(room: string): DocumentRow[] {
    // The character after ":".
    return this.#of.all(`${room}:`, `${room};`).map(rowOf);
  }

  set({ key, body, maker, isIdle = false, expires }: DocumentOp, position: string): void {
    this.#set.run(key, position, body, maker ?? null, Number(isIdle), expires ?? null);
  }

  /** Counts what was changed in a transaction that is done. */
  confirm({ room, old, next }: DocumentChange, hasMessages: boolean, now: number): void {
    if (old !== undefined) this.shares.remove(old);
    if (next !== undefined) this.shares.add(next);
    this.noteRoom(room, hasMessages, now);
  }

  /** Puts a room among those that may be forgotten, or takes it out. */
  noteRoom(room: string, hasMessages: boolean, now: number): void {
    const rows = hasMessages ? [] : this.of(room);
    const maker = rows[0]?.maker;
    if (maker !== undefined && rows.every(({ isIdle }) => isIdle)) this.idle.add(room, maker, now);
    else this.idle.delete(room);
  }

  /** Returns true if something is to be forgotten. */
  isOverdue(now: number): boolean {
    return this.idle.next(now) !== undefined || this.#expired.get(now) !== undefined;
  }

  /** Forgets some of what may be forgotten, in a transaction. Returns what is to be confirmed. */
  forget(now: number): DocumentChange[] {
    const idle = this.idle.next(now);
    const expired = this.#expired.all(now).map(rowOf)
      // They are among the others.
      .filter(({ key }) => readDocumentKey(key).room !== idle);
    return [...expired, ...idle === undefined ? [] : this.of(idle)].map((row) => {
      this.#delete.run(row.key);
      return { room: readDocumentKey(row.key).room, old: sharedBy(sharable(row)), next: undefined };
    });
  }
}

function rowOf(row: Record<string, unknown>): DocumentRow {
  return {
    key: String(row["key"]),
    position: String(row["position"]),
    body: String(row["body"]),
    maker: row["maker"] === null ? undefined : String(row["maker"]),
    isIdle: row["idle"] === 1,
  };
}

/** A row as an op has its fields. */
export function sharable({ key, body, maker }: DocumentRow): Parameters<typeof sharedBy>[0] {
  return { key, body, ...maker !== undefined && { maker } };
}
