/**
 * Replies as the values that they must be.
 *
 * @module
 */

import type { Reply } from "./resp.ts";

/** @throws {TypeError} if it is no array */
export function listIn(reply: Reply | undefined): readonly Reply[] {
  if (!Array.isArray(reply)) throw new TypeError("A reply of Redis is no array");
  return reply;
}

/** A text, or the digits of a number; of anything else an empty text. */
export function textIn(reply: Reply | undefined): string {
  return typeof reply === "string" || typeof reply === "number" ? String(reply) : "";
}

/** A list of texts, two by two. */
export function pairsIn(reply: Reply | undefined): (readonly [string, string])[] {
  const list = listIn(reply);
  const pairs = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    pairs.push([textIn(list[i]), textIn(list[i + 1])] as const);
  }
  return pairs;
}
