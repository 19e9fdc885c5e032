/**
 * The table of documents: settings of rooms, bans.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Document } from "../broker.ts";

/** The documents of a database. */
export class DocumentTable {
  readonly #get;
  readonly #set;

  constructor(db: DatabaseSync) {
    this.#get = db.prepare("SELECT position, body FROM documents WHERE key = ?");
    this.#set = db.prepare(
      "INSERT INTO documents (key, position, body) VALUES (?, ?, ?) " +
        "ON CONFLICT DO UPDATE SET position = excluded.position, body = excluded.body",
    );
  }

  get(key: string): Document | undefined {
    const row = this.#get.get(key);
    return row && { position: String(row["position"]), body: String(row["body"]) };
  }

  set(key: string, { position, body }: Document): void {
    this.#set.run(key, position, body);
  }
}
