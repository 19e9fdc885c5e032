/**
 * Names of users and rooms: checks and forms that the page computes itself. Pure.
 *
 * @module
 */

import { charactersOf } from "./text.js";

/** The room of a page whose path names none. */
export const DEFAULT_ROOM = "lobby";

/** The ways in which users get their names: from themselves, another application's token, or a proxy. */
export const NAMERS = /** @type {const} */ (["user", "token", "proxy"]);
/** @typedef {typeof NAMERS[number]} Namer */

/** The most UTF-16 units of a user's name that the page checks; the server has the same limit. */
const MAX_NAME_UNITS = 256;

/**
 * The name as the server normalises it; a name that is far too long is returned unchanged.
 *
 * @param {string} name
 * @returns {string}
 */
export function foldName(name) {
  if (name.length > MAX_NAME_UNITS) return name;
  return name.normalize("NFKC")
    // Without a character before it to make an emoji of, it is invisible.
    .replace(/(^|\s)\uFE0F+/gu, "$1")
    .replace(/\s+/gu, " ")
    .trim();
}

/**
 * Folds a name for comparison: one case, without the joiners and selectors that only change how
 * neighbouring characters look.
 *
 * @param {string} name
 * @returns {string}
 */
export function foldForComparison(name) {
  // Upper case first: that folds what has no single lower case, such as ß and final sigma.
  return name.replace(/[\u200C\u200D\uFE0F]+/gu, "").toUpperCase().toLowerCase();
}

/**
 * Folds a name for finding it by a part: one width and case, without diacritics. One that is far too
 * long is returned unchanged.
 *
 * @param {string} name
 * @returns {string}
 */
export function foldForSearch(name) {
  if (name.length > MAX_NAME_UNITS) return name;
  return foldForComparison(name.normalize("NFKD").replace(/\p{M}+/gu, ""));
}

/**
 * Returns the error of a name, or "". The server checks more.
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
 * The room's name in the protocol's form, or undefined if it is invalid.
 *
 * @param {string} name
 * @returns {string | undefined}
 */
export function parseRoom(name) {
  const room = name.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9_-]{0,63}$/.test(room) ? room : undefined;
}

/**
 * The room that a path such as `/r/garden` leads to, below the base path.
 *
 * @param {string} path
 * @param {string} [otherwise] the room of a path that names none
 * @returns {string}
 */
export function roomOfPath(path, otherwise = DEFAULT_ROOM) {
  return parseRoom(/^\/r\/([^/]*)\/?$/.exec(path)?.[1] ?? "") ?? otherwise;
}

/**
 * The room of a link, and the message if it names one. Undefined if it is another link.
 *
 * @param {string} href an absolute URL, or ""
 * @param {string} root that of this chat, without the last slash
 * @returns {{ room: string, message?: string } | undefined}
 */
export function roomOfLink(href, root) {
  if (!href.startsWith(`${root}/`)) return undefined;
  const [path = "", ...rest] = href.slice(root.length).split("#");
  const room = roomOfPath(path, "");
  if (room === "") return undefined;
  if (rest.length === 0) return { room };
  const message = parseId(rest.join("#"));
  return message === undefined ? undefined : { room, message };
}

/**
 * The server's id of a message, or undefined if it can't be one.
 *
 * @param {string} written in either case
 * @returns {string | undefined}
 */
export function parseId(written) {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(written) ? written.toUpperCase() : undefined;
}

/**
 * The path of a room below the base path.
 *
 * @param {string} room
 * @returns {string}
 */
export function pathOfRoom(room) {
  return `/r/${room}`;
}
