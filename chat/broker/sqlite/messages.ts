/**
 * The table of messages, one row each, by id and by position.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { DatabaseSync } from "node:sqlite";
import { charBytes } from "../../text/texts.ts";
import { type Message, ORIGIN } from "../broker.ts";
import { rowReader } from "./row_reader.ts";

/** What a message takes in the files besides its body: ids, positions, indexes. */
const MESSAGE_BYTES = 200;

/** What a word, or a character that is indexed by itself, takes in the search index, about. */
const TOKEN_BYTES = 3;

/** From here on most characters are of scripts without spaces, whose characters are indexed one by one. */
const SPACELESS_START = 0x0e00;

/** Beyond all ids and positions. */
export const END = "~";

/** A message, and its number in the search index. */
export interface NumberedMessage extends Message {
  readonly number: number;
}

/** What a message takes in the files, in bytes, about. */
export function sizeOf(body: string): number {
  return MESSAGE_BYTES + Buffer.byteLength(body) + TOKEN_BYTES * countTokens(body);
}

/** About as many as the search index has: one for each run of letters and digits, or other character. */
function countTokens(body: string): number {
  let tokens = 0;
  for (let i = 0; i < body.length; i++) {
    const code = body.charCodeAt(i);
    const isLetter = code >= 0x61 && code <= 0x7a || code >= 0x30 && code <= 0x39 ||
      code >= 0x41 && code <= 0x5a || code >= 0x80 && code < SPACELESS_START;
    if (!isLetter) tokens++;
  }
  return tokens;
}

/** Messages that were read, and whether there are more, for which there was no place. */
export interface ReadMessages {
  readonly messages: Message[];
  readonly isCut: boolean;
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
    this.#after = rowReader(db, byPosition(">"));
    this.#before = db.prepare(byPosition("<"));
    this.#idsBefore = rowReader(
      db,
      `SELECT ${columns} FROM messages WHERE room = ? AND id < ? ORDER BY id DESC LIMIT ?`,
    );
    this.#idsFrom = rowReader(
      db,
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

  /** Up to `limit` messages after a position, ascending by position; of `maxBytes`, one at least. */
  after(room: number, position: string, limit: number, maxBytes: number): ReadMessages {
    return read(this.#after().iterate({ room, position, limit }), maxBytes);
  }

  /** Up to `limit` messages before a position, descending by position. */
  before(room: number, position: string, limit: number): Message[] {
    return this.#before.all({ room, position, limit }).map(messageOf);
  }

  /** Up to `limit` of the oldest messages by position. */
  oldest(room: number, limit: number): NumberedMessage[] {
    return this.#after().all({ room, position: ORIGIN, limit }).map(numbered);
  }

  /** Up to `limit` messages with lesser ids, descending; of `maxBytes`, one at least. */
  idsBefore(room: number, id: string, limit: number, maxBytes: number): ReadMessages {
    return read(this.#idsBefore().iterate(room, id, limit), maxBytes);
  }

  /** Up to `limit` messages with an id or greater ones, ascending; of `maxBytes`, one at least. */
  idsFrom(room: number, id: string, limit: number, maxBytes: number): ReadMessages {
    return read(this.#idsFrom().iterate(room, id, limit), maxBytes);
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

/** Reads no row that has no place: of large messages that costs more than all else. */
function read(rows: Iterable<Record<string, unknown>>, maxBytes: number): ReadMessages {
  const messages: Message[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (bytes > maxBytes) return { messages, isCut: true };
    const message = messageOf(row);
    messages.push(message);
    bytes += charBytes(message.body);
  }
  return { messages, isCut: false };
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
