/**
 * The tables of the database, and how a database of an older version becomes one of this version.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** "Prly": by which the file is known as one of this program. */
export const APPLICATION_ID = 0x50726c79;

/**
 * The steps from each version of the schema to the next one. A step that was released is never
 * changed.
 *
 * - `changed_messages` has the few messages whose position is not their id. With all of them, a message
 *   costs half as much again: each room has pages of its own.
 * - `rooms.oldest` is not newer than the position of any message of the room.
 * - `entries` numbers the messages of all rooms in the order of their ids: rows of the search index.
 * - `receipts.position` is left out where it is `made`.
 * - `pending` names rows of the search index whose message has changed, with the text that they hold.
 * - `documents.maker` is whose share a document takes, `idle` whether nothing is lost with it while its
 *   room has no messages, `expires` when it may be forgotten.
 * - `meta` has `floor`, that of rooms without a row, and `indexed`, the last number that was indexed.
 */
const STEPS = [
  `
  CREATE TABLE rooms (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    floor TEXT NOT NULL,
    oldest TEXT NOT NULL,
    bytes INTEGER NOT NULL
  );
  CREATE INDEX rooms_by_oldest ON rooms (oldest);
  CREATE INDEX rooms_by_bytes ON rooms (bytes);
  CREATE TABLE messages (
    room INTEGER NOT NULL,
    id TEXT NOT NULL,
    position TEXT NOT NULL,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (room, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX changed_messages ON messages (room, position) WHERE position > id;
  CREATE TABLE documents (
    key TEXT PRIMARY KEY,
    position TEXT NOT NULL,
    body TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE receipts (
    made TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    ref TEXT NOT NULL,
    room TEXT NOT NULL,
    id TEXT NOT NULL,
    position TEXT
  ) WITHOUT ROWID;
  CREATE TABLE epochs (epoch TEXT PRIMARY KEY, last TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE entries (number INTEGER PRIMARY KEY, room INTEGER NOT NULL, id TEXT NOT NULL);
  CREATE TABLE pending (number INTEGER PRIMARY KEY, old TEXT NOT NULL);
  CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
  CREATE VIRTUAL TABLE search USING fts5(
    room, words, content='', columnsize=0, tokenize='ascii'
  );
  INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
  INSERT INTO search (search, rank) VALUES ('automerge', 0);
  INSERT INTO search (search, rank) VALUES ('crisismerge', 256);
  `,
  `
  ALTER TABLE documents ADD COLUMN maker TEXT;
  ALTER TABLE documents ADD COLUMN idle INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE documents ADD COLUMN expires INTEGER;
  CREATE INDEX documents_by_expiry ON documents (expires) WHERE expires IS NOT NULL;
  `,
] as const;

/** The version of the schema that this program reads and writes. */
export const SCHEMA_VERSION: number = STEPS.length;

/** Brings a database to {@linkcode SCHEMA_VERSION}. */
export function migrate(db: DatabaseSync): void {
  const version = versionOf(db);
  for (const [i, step] of STEPS.entries()) {
    if (i < version) continue;
    db.exec(`
      BEGIN IMMEDIATE;
      ${step}
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${i + 1};
      COMMIT;
    `);
  }
}

/** The version of the schema of a database; 0: it is empty. */
export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
}
