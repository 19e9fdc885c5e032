/**
 * The data folder: one server at a time uses it, and what can't be used is left as it was.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID, SCHEMA_VERSION } from "./schema.ts";

/** The name of the database file. */
export const DATABASE = "parley.sqlite";

/**
 * A database of its own, in which a server holds a transaction while it runs. A lock of SQLite's:
 * it goes when the process does, however it ends, and works in every version of Deno.
 */
const LOCK = "parley.lock";

/** What SQLite may make in a folder. */
const FILES = [
  DATABASE,
  ...["-wal", "-shm", "-journal"].flatMap((end) => [DATABASE + end, LOCK + end]),
  LOCK,
];

/** A data folder can't be used. The message names it and says why, in one line. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
  /** True if another process uses the folder. */
  readonly isInUse: boolean;

  constructor(folder: string, reason: string, options?: ErrorOptions & { isInUse?: boolean }) {
    super(`Cannot keep messages in the folder "${folder}" (CHAT_DATA): ${reason}`, options);
    this.isInUse = options?.isInUse === true;
  }
}

/** A data folder that this process alone uses. */
export interface ClaimedFolder {
  readonly folder: string;
  /** The path of the database file. */
  readonly path: string;
  /** Lets others use the folder. */
  release(): void;
  /** Removes the files that were not there before, then lets others use the folder. */
  restore(): void;
}

/**
 * Makes a folder if there is none, and claims it.
 *
 * @throws {DataFolderError} if it can't be written, is in use, or holds what this version can't read
 */
export function claimFolder(folder: string): ClaimedFolder {
  const wasThere = makeFolder(folder);
  const path = `${folder}/${DATABASE}`;
  const { lock, added } = takeLock(folder, wasThere);
  // Only now: what another process made before it lost the lock is its own.
  for (const file of FILES) if (!exists(`${folder}/${file}`)) added.push(file);
  const restore = () => {
    // Before the lock goes, or they might be those of the next process; its file last.
    for (const file of added.toReversed()) remove(`${folder}/${file}`);
    lock.close();
    if (!wasThere) remove(folder);
  };
  let reason: string | undefined;
  try {
    reason = findFault(path);
  } catch (error) {
    restore();
    throw unwritable(folder, error);
  }
  if (reason === undefined) return { folder, path, release: () => lock.close(), restore };
  restore();
  throw new DataFolderError(folder, reason);
}

/** Locks a folder. Returns the lock, and the names of the files that were made for it. */
function takeLock(folder: string, wasThere: boolean): { lock: DatabaseSync; added: string[] } {
  const added: string[] = [];
  let lock: DatabaseSync | undefined;
  try {
    if (!exists(`${folder}/${LOCK}`)) added.push(LOCK);
    lock = new DatabaseSync(`${folder}/${LOCK}`);
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    return { lock, added };
  } catch (error) {
    lock?.close();
    // All that is in the folder belongs to the process that uses it.
    if (isLocked(error)) {
      const options = { cause: error, isInUse: true };
      throw new DataFolderError(folder, "another process uses it", options);
    }
    for (const file of added) remove(`${folder}/${file}`);
    if (!wasThere) remove(folder);
    throw unwritable(folder, error);
  }
}

function unwritable(folder: string, error: unknown): DataFolderError {
  const reason = `it can't be written${byUser(folder)} (${messageOf(error)})`;
  return new DataFolderError(folder, reason, { cause: error });
}

/**
 * The user of this process, and of the folder if it is another one: a folder of the host that is
 * mounted into a container often belongs to root. Empty where it may not be known.
 */
function byUser(folder: string): string {
  if (Deno.permissions.querySync({ name: "sys", kind: "uid" }).state !== "granted") return "";
  const uid = Deno.uid();
  if (uid === null) return "";
  const owner = ownerOf(folder) ?? uid;
  return owner === uid ? ` by uid ${uid}` : ` by uid ${uid}, and belongs to uid ${owner}`;
}

function ownerOf(folder: string): number | undefined {
  try {
    return Deno.statSync(folder).uid ?? undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether the folder was there. */
function makeFolder(folder: string): boolean {
  try {
    if (exists(folder)) {
      if (Deno.statSync(folder).isDirectory) return true;
      throw new DataFolderError(folder, "it is not a folder");
    }
    // Messages are for nobody else on the machine.
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return false;
  } catch (error) {
    if (error instanceof DataFolderError) throw error;
    const reason = `it can't be made${byUser(folder)} (${messageOf(error)})`;
    throw new DataFolderError(folder, reason, { cause: error });
  }
}

/**
 * Why a database file can't be used, if its header tells. SQLite would write before it told.
 *
 * Only before SQLite has the file open in this process: closing it drops SQLite's locks.
 */
function findFault(path: string): string | undefined {
  if (!exists(path)) return undefined;
  const header = new Uint8Array(100);
  const file = Deno.openSync(path);
  let size: number;
  let read: number;
  try {
    size = file.statSync().size;
    read = file.readSync(header) ?? 0;
  } finally {
    file.close();
  }
  if (size === 0) return undefined;
  const magic = new TextDecoder().decode(header.subarray(0, 15));
  if (read < header.length || magic !== "SQLite format 3") return `${DATABASE} is no database`;
  const view = new DataView(header.buffer);
  if (view.getUint32(68) !== APPLICATION_ID) return `${DATABASE} is not a database of this program`;
  const version = view.getUint32(60);
  if (version > SCHEMA_VERSION) {
    return `${DATABASE} is of a newer version of this program (schema ${version}, ` +
      `this one knows up to ${SCHEMA_VERSION})`;
  }
  const pageSize = view.getUint16(16) === 1 ? 65_536 : view.getUint16(16);
  const expected = view.getUint32(28) * pageSize;
  // With a WAL, pages may be missing that are still to be written.
  const isWhole = size >= expected || exists(`${path}-wal`);
  return isWhole ? undefined : `${DATABASE} is damaged (${size} bytes of ${expected})`;
}

/** Whether there is something at a path. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

/** What tells a file from another one at its path; `null` where nothing does, none without a file. */
export function inodeOf(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return undefined;
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was not made, or belongs to nobody here.
  }
}

/** Whether another process or connection is in the way. */
export function isLocked(error: unknown): boolean {
  return /database (table )?is locked/.test(messageOf(error));
}

/** Whether there was no space. */
export function isFull(error: unknown): boolean {
  return /database or disk is full/.test(messageOf(error));
}

/** Whether what is in the file makes no sense. */
export function isDamaged(error: unknown): boolean {
  return /malformed|corrupt|not a database/.test(messageOf(error));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
