/**
 * A connection to the database, and its transactions.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { exists } from "./folder.ts";
import { migrate, SCHEMA_VERSION, versionOf } from "./schema.ts";

/** What an acknowledged message survives: a power cut, or a crash of the process. */
export type Durability = "full" | "normal";

/** The end of a transaction has failed: what it wrote may have been kept, or may be later. */
export class CommitError extends Error {
  override readonly name = "CommitError";
}

/**
 * Opens the database at a path. A new one gets its tables, one of an older version is migrated.
 *
 * @throws {Error} SQLite's, if it can't be read or written, before anything of it was changed
 */
export function openDatabase(path: string, durability: Durability): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    // Not to wait for locks: nothing else would go on meanwhile.
    db.exec("PRAGMA busy_timeout = 0");
    // Reads before anything writes: these find most of what is damaged.
    const version = versionOf(db);
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    if (version > 0) db.prepare("SELECT count(*), sum(bytes) FROM rooms").get();
    if (version > SCHEMA_VERSION) throw new Error(`its schema is of version ${version}`);
    if (version === 0) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    // Checkpoints of 1 MiB: the commit that makes one takes little longer than others.
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -16384;
      PRAGMA wal_autocheckpoint = 256;
      PRAGMA journal_size_limit = 4194304;
    `);
    setDurability(db, durability);
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens something on the database at a path. If that fails, the WAL is left as it was: SQLite removes it
 * with the last connection, but not with one that can only read.
 */
export function openWithReader<Opened>(path: string, open: () => Opened): Opened {
  if (!exists(`${path}-wal`)) return open();
  const reader = new DatabaseSync(path, { readOnly: true });
  try {
    reader.prepare("SELECT count(*) FROM sqlite_schema").get();
    return open();
  } finally {
    reader.close();
  }
}

/** Sets what the transactions to come survive. */
export function setDurability(db: DatabaseSync, durability: Durability): void {
  db.exec(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
}

/**
 * Runs something in a transaction.
 *
 * @throws {CommitError} if it is not known whether it was kept; with any other error it was not
 */
export function transact<Result>(db: DatabaseSync, run: () => Result): Result {
  db.exec("BEGIN IMMEDIATE");
  let result: Result;
  try {
    result = run();
  } catch (error) {
    rollBack(db);
    throw error;
  }
  try {
    db.exec("COMMIT");
  } catch (error) {
    rollBack(db);
    throw new CommitError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return result;
}

function rollBack(db: DatabaseSync): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // Some errors have rolled back already.
  }
}

/** Brings the WAL into the database and empties its file. Returns whether no reader was in the way. */
export function truncateWal(db: DatabaseSync): boolean {
  return db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] === 0;
}
