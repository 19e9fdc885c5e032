/**
 * Log of a room on the page: messages, gaps and membership lines, in the order of their ids. Pure.
 *
 * @module
 */

/** @import { Message, User } from "../../chat/protocol/types.ts" */
/** @import { Room } from "./state.js" */
import { previousEra, withoutEra } from "./era.js";

/**
 * A gap: messages are missing between its neighbours.
 *
 * @typedef {object} Gap
 * @property {string} id the id of the message before it and "~", which sorts right after it
 * @property {true} gap
 * @property {Fill} [fill] left out where the server has the messages no more
 */

/**
 * The state of filling a gap, page by page, in the order of positions.
 *
 * @typedef {object} Fill
 * @property {string} key stays while `id` of the gap moves down
 * @property {string} since the position up to which everything was loaded
 * @property {string} until the position at which the gap ends
 * @property {number | null} loaded how many messages; null before the first page
 * @property {boolean} isLoading
 * @property {boolean} isWhole whether page after page is loaded, to the end
 * @property {boolean} isRefused whether the server refused a page: it is asked again for the user
 * @property {boolean} isQuiet whether only changes of messages are missing
 */

/** @typedef {{ id: string, from: string, to: string }} Rename of a user from one name to another */

/**
 * A membership line: the users who joined, left or were renamed between two messages, as a net
 * change.
 *
 * @typedef {object} MembershipLine
 * @property {string} id the id of the message before it and "~~", which sorts after a gap there
 * @property {readonly User[]} joined
 * @property {readonly User[]} left
 * @property {readonly Rename[]} renamed
 */

/**
 * `isTentative`: it has a change that the server acknowledged, and that the page made itself.
 *
 * `folded`: it stands for these messages of ignored users, as the view has it.
 *
 * @typedef {Message & { isTentative?: true, folded?: readonly Message[] }} LogMessage
 */

/** @typedef {LogMessage | Gap | MembershipLine} Entry */

/** The most entries of a room that the page keeps. */
export const MAX_ENTRIES = 10_000;
/** By how many entries a log may exceed that before it is cut. */
const TRIM_SLACK = 500;

/**
 * Inserts messages in the order of ids. One that is known is replaced if it was changed later, or
 * if it was tentative. Returns `entries` itself if nothing is new.
 *
 * @param {readonly Entry[]} entries
 * @param {readonly LogMessage[]} messages
 * @returns {readonly Entry[]}
 */
export function insertMessages(entries, messages) {
  const next = [...entries];
  let isChanged = false;
  for (const message of messages) {
    const place = placeOf(next, message.id);
    const known = next[place];
    const isKnown = known?.id === message.id;
    if (isKnown && !(isMessage(known) && isLater(message, known))) continue;
    next.splice(place, isKnown ? 1 : 0, entryOf(message));
    isChanged = true;
  }
  return isChanged ? next : entries;
}

/**
 * @param {LogMessage} message
 * @param {LogMessage} known the same one
 */
function isLater({ changed = "", isTentative }, known) {
  if (changed > (known.changed ?? "")) return true;
  return known.isTentative === true && isTentative !== true && changed === known.changed;
}

/**
 * A message without the fields of its event, and a deleted one without a text, whatever the server
 * sends.
 *
 * @param {LogMessage} message
 * @returns {LogMessage}
 */
function entryOf(message) {
  const { id, time, user, text, reply, edited, deleted, reactions, changed, isTentative } = message;
  const position = {
    ...(changed !== undefined && { changed }),
    ...(isTentative && { isTentative }),
  };
  if (deleted === true) return { id, time, user, text: "", deleted, ...position };
  return {
    id,
    time,
    user,
    text,
    ...(reply !== undefined && { reply }),
    ...(edited !== undefined && { edited }),
    ...(reactions !== undefined && { reactions }),
    ...position,
  };
}

/**
 * Adds a membership line at the end of the log. Adjacent lines are merged into one net change,
 * without the users who joined and left again.
 *
 * @param {readonly Entry[]} entries
 * @param {string} since the room's position, for a log that is behind it
 * @param {Pick<MembershipLine, "joined" | "left" | "renamed">} change
 * @returns {readonly Entry[]}
 */
export function insertNote(entries, since, { joined, left, renamed }) {
  const last = entries.at(-1);
  const previous = isNote(last) ? last : { joined: [], left: [], renamed: [] };
  const names = new Map(renamed.map(({ id, to }) => [id, to]));
  const joinedNow = [
    ...without(previous.joined, left),
    ...without(without(joined, previous.left), previous.joined),
  ].map((user) => ({ ...user, name: names.get(user.id) ?? user.name }));
  const renamedNow = mergeRenames(previous.renamed, without(renamed, joinedNow));
  const leftNow = [...without(previous.left, joined), ...without(left, previous.joined)];
  const kept = isNote(last) ? entries.slice(0, -1) : entries;
  if (joinedNow.length + leftNow.length + renamedNow.length === 0) {
    return kept.length === entries.length ? entries : kept;
  }
  const id = isNote(last) ? last.id : `${endOf(entries, since)}~~`;
  return [...kept, { id, joined: joinedNow, left: leftNow, renamed: renamedNow }];
}

/**
 * Merges renames: each user once, from the first name to the last, unless they are the same.
 *
 * @param {readonly Rename[]} earlier
 * @param {readonly Rename[]} later
 * @returns {readonly Rename[]}
 */
function mergeRenames(earlier, later) {
  const merged = new Map(earlier.map((rename) => [rename.id, rename]));
  for (const { id, from, to } of later) {
    merged.set(id, { id, from: merged.get(id)?.from ?? from, to });
  }
  return [...merged.values()].filter(({ from, to }) => from !== to);
}

/**
 * The end of the log: its last message, or the room's position if the log is behind it.
 *
 * @param {readonly Entry[]} entries
 * @param {string} since
 * @returns {string}
 */
export function endOf(entries, since) {
  const lastId = entries.at(-1)?.id.replace(/~*$/, "") ?? "";
  return lastId > since ? lastId : since;
}

/**
 * Drops the oldest entries of a log that is too long.
 *
 * @param {readonly Entry[]} entries
 * @returns {readonly Entry[]}
 */
export function trimEntries(entries) {
  return entries.length > MAX_ENTRIES + TRIM_SLACK ? entries.slice(-MAX_ENTRIES) : entries;
}

/**
 * Whether messages are missing here.
 *
 * @param {Entry | undefined} entry
 * @returns {entry is Gap}
 */
export function isGap(entry) {
  return entry !== undefined && "gap" in entry && entry.fill?.isQuiet !== true;
}

/**
 * @param {Entry | undefined} entry
 * @returns {entry is Gap & { fill: Fill }}
 */
export function isFillable(entry) {
  return entry !== undefined && "gap" in entry && entry.fill !== undefined;
}

/**
 * @param {Entry | undefined} entry
 * @returns {entry is MembershipLine}
 */
export function isNote(entry) {
  return entry !== undefined && "joined" in entry;
}

/**
 * @param {Entry | undefined} entry
 * @returns {entry is Message}
 */
export function isMessage(entry) {
  return entry !== undefined && "text" in entry;
}

/**
 * The oldest message, from which to page backwards.
 *
 * @param {readonly Entry[]} entries
 * @returns {Message | undefined}
 */
export function oldestMessage(entries) {
  return entries.find(isMessage);
}

/**
 * The index of the first entry whose id is not less than `id`.
 *
 * @param {readonly Entry[]} entries
 * @param {string} id
 * @returns {number}
 */
export function placeOf(entries, id) {
  let low = 0;
  let high = entries.length;
  // Almost every message belongs at the end.
  const last = entries.at(-1);
  if (last === undefined || last.id < id) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The message with an id in the log of a room, or in the past that is on show instead. It may be of
 * an earlier era.
 *
 * @param {Pick<Room, "entries" | "era" | "past">} room
 * @param {string} id as the log or the server has it
 * @returns {LogMessage | undefined}
 */
export function findMessage({ entries, era, past }, id) {
  const found = findIn({ entries, era }, id);
  return found ?? (past === null ? undefined : findIn({ entries: past.entries, era }, id));
}

/**
 * The message with an id among some entries.
 *
 * @param {Pick<Room, "entries" | "era">} part `era` is the newest one that it may be of
 * @param {string} id as the log or the server has it
 * @returns {LogMessage | undefined}
 */
export function findIn({ entries, era }, id) {
  const bare = withoutEra(id);
  for (let prefix = bare === id ? era : id.slice(0, -bare.length);; prefix = previousEra(prefix)) {
    const entry = entries[placeOf(entries, prefix + bare)];
    if (entry?.id === prefix + bare && isMessage(entry)) return entry;
    if (prefix === "") return undefined;
  }
}

/**
 * @template {{ id: string }} Item
 * @param {readonly Item[]} users
 * @param {readonly { id: string }[]} others
 */
function without(users, others) {
  return users.filter((user) => !others.some((other) => other.id === user.id));
}
