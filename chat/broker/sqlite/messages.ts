/**
 * The table of messages, one row each, by id and by position.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { DatabaseSync } from "node:sqlite";
import { type Message, ORIGIN } from "../broker.ts";

/** What a message takes in the files besides its body: ids, positions, indexes. */
const MESSAGE_BYTES = 200;

/** Beyond all ids and positions. */
export const END = "~";

/** A message, and its number in the search index. */
export interface NumberedMessage extends Message {
  readonly number: number;
}

/** The size of a message, in bytes. */
export function sizeOf(body: string): number {
  return MESSAGE_BYTES + Buffer.byteLength(body);
}

/** The messages of a database. */
export class MessageTable {
  readonly #insert;
  readonly #number;
  readonly #update;
  readonly #delete;
  readonly #unnumber;
  readonly #get;
  readonly #after;
  readonly #before;
  readonly #idsBefore;
  readonly #idsFrom;
  readonly #lastBefore;
  readonly #byNumber;

  constructor(db: DatabaseSync) {
    const columns = "id, position, body";
    this.#insert = db.prepare(
      "INSERT INTO messages (room, id, position, number, body) VALUES (?, ?, ?, ?, ?)",
    );
    this.#number = db.prepare("INSERT INTO entries (number, room, id) VALUES (?, ?, ?)");
    this.#update = db.prepare(
      "UPDATE messages SET position = ?, body = ? WHERE room = ? AND id = ?",
    );
    this.#delete = db.prepare("DELETE FROM messages WHERE room = ? AND id = ?");
    this.#unnumber = db.prepare("DELETE FROM entries WHERE number = ?");
    this.#get = db.prepare(`SELECT number, ${columns} FROM messages WHERE room = ? AND id = ?`);
    this.#after = db.prepare(byPosition(">"));
    this.#before = db.prepare(byPosition("<"));
    this.#idsBefore = db.prepare(
      `SELECT ${columns} FROM messages WHERE room = ? AND id < ? ORDER BY id DESC LIMIT ?`,
    );
    this.#idsFrom = db.prepare(
      `SELECT ${columns} FROM messages WHERE room = ? AND id >= ? ORDER BY id LIMIT ?`,
    );
    this.#lastBefore = db.prepare(
      "SELECT number FROM messages WHERE room = ? AND id < ? ORDER BY id DESC LIMIT 1",
    );
    this.#byNumber = db.prepare(
      `SELECT rooms.name, m.number, m.id, m.position, m.body FROM entries
      JOIN messages AS m ON m.room = entries.room AND m.id = entries.id
      JOIN rooms ON rooms.number = entries.room WHERE entries.number = ?`,
    );
  }

  insert(room: number, { id, position, body, number }: NumberedMessage): void {
    this.#insert.run(room, id, position, number, body);
    this.#number.run(number, room, id);
  }

  update(room: number, { id, position, body }: Message): void {
    this.#update.run(position, body, room, id);
  }

  delete(room: number, { id, number }: NumberedMessage): void {
    this.#delete.run(room, id);
    this.#unnumber.run(number);
  }

  get(room: number, id: string): NumberedMessage | undefined {
    const row = this.#get.get(room, id);
    return row && numbered(row);
  }

  /** Up to `limit` messages after a position, ascending by position. */
  after(room: number, position: string, limit: number): Message[] {
    return this.#after.all({ room, position, limit }).map(messageOf);
  }

  /** Up to `limit` messages before a position, descending by position. */
  before(room: number, position: string, limit: number): Message[] {
    return this.#before.all({ room, position, limit }).map(messageOf);
  }

  /** Up to `limit` of the oldest messages by position. */
  oldest(room: number, limit: number): NumberedMessage[] {
    return this.#after.all({ room, position: ORIGIN, limit }).map(numbered);
  }

  /** Up to `limit` messages with lesser ids, descending. */
  idsBefore(room: number, id: string, limit: number): Message[] {
    return this.#idsBefore.all(room, id, limit).map(messageOf);
  }

  /** Up to `limit` messages with an id or greater ones, ascending. */
  idsFrom(room: number, id: string, limit: number): Message[] {
    return this.#idsFrom.all(room, id, limit).map(messageOf);
  }

  /** The position of the last message. */
  head(room: number): string | undefined {
    const row = this.#before.get({ room, position: END, limit: 1 });
    return row && String(row["position"]);
  }

  /** The number of the last message with a lesser id. */
  numberBefore(room: number, id: string): number | undefined {
    const row = this.#lastBefore.get(room, id);
    return row && Number(row["number"]);
  }

  /** The message of a number, and its room. */
  byNumber(number: number): { readonly room: string; readonly message: Message } | undefined {
    const row = this.#byNumber.get(number);
    return row && { room: String(row["name"]), message: messageOf(row) };
  }
}

/**
 * The query for messages of a room after or before a position. Messages that were never changed are
 * in the order of positions by their ids.
 */
function byPosition(compares: ">" | "<"): string {
  return `
    SELECT number, id, id AS position, body FROM messages
    WHERE room = :room AND id ${compares} :position AND position = id
    UNION ALL
    SELECT number, id, position, body FROM messages INDEXED BY changed_messages
    WHERE room = :room AND position ${compares} :position AND position > id
    ORDER BY position ${compares === ">" ? "ASC" : "DESC"} LIMIT :limit`;
}

function messageOf(row: Record<string, unknown>): Message {
  const id = String(row["id"]);
  const position = String(row["position"]);
  // One string for both, where they are equal: whoever keeps the message keeps one.
  return { id, position: position === id ? id : position, body: String(row["body"]) };
}

function numbered(row: Record<string, unknown>): NumberedMessage {
  return { ...messageOf(row), number: Number(row["number"]) };
}
