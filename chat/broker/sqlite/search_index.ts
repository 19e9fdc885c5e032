/**
 * The search index: which messages have which words.
 *
 * A message is indexed after it was acknowledged, some hundred at a time. What was changed or
 * dropped leaves the index by its old text, without which its words would stay in the file.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { indexedText } from "./search_text.ts";

/** Messages that one step reads. */
const STEP_MESSAGES = 100;

/** Pages of the index that one merge writes: 1 to 2 ms. */
const MERGE_PAGES = 16;

/** A message in the index. */
export interface IndexedMessage {
  readonly number: number;
  /** The number of the room. */
  readonly room: number;
  readonly body: string;
}

/** The search index of a database. */
export class SearchIndex {
  readonly #insert;
  readonly #delete;
  readonly #new;
  readonly #newest;
  readonly #pending;
  readonly #pendingOf;
  readonly #wait;
  readonly #settle;
  readonly #saveIndexed;
  readonly #message;
  readonly #find;
  readonly #merge;
  readonly #changes;
  readonly #clear;
  readonly #clearPending;
  readonly #setSecure;
  #indexed: number;
  #last: number;
  /** Whether what is taken out is removed from the files at once. */
  #isSecure: boolean;
  /** Characters of the tokens that were taken out. */
  #erased = 0;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare("INSERT INTO search (rowid, room, words) VALUES (?, ?, ?)");
    this.#delete = db.prepare(
      "INSERT INTO search (search, rowid, room, words) VALUES ('delete', ?, ?, ?)",
    );
    this.#new = db.prepare(
      `SELECT e.number, e.room, m.body FROM entries AS e
      JOIN messages AS m ON m.room = e.room AND m.id = e.id
      WHERE e.number > ? ORDER BY e.number LIMIT ${STEP_MESSAGES}`,
    );
    this.#newest = db.prepare("SELECT coalesce(max(number), 0) AS number FROM entries");
    this.#pending = db.prepare(`SELECT number, old FROM pending LIMIT ${STEP_MESSAGES}`);
    this.#pendingOf = db.prepare("SELECT old FROM pending WHERE number = ?");
    this.#wait = db.prepare("INSERT OR IGNORE INTO pending (number, old) VALUES (?, ?)");
    this.#settle = db.prepare("DELETE FROM pending WHERE number = ?");
    this.#saveIndexed = db.prepare(
      "INSERT INTO meta (key, value) VALUES ('indexed', ?) " +
        "ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.#message = db.prepare(
      `SELECT e.number, e.room, m.body FROM entries AS e
      JOIN messages AS m ON m.room = e.room AND m.id = e.id WHERE e.number = ?`,
    );
    this.#find = db.prepare(
      `SELECT rowid AS number FROM search WHERE search MATCH ? AND rowid <= ?
      AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.number = search.rowid)
      ORDER BY rowid DESC LIMIT ?`,
    );
    this.#merge = db.prepare("INSERT INTO search (search, rank) VALUES ('merge', ?)");
    this.#changes = db.prepare("SELECT total_changes() AS changes");
    this.#clear = db.prepare("INSERT INTO search (search) VALUES ('delete-all')");
    this.#clearPending = db.prepare("DELETE FROM pending");
    // Numbers are bound as REAL, which FTS5 does not take here.
    this.#setSecure = db.prepare(
      "INSERT INTO search (search, rank) VALUES ('secure-delete', CAST(? AS INTEGER))",
    );
    const secure = db.prepare("SELECT v FROM search_config WHERE k = 'secure-delete'").get();
    this.#isSecure = Number(secure?.["v"]) === 1;
    const saved = db.prepare("SELECT value FROM meta WHERE key = 'indexed'").get();
    this.#indexed = saved === undefined ? 0 : Number(saved["value"]);
    this.#last = Math.max(this.#indexed, Number(this.#newest.get()?.["number"]));
  }

  /** The number of the newest message. */
  get last(): number {
    return this.#last;
  }

  /** Whether messages wait to be indexed. */
  get isBehind(): boolean {
    return this.#indexed < this.#last || this.hasPending;
  }

  /** Whether the index has words of messages that have other ones by now. */
  get hasPending(): boolean {
    return this.#pending.get() !== undefined;
  }

  /** Sets whether what is taken out from now on is removed from the files at once. */
  setSecure(isSecure: boolean): void {
    if (isSecure === this.#isSecure) return;
    this.#setSecure.run(isSecure ? 1 : 0);
    this.#isSecure = isSecure;
  }

  /**
   * Characters that were taken out in this life. FTS5 does it at the end of a transaction, where it
   * takes 1 to 2 µs each.
   */
  get erased(): number {
    return this.#erased;
  }

  /** Notes that messages up to a number are kept. */
  confirm(number: number): void {
    this.#last = number;
  }

  /** Notes that a message has another text now. In the transaction that changes it. */
  change({ number, body }: { readonly number: number; readonly body: string }): void {
    if (number <= this.#indexed) this.#wait.run(number, textIn(body));
  }

  /** Takes a message out that is being dropped. In the transaction that drops it. */
  remove({ number, room, body }: IndexedMessage): void {
    if (number > this.#indexed) return;
    const old = this.#pendingOf.get(number);
    this.#erase(number, room, old === undefined ? textIn(body) : String(old["old"]));
    if (old !== undefined) this.#settle.run(number);
  }

  /**
   * Indexes some of what waits, in a transaction.
   *
   * @param isLate whether it has taken long enough
   * @returns what is to be called when the transaction is done
   */
  step(isLate: () => boolean): () => void {
    for (const { number, old } of this.#pending.all()) {
      if (isLate()) return () => {};
      const message = this.#message.get(number ?? 0);
      if (message !== undefined) {
        this.#erase(Number(number), Number(message["room"]), String(old));
        this.#index(messageOf(message));
      }
      this.#settle.run(Number(number));
    }
    const rows = this.#new.all(this.#indexed);
    // All up to the last number, unless there are more rows or this step ends early.
    let indexed = rows.length < STEP_MESSAGES ? this.#last : this.#indexed;
    for (const [i, row] of rows.entries()) {
      const message = messageOf(row);
      this.#index(message);
      if (i < STEP_MESSAGES - 1 && !isLate()) continue;
      indexed = message.number;
      break;
    }
    this.#saveIndexed.run(indexed);
    return () => this.#indexed = indexed;
  }

  /**
   * Merges some parts of the index, in a transaction. Left to itself, FTS5 does so when something is
   * indexed, 20 ms and more at a time. Returns whether there was something to merge.
   */
  merge(): boolean {
    const before = this.#countChanges();
    this.#merge.run(MERGE_PAGES);
    // By its documentation: one change is the command itself.
    return this.#countChanges() - before > 1;
  }

  /** Empties the index, in a transaction. Returns what is to be called when it is done. */
  clear(): () => void {
    this.#clear.run();
    this.#clearPending.run();
    this.#saveIndexed.run(0);
    return () => this.#indexed = 0;
  }

  /** Up to `limit` numbers of messages with all phrases, from one number on downwards. */
  find(
    rooms: readonly number[],
    phrases: readonly string[],
    from: number,
    limit: number,
  ): number[] {
    const inRooms = rooms.map((room) => `room : "r${room}"`).join(" OR ");
    // Phrases have no quotes: those are tokens of characters that are no letters.
    const inText = phrases.map((phrase) => `words : "${phrase}"`).join(" AND ");
    return this.#find.all(`(${inRooms}) AND ${inText}`, from, limit)
      .map(({ number }) => Number(number));
  }

  #countChanges(): number {
    return Number(this.#changes.get()?.["changes"]);
  }

  #index({ number, room, body }: IndexedMessage): void {
    const words = indexedText(textIn(body));
    if (words !== "") this.#insert.run(number, `r${room}`, words);
  }

  #erase(number: number, room: number, text: string): void {
    const words = indexedText(text);
    if (words === "") return;
    this.#delete.run(number, `r${room}`, words);
    this.#erased += words.length;
  }
}

function messageOf(row: Record<string, unknown>): IndexedMessage {
  return { number: Number(row["number"]), room: Number(row["room"]), body: String(row["body"]) };
}

/** The text in the body of a message; empty if there is none. */
export function textIn(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    const hasText = typeof value === "object" && value !== null && "text" in value;
    return hasText && typeof value.text === "string" ? value.text : "";
  } catch {
    return "";
  }
}
