/**
 * A copy of the database, made while a server may be using it.
 *
 * @module
 */

import { dirname } from "node:path";
import * as sqlite from "node:sqlite";
import { DATABASE, exists, messageOf } from "./folder.ts";

/** All pages in one step: after each write of the server, another step would begin anew. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies the database of a data folder to a new file. It has every message that was acknowledged
 * before, and is whole. Not to be called in the server's process, which it would hold up.
 *
 * @throws {Error} if there is no database, the file exists or can't be written, or this Deno has no
 *   `backup()`
 */
export async function backUp(folder: string, file: string): Promise<void> {
  const path = `${folder}/${DATABASE}`;
  if (!exists(path)) throw new Error(`Cannot back up "${folder}": it has no ${DATABASE}`);
  if (exists(file)) throw new Error(`Cannot back up to "${file}": it exists`);
  const parent = dirname(file);
  if (!exists(parent)) throw new Error(`Cannot back up to "${file}": make the folder "${parent}"`);
  if (!("backup" in sqlite)) {
    throw new Error(`Cannot back up with Deno ${Deno.version.deno}: node:sqlite has no backup()`);
  }
  const db = new sqlite.DatabaseSync(path, { readOnly: true });
  try {
    await sqlite.backup(db, file, { rate: ALL_PAGES });
  } catch (error) {
    throw new Error(`Cannot back up to "${file}": ${messageOf(error)}`, { cause: error });
  } finally {
    db.close();
  }
}
