/**
 * Invalid room names: why a name is invalid, and the nearest valid one. Pure.
 *
 * @module
 */

import { parseRoom } from "./names.js";

/** The longest name of a room. */
const MAX_ROOM = 64;
/** The most UTF-16 units of a text from which a name is made. */
const MAX_READ = 256;

/** Letters that Unicode doesn't take apart, or whose marks are written as letters in German. */
const LETTERS = new Map(Object.entries({
  ä: "ae",
  ö: "oe",
  ü: "ue",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
}));

/**
 * Explains what is wrong with a name, in one or two sentences.
 *
 * @param {string} written for which `parseRoom` gives undefined
 * @returns {string}
 */
export function roomProblem(written) {
  const name = written.trim();
  if (name === "") return "Please enter the name of a room.";
  if (/[^a-z0-9_-]/i.test(name)) {
    return "Names of rooms have only letters a to z, digits, - and _.";
  }
  if (/^[_-]/.test(name)) return "Names of rooms begin with a letter or a digit.";
  return `Names of rooms have at most ${MAX_ROOM} characters; this one has ${name.length}.`;
}

/**
 * The nearest name that a room can have: "kueche" for "Küche". "" where there is none, since letters
 * of other scripts would have to be left out.
 *
 * @param {string} written
 * @returns {string}
 */
export function offerRoom(written) {
  const name = written.slice(0, MAX_READ).toLowerCase().normalize("NFC")
    .replace(/\P{ASCII}/gu, (letter) => LETTERS.get(letter) ?? letter)
    .normalize("NFKD").toLowerCase()
    // Marks, and apostrophes within words.
    .replace(/[\p{M}'’]/gu, "");
  if (/[^\P{L}a-z]|[^\P{N}0-9]/u.test(name)) return "";
  const room = name.replace(/[^a-z0-9_]+/g, "-").replace(/^[_-]+/, "");
  return parseRoom(room.slice(0, MAX_ROOM).replace(/-$/, "")) ?? "";
}

/**
 * The text in the place of a room's name in a path: "küche" in "/r/k%C3%BCche". Undefined if the
 * path isn't a link to any room.
 *
 * @param {string} path
 * @returns {string | undefined}
 */
export function writtenRoom(path) {
  const link = /^\/r(?:\/(.*))?$/.exec(path);
  return link === null ? undefined : decode(link[1] ?? "").replace(/\/$/, "");
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    // The bytes are not UTF-8.
    return text;
  }
}
