/**
 * Keys of everything that a chat keeps in Deno KV.
 *
 * @module
 */

import { readDocumentKey } from "../broker.ts";

/** The first part of every key: the rest of the KV belongs to others. */
const PREFIX = "parley";

/** After every id and position that begins with the same text, and before all later ones. */
export const BEHIND = " ";

/** The position and sizes of everything, by which each commit is checked. */
export const HEAD: Deno.KvKey = [PREFIX, "head"];
/** The number of the last post of signals. */
export const BELL: Deno.KvKey = [PREFIX, "bell"];
/** Says which instance drops what is too old or too much. */
export const UPKEEP: Deno.KvKey = [PREFIX, "upkeep"];
/** The floor of rooms that have no messages. */
export const FLOOR: Deno.KvKey = [PREFIX, "floor"];

/** The position up to which something that was told is lost. */
export const CUT: Deno.KvKey = [PREFIX, "cut"];

/** Events of each commit, by its position. */
export const FEED: Deno.KvKey = [PREFIX, "feed"];
/** Posts of signals, by number. */
export const SIGNALS: Deno.KvKey = [PREFIX, "signal"];
/** The last position of each epoch. */
export const EPOCHS: Deno.KvKey = [PREFIX, "epoch"];
/** Marks rooms that have messages, by the hour in which those were said or changed. */
export const HOURS: Deno.KvKey = [PREFIX, "hour"];
/** The bytes of each room. */
export const SIZES: Deno.KvKey = [PREFIX, "size"];
/** Documents that are to be looked at, by time. */
export const DUE: Deno.KvKey = [PREFIX, "due"];
/** The instances that have claims of names. */
export const LEASES: Deno.KvKey = [PREFIX, "lease"];
/** By which commits of names are checked. */
export const NAMES_HEAD: Deno.KvKey = [PREFIX, "names"];
/** Names in rooms. */
export const NAMES: Deno.KvKey = [PREFIX, "name"];

/** Messages of a room that were never changed, by id. */
export const saidIn = (room: string): Deno.KvKey => [PREFIX, "said", room];
/** Messages of a room that were changed, by position. */
export const changedIn = (room: string): Deno.KvKey => [PREFIX, "changed", room];
/** The places of the changed messages of a room, by id. */
export const movedIn = (room: string): Deno.KvKey => [PREFIX, "moved", room];
/** The floor of a room that has messages. */
export const roomKey = (room: string): Deno.KvKey => [PREFIX, "room", room];
export const documentsIn = (room: string): Deno.KvKey => [PREFIX, "document", room];
/** The bytes of all documents of a maker. */
export const makerKey = (maker: string): Deno.KvKey => [PREFIX, "maker", wellFormed(maker)];

/** The key of a document. */
export function documentAt(key: string): Deno.KvKey {
  const { room, name } = readDocumentKey(key);
  return [...documentsIn(room), name];
}

/** The key of a receipt. */
export function receiptKey(user: string, ref: string): Deno.KvKey {
  return [PREFIX, "receipt", wellFormed(user), wellFormed(ref)];
}

/** Keys are kept as UTF-8, in which all lone surrogates are the same. */
function wellFormed(text: string): string {
  return text.isWellFormed() ? text : JSON.stringify(text);
}

/** The bytes that a key takes of those of a commit, or somewhat more. */
export function keyBytes(key: Deno.KvKey): number {
  // A type and an end each, and at most three bytes of UTF-8 a unit.
  return key.reduce<number>((sum, part) => sum + 3 + lengthOf(part), 0);
}

function lengthOf(part: Deno.KvKeyPart): number {
  if (typeof part !== "string") return 9;
  // deno-lint-ignore no-control-regex
  return /^[\x01-\x7f]*$/.test(part) ? part.length : 3 * part.length;
}
