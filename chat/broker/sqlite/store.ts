/**
 * One life of a database: its connection, its tables, and the positions that it makes.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { ORIGIN, type Receipt } from "../broker.ts";
import { positionAt, timeOf } from "../../protocol/ulid.ts";
import { Epochs, MAX_EPOCHS, Positions } from "../positions.ts";
import { Receipts, RECEIPTS_KEPT_MS } from "../receipts.ts";
import { type Durability, openDatabase, transact, truncateWal } from "./database.ts";
import { DocumentTable } from "./documents.ts";
import { MessageTable } from "./messages.ts";
import { RoomTable } from "./rooms.ts";
import { SearchIndex } from "./search_index.ts";

/** What a {@linkcode Store} needs to know. */
export interface StoreOptions {
  readonly durability: Durability;
  readonly receiptBytes: number;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since some moment, never set back. */
  readonly elapsed: () => number;
}

/** Receipts that are deleted in one step. */
const STEP_RECEIPTS = 500;

/** One life of a database. */
export class Store {
  readonly db: DatabaseSync;
  readonly rooms: RoomTable;
  readonly messages: MessageTable;
  readonly documents: DocumentTable;
  readonly search: SearchIndex;
  readonly positions: Positions;
  readonly receipts: Receipts<Receipt>;
  /** The size of all messages. */
  bytes: number;
  readonly #elapsed: () => number;
  readonly #insertReceipt;
  readonly #deleteReceipts;
  readonly #saveEpoch;
  /** The last position of a receipt that has been forgotten, and of the older generation. */
  #forgotten = ORIGIN;
  #older = ORIGIN;

  /** @throws {Error} SQLite's, if the database can't be read or written */
  constructor(path: string, { durability, receiptBytes, now, elapsed }: StoreOptions) {
    const db = openDatabase(path, durability);
    try {
      this.db = db;
      this.rooms = new RoomTable(db);
      this.messages = new MessageTable(db);
      this.documents = new DocumentTable(db);
      this.search = new SearchIndex(db);
      this.bytes = this.rooms.sum();
      this.#elapsed = elapsed;
      this.#insertReceipt = db.prepare(
        "INSERT INTO receipts (made, user, ref, room, id, position) VALUES (?, ?, ?, ?, ?, ?)",
      );
      this.#deleteReceipts = db.prepare(
        `DELETE FROM receipts WHERE made IN
        (SELECT made FROM receipts WHERE made <= ? ORDER BY made LIMIT ${STEP_RECEIPTS})`,
      );
      this.#saveEpoch = db.prepare(
        "INSERT INTO epochs (epoch, last) VALUES (?, ?) " +
          "ON CONFLICT DO UPDATE SET last = excluded.last",
      );
      const epochs = readEpochs(db);
      const last = epochs.newest ?? ORIGIN;
      this.positions = new Positions(epochs, now());
      this.receipts = new Receipts(RECEIPTS_KEPT_MS, receiptBytes, elapsed());
      // By the older of both times: neither a clock that is ahead nor one that is back forgets early.
      const time = Math.min(now(), timeOf(last)) - 2 * RECEIPTS_KEPT_MS;
      this.#readReceipts(positionAt(time));
      transact(db, () => {
        this.saveEpoch(this.positions.start);
        db.prepare(
          "DELETE FROM epochs WHERE last NOT IN (SELECT last FROM epochs ORDER BY last DESC LIMIT ?)",
        ).run(MAX_EPOCHS);
      });
      // Text that was overwritten before a crash is not left in the WAL, and the header is up to
      // date.
      truncateWal(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /**
   * Keeps a receipt in the file. As JSON: SQLite's text has no lone surrogates, and ends at U+0000.
   *
   * @param made a position by which it ages
   */
  insertReceipt(made: string, user: string, ref: string, { position, room, id }: Receipt): void {
    const own = position === made ? null : position;
    this.#insertReceipt.run(made, JSON.stringify(user), JSON.stringify(ref), room, id, own);
  }

  /** Keeps the last position that was made. */
  saveEpoch(position: string): void {
    this.#saveEpoch.run(position.slice(10, 14), position);
  }

  /** Lets the receipts age. Returns whether some are to be deleted from the file. */
  ageReceipts(): boolean {
    if (this.receipts.sweep(this.#elapsed())) {
      this.#forgotten = this.#older;
      this.#older = this.positions.newest;
    }
    return this.#forgotten > ORIGIN;
  }

  /** Deletes some receipts that were forgotten. */
  deleteReceipts(): void {
    const { changes } = this.#deleteReceipts.run(this.#forgotten);
    if (Number(changes) < STEP_RECEIPTS) this.#forgotten = ORIGIN;
  }

  close(): void {
    this.db.close();
  }

  #readReceipts(from: string): void {
    this.#forgotten = from;
    const select = this.db.prepare(
      "SELECT coalesce(position, made) AS position, user, ref, room, id FROM receipts " +
        "WHERE made > ? ORDER BY made",
    );
    for (const { user, ref, room, id, position } of select.iterate(from)) {
      const receipt = { room: String(room), id: String(id), position: String(position) };
      this.receipts.remember(JSON.parse(String(user)), JSON.parse(String(ref)), receipt);
    }
  }
}

function readEpochs(db: DatabaseSync): Epochs {
  const rows = db.prepare("SELECT epoch, last FROM epochs").all();
  return new Epochs(rows.map(({ epoch, last }) => [String(epoch), String(last)] as const));
}
