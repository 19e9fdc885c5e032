/**
 * Completion of what is being written: names after "@", emoji after ":", rooms after "#" and commands
 * after a "/" at the start. Pure. The cost is linear in the text before the caret.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { NamedEmoji } from "./emoji_names.js" */
import { mentionToWrite } from "./mentions.js";
import { foldForSearch } from "./names.js";
import { byRank, rankOf } from "./rank.js";
import { matchCommands } from "./slash.js";
import { characterAt, characterBefore, isBoundary } from "./text.js";

/** @typedef {"name" | "emoji" | "room" | "command"} Kind */

/**
 * A suggestion: `label` is written in the place of the word, and `detail` explains it.
 *
 * @typedef {{ label: string, detail: string, user?: User }} Item
 */

/**
 * Suggestions, at least one, for the word from `start` to `end`.
 *
 * @typedef {{ kind: Kind, start: number, end: number, items: readonly Item[] }} Completion
 */

/**
 * The names to choose from, in the order in which they are suggested; asked for when needed.
 *
 * @typedef {object} Sources
 * @property {() => readonly User[]} people
 * @property {() => readonly string[]} rooms
 * @property {((query: string, limit: number) => NamedEmoji[]) | undefined} findEmoji undefined until
 *   the table is loaded
 * @property {readonly Item[]} commands none if the text can't be a command
 */

const MAX_ITEMS = 8;
/** More UTF-16 units than a name has that somebody types before choosing it. */
const MAX_BACK = 80;
/** The longest link, in UTF-16 units, within which nothing is suggested. */
const MAX_LINK = 2048;
const LINK = /https?:\/\/|www\./i;
/** At least two letters, but for the two emoji that have none. */
const EMOJI_NAME = /^(?:[+-]1|[\d_+-]*[a-z][\d_+-]*[a-z][a-z\d_+-]*)$/i;
const ROOM_NAME = /^(?:[a-z\d][a-z\d_-]{0,63})?$/i;

/**
 * The suggestions for the word that ends at the caret, or undefined.
 *
 * @param {string} text
 * @param {number} caret
 * @param {Sources} sources
 * @returns {Completion | undefined}
 */
export function completionAt(text, caret, sources) {
  if (!isBoundary("a", characterAt(text, caret))) return undefined;
  // Not before the second slash of a text that is sent with one.
  if (caret <= MAX_BACK && text.charAt(caret) !== "/") {
    const items = matchCommands(text.slice(0, caret), sources.commands);
    if (items.length > 0) return { kind: "command", start: 0, end: caret, items };
  }
  const found = nearestWord(text, caret, sources);
  if (found === undefined || isWritten(text, found) || isLiteral(text, found.start)) {
    return undefined;
  }
  return found;
}

/**
 * Returns true if a word is its only suggestion already, so that Enter sends.
 *
 * @param {string} text
 * @param {Completion} completion
 */
function isWritten(text, { start, end, items: [item, ...others] }) {
  return others.length === 0 && text.slice(start, end).replace(/^[@＠﹫]/u, "") === item?.label;
}

/**
 * The change that writes a suggestion, and the place of the caret after it.
 *
 * @param {string} text
 * @param {Completion} completion
 * @param {Item} item
 * @returns {{ start: number, end: number, text: string, caret: number }}
 */
export function writeItem(text, { kind, start, end }, { label }) {
  if (kind === "emoji") return { start, end, text: label, caret: start + label.length };
  const after = text.slice(end, end + 1);
  const written = kind === "name"
    ? mentionToWrite(label, text.slice(0, start), after)
    : `${label}${after === " " ? "" : " "}`;
  // After the space, which may have been there.
  return { start, end, text: written, caret: start + written.trimEnd().length + 1 };
}

/**
 * Returns true if a text has what may be the name of an emoji, so that the table is needed.
 *
 * @param {string} text
 * @returns {boolean}
 */
export function hasEmojiName(text) {
  return /(?:^|[^\w:]):(?:[+-]1|[a-z]{2}|[a-z\d_+-]{1,40}:)/i.test(text);
}

/**
 * @param {string} text
 * @param {number} caret
 * @param {Sources} sources
 * @returns {Completion | undefined}
 */
function nearestWord(text, caret, sources) {
  /** Made once, for any number of "@". @type {readonly [User, string][] | undefined} */
  let people;
  for (let start = caret - 1; start >= Math.max(0, caret - MAX_BACK); start--) {
    const mark = text.charAt(start);
    if (mark === "\n") return undefined;
    if (!/[@＠﹫:#]/u.test(mark)) continue;
    const before = characterBefore(text, start);
    if (before === mark || !isBoundary(before, "a")) continue;
    const query = text.slice(start + 1, caret);
    if (mark === ":") {
      const items = EMOJI_NAME.test(query) ? emojiItems(query, sources) : [];
      if (items.length > 0) return { kind: "emoji", start, end: caret, items };
    } else if (mark === "#") {
      const items = /[#&/@]/.test(before) ? [] : roomItems(query, sources);
      if (items.length > 0) return { kind: "room", start, end: caret, items };
    } else {
      people ??= sources.people().map((user) => [user, foldForSearch(user.name)]);
      const items = nameItems(query, people);
      if (items.length > 0) return { kind: "name", start, end: caret, items };
    }
  }
  return undefined;
}

/**
 * @param {string} query
 * @param {Sources} sources
 * @returns {Item[]}
 */
function emojiItems(query, { findEmoji }) {
  return findEmoji?.(query, MAX_ITEMS).map(({ emoji, name }) => ({ label: emoji, detail: name })) ??
    [];
}

/**
 * @param {string} query
 * @param {Sources} sources
 * @returns {Item[]}
 */
function roomItems(query, { rooms }) {
  if (!ROOM_NAME.test(query)) return [];
  const wanted = query.toLowerCase();
  return byRank(rooms(), (room) => rankOf(room, wanted)).slice(0, MAX_ITEMS)
    .map((room) => ({ label: `#${room}`, detail: "" }));
}

/**
 * @param {string} query
 * @param {readonly [User, string][]} people with their folded names
 * @returns {Item[]}
 */
function nameItems(query, people) {
  const wanted = foldForSearch(query);
  if (wanted.startsWith(" ")) return [];
  // The name of Ann is complete, although there is an Ann Lee: Enter must send.
  const whole = wanted.endsWith(" ") ? wanted.slice(0, -1) : undefined;
  if (people.some(([, name]) => name === whole)) return [];
  return byRank(people, ([, name]) => rankOf(name, wanted)).slice(0, MAX_ITEMS)
    .map(([user]) => ({ label: user.name, detail: "", user }));
}

/**
 * Returns true if a place is in code that may be unfinished, or in a link.
 *
 * @param {string} text
 * @param {number} place
 */
function isLiteral(text, place) {
  const before = text.slice(0, place);
  if (before.split("```").length % 2 === 0) return true;
  const line = before.slice(before.lastIndexOf("\n") + 1);
  if (line.split("`").length % 2 === 0) return true;
  return LINK.test(line.slice(-MAX_LINK).replace(/^.*\s/u, ""));
}
