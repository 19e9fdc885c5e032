/**
 * Part of a room's past that is on show instead of its log: loaded around a message, it grows page
 * by page at both ends until it meets the log and is merged into it. Pure.
 *
 * Nothing is missing between two neighbours, neither here nor after a merge, unless a gap says so.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Entry, Gap } from "./log.js" */
import { withoutEra } from "./era.js";
import { insertGap } from "./gaps.js";
import { insertMessages, isFillable, isGap, isMessage, isNote, placeOf } from "./log.js";

/**
 * @typedef {object} Past
 * @property {readonly Entry[]} entries messages, and gaps where the server has lost some
 * @property {boolean} more whether the server has older messages
 * @property {boolean} moreAfter whether it has newer ones
 * @property {"before" | "after" | "around" | null} loading the page that was asked for
 * @property {string | null} ref of the command that asks for it
 * @property {boolean} isStale whether changes of its messages may have been missed
 */

/**
 * A page of messages with their ids in the log.
 *
 * @typedef {object} Page
 * @property {readonly Message[]} messages with nothing missing between two
 * @property {boolean} more
 * @property {boolean} moreAfter
 */

/** The most entries that are kept. */
export const MAX_PAST = 2000;

/**
 * @param {Page} page around a message
 * @returns {Past}
 */
export function pastOf({ messages, more, moreAfter }) {
  const entries = insertMessages([], messages);
  return { entries, more, moreAfter, loading: null, ref: null, isStale: false };
}

/**
 * The past with a page of older messages. If it is too long, the newest ones are dropped.
 *
 * @param {Past} past
 * @param {Page} page
 * @returns {Past}
 */
export function addOlder(past, { messages, more }) {
  const [first] = past.entries;
  const older = messages.filter(({ id }) => first === undefined || id < first.id);
  const entries = insertMessages(past.entries, older);
  const kept = entries.slice(0, MAX_PAST);
  return {
    ...past,
    entries: isGap(kept.at(-1)) ? kept.slice(0, -1) : kept,
    // An empty page would be asked for again and again.
    more: more && older.length > 0,
    moreAfter: past.moreAfter || kept.length < entries.length,
    loading: null,
    ref: null,
  };
}

/**
 * The past with a page of newer messages. If it is too long, the oldest ones are dropped.
 *
 * @param {Past} past
 * @param {Page} page
 * @returns {Past}
 */
export function addNewer(past, { messages, more, moreAfter }) {
  const last = past.entries.findLast(isMessage);
  const newer = messages.filter(({ id }) => last === undefined || id > last.id);
  // The server has lost the last message, and perhaps some that followed it.
  const isCutOff = last !== undefined && newer.length > 0 && !more;
  const before = isCutOff ? insertGap(past.entries, last.id) : past.entries;
  const entries = insertMessages(before, newer);
  const kept = entries.slice(-MAX_PAST);
  return {
    ...past,
    entries: isGap(kept[0]) ? kept.slice(1) : kept,
    more: past.more || kept.length < entries.length,
    moreAfter: moreAfter && newer.length > 0,
    loading: null,
    ref: null,
  };
}

/**
 * The past with later states of its messages. Others are left out: new ones belong to the log.
 *
 * @param {Past} past
 * @param {readonly Message[]} messages with their ids in the log
 * @returns {Past} `past` itself if nothing has changed
 */
export function changePast(past, messages) {
  const known = messages.filter(({ id }) => past.entries[placeOf(past.entries, id)]?.id === id);
  const entries = insertMessages(past.entries, known);
  return entries === past.entries ? past : { ...past, entries };
}

/**
 * Returns true if the past shares a message with the end of the log, after the last gap: then the
 * log has everything that is newer.
 *
 * @param {readonly Entry[]} entries of the log
 * @param {Past} past
 * @returns {boolean}
 */
export function touchesLog(entries, past) {
  const { first, last } = boundsOf(past.entries);
  return endOfLog(entries).some(({ id }) => id >= first && id <= last);
}

/**
 * Returns true if the end of the log has a message that is newer than the past.
 *
 * @param {readonly Entry[]} entries of the log
 * @param {Past} past
 * @returns {boolean}
 */
export function isBehindLog(entries, past) {
  const { last } = boundsOf(past.entries);
  return endOfLog(entries).some(({ id }) => id > last);
}

/** @param {readonly Entry[]} entries */
function endOfLog(entries) {
  return entries.slice(entries.findLastIndex(isGap) + 1).filter(isMessage);
}

/** @param {readonly Entry[]} entries */
function boundsOf(entries) {
  return { first: entries[0]?.id ?? "", last: entries.findLast(isMessage)?.id ?? "" };
}

/**
 * The log with the messages of the past. Of a gap that the past covers only changes of other
 * messages can be missing. Where the two don't meet, there is a gap.
 *
 * @param {readonly Entry[]} entries of the log
 * @param {Past} past
 * @param {string} since the room's position
 * @returns {readonly Entry[]}
 */
export function mergePast(entries, past, since) {
  const { first, last } = boundsOf(past.entries);
  if (last === "") return entries;
  const end = placeOf(entries, `${last}!`);
  const older = entries.slice(0, placeOf(entries, first));
  const inside = entries.slice(older.length, end);
  const newer = entries.slice(end);
  const lastShared = inside.findLastIndex(isMessage);
  const hasNewer = newer.some(isMessage);
  /** Gaps that go on below the past. */
  const open = hasNewer ? inside.slice(lastShared + 1).filter(isGap) : [];
  const shared = inside.flatMap((entry) => closed(entry, open));
  const merged = past.entries.filter(isGap).reduce(
    (next, gap) => insertGap(next, withoutMark(gap.id)),
    insertMessages(shared, past.entries.filter(isMessage)),
  );
  const rest = open.find(isFillable) ?? open[0];
  const below = rest === undefined ? [] : [{ ...rest, id: `${last}~` }];
  const next = [...older, ...merged, ...below, ...newer];
  if (lastShared >= 0) return next;
  if (hasNewer) {
    const isOpen = below.length > 0 || isGap(newer.find((entry) => !isNote(entry)));
    return isOpen ? next : insertGap(next, last);
  }
  // The log is behind the past.
  const previous = older.findLast((entry) => !isNote(entry));
  if (!isMessage(previous)) return next;
  return insertGap(next, previous.id, { since, until: withoutEra(last) });
}

/**
 * An entry among those of the past: of a gap, if it is not an open one, changes alone are missing.
 *
 * @param {Entry} entry
 * @param {readonly Gap[]} open
 * @returns {Entry[]}
 */
function closed(entry, open) {
  if (!isGap(entry)) return [entry];
  if (!isFillable(entry) || open.includes(entry)) return [];
  return [{ ...entry, fill: { ...entry.fill, isQuiet: true } }];
}

/** @param {string} id of a gap */
function withoutMark(id) {
  return id.replace(/~$/, "");
}
