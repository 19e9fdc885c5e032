/**
 * Statements whose rows are read one by one, again and again.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** True if a statement gives its rows each time. In Deno 2.5 it does once, and then none. */
let isRepeatable: boolean | undefined;

/** Returns a function that gives the statement of a query, to be iterated over. */
export function rowReader(db: DatabaseSync, sql: string): () => StatementSync {
  isRepeatable ??= givesRowsAgain(db.prepare("SELECT 1"));
  if (!isRepeatable) return () => db.prepare(sql);
  const statement = db.prepare(sql);
  return () => statement;
}

function givesRowsAgain(statement: StatementSync): boolean {
  return [...statement.iterate(), ...statement.iterate()].length === 2;
}
