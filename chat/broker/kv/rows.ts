/**
 * Texts below a key of Deno KV, in the order of their names.
 *
 * @module
 */

import { Unavailable } from "../broker.ts";
import type { KvCalls } from "./calls.ts";
import { BEHIND } from "./keys.ts";
import { countOf, fromParts } from "./values.ts";

/** A text, and the part of its key that names it. */
export interface Row {
  readonly name: string;
  readonly text: string;
}

/** The texts to read. */
export interface RowRange {
  /** Exclusive; left out: from the first on. */
  readonly after?: string | undefined;
  /** Inclusive; left out: to the last. */
  readonly to?: string | undefined;
  /** The last ones first. */
  readonly isReverse?: boolean;
  readonly limit: number;
  /** Bytes after which reading ends. */
  readonly maxBytes?: number;
}

/** Texts that were read, and whether there are more. */
export interface Rows {
  readonly rows: Row[];
  readonly isCut: boolean;
}

/** Tries to read a text that is written anew meanwhile. */
const MAX_TRIES = 10;

/**
 * Reads texts, each as it is at some moment from the call on. A text that is deleted meanwhile may be
 * missing.
 */
export async function readRows(
  calls: KvCalls,
  prefix: Deno.KvKey,
  { after, to, isReverse = false, limit, maxBytes = Infinity }: RowRange,
): Promise<Rows> {
  const start = [...prefix, after === undefined ? "" : after + BEHIND];
  const end = [...prefix, to === undefined ? true : to + BEHIND];
  const rows: Row[] = [];
  let name = "";
  let parts: unknown[] = [];
  let bytes = 0;
  let isCut = false;
  const take = ({ key, value }: Deno.KvEntry<unknown>) => {
    if (rows.length >= limit || (bytes > maxBytes && rows.length > 0)) {
      isCut = true;
      return false;
    }
    const nameOfPart = String(key[prefix.length]);
    if (nameOfPart !== name) parts = [];
    name = nameOfPart;
    parts[Number(key[prefix.length + 1])] = value;
    bytes += value instanceof Uint8Array ? value.length : 0;
    // The last part comes last, or first.
    if (parts.length < countOf(value) || parts.includes(undefined)) return true;
    const text = fromParts(parts);
    if (text !== undefined) rows.push({ name, text });
    parts = [];
    return true;
  };
  // KV refuses a range that ends before it starts.
  const isEmpty = limit === 0 || (after !== undefined && to !== undefined && after >= to);
  if (!isEmpty) await calls.list(start, end, take, { reverse: isReverse, limit: limit + 1 });
  return { rows, isCut };
}

/** Reads one text. Its key must never have another text, unless all parts are written anew. */
export async function readText(calls: KvCalls, key: Deno.KvKey): Promise<string | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const first = (await calls.get([...key, 0])).value;
    const count = countOf(first);
    if (count <= 1) return fromParts([first]);
    // All again: at one moment, if they are not more than are read at once.
    const keys = Array.from({ length: count }, (_, i) => [...key, i]);
    const text = fromParts((await calls.many(keys)).map(({ value }) => value));
    if (text !== undefined) return text;
  }
  throw new Unavailable("The text changes all the time", "no");
}
