/**
 * Names of users and rooms, as far as the page judges them itself. Pure.
 *
 * @module
 */

import { charactersOf } from "./text.js";

/** Where a page goes whose address names no room. */
export const DEFAULT_ROOM = "lobby";

/** The most UTF-16 units of a user's name that are looked at: the server reads no more either. */
const MAX_NAME_UNITS = 256;

/**
 * The name as the server will read it; one that is far too long as it is.
 *
 * @param {string} name
 * @returns {string}
 */
export function foldName(name) {
  if (name.length > MAX_NAME_UNITS) return name;
  return name.normalize("NFKC")
    // With nothing before it to make an emoji of, it shows nothing.
    .replace(/(^|\s)\uFE0F+/gu, "$1")
    .replace(/\s+/gu, " ")
    .trim();
}

/**
 * The form in which names are compared: in one case, without the joiners and selectors that change
 * nothing but the look of what is around them.
 *
 * @param {string} name
 * @returns {string}
 */
export function foldForComparison(name) {
  // Upper case first: that folds what has no single lower case, such as ß and final sigma.
  return name.replace(/[\u200C\u200D\uFE0F]+/gu, "").toUpperCase().toLowerCase();
}

/**
 * What is plainly wrong with a name, or "". The server has the last word.
 *
 * @param {string} name
 * @param {number} limit in code points
 * @returns {string}
 */
export function nameProblem(name, limit) {
  if (name.length > MAX_NAME_UNITS) {
    return `A name has at most ${limit} characters; this one is far longer.`;
  }
  const { length } = [...foldName(name)];
  if (length === 0) return "Please enter a name.";
  if (length > limit) return `A name has at most ${limit} characters; this one has ${length}.`;
  return "";
}

/**
 * Another name close to one that is taken: "Ada 2" for "Ada", "Ada 3" for "Ada 2".
 *
 * @param {string} name
 * @param {number} limit in code points
 * @returns {string}
 */
export function suggestName(name, limit) {
  const [, base = name, number = "1"] = /^(.*?)(?: (\d{1,3}))?$/su.exec(name) ?? [];
  const suffix = ` ${Number(number) + 1}`;
  return cutName(base, limit - suffix.length) + suffix;
}

/**
 * The beginning of a name, without a part of an emoji or a joiner at its end: the server refuses those.
 *
 * @param {string} name
 * @param {number} limit in code points
 * @returns {string}
 */
function cutName(name, limit) {
  let kept = "";
  let length = 0;
  for (const character of charactersOf(name)) {
    length += [...character].length;
    if (length > limit) break;
    kept += character;
  }
  return kept.trimEnd().replace(/[\u200C\u200D]+$/u, "");
}

/**
 * The room's name as it is on the wire, or undefined if no room can be called that.
 *
 * @param {string} name
 * @returns {string | undefined}
 */
export function parseRoom(name) {
  const room = name.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9_-]{0,63}$/.test(room) ? room : undefined;
}

/**
 * The room that a path such as `/r/garden` leads to.
 *
 * @param {string} path
 * @param {string} [otherwise] where a path leads that names no room
 * @returns {string}
 */
export function roomOfPath(path, otherwise = DEFAULT_ROOM) {
  return parseRoom(/^\/r\/([^/]*)\/?$/.exec(path)?.[1] ?? "") ?? otherwise;
}

/**
 * The room that a link leads to, or undefined if it leads anywhere else.
 *
 * @param {string} href an absolute URL, or ""
 * @param {string} origin that of this server
 * @returns {string | undefined}
 */
export function roomOfLink(href, origin) {
  if (!href.startsWith(`${origin}/`)) return undefined;
  return roomOfPath(href.slice(origin.length), "") || undefined;
}

/**
 * The path at which a room is to be found.
 *
 * @param {string} room
 * @returns {string}
 */
export function pathOfRoom(room) {
  return `/r/${room}`;
}
