/**
 * Gaps of a log: where messages are missing, and how pages of the history fill them. Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Entry, Fill, Gap } from "./log.js" */
import { positionOf } from "../client/resume.js";
import { withoutEra } from "./era.js";
import {
  insertMessages,
  isFillable,
  isGap,
  isMessage,
  isNote,
  oldestMessage,
  placeOf,
} from "./log.js";

/**
 * Marks that messages after the id `after` are missing. Adjacent gaps of a kind are merged.
 *
 * @param {readonly Entry[]} entries
 * @param {string} after
 * @param {{ since: string, until: string, isQuiet?: boolean }} [range] what is to be loaded, by
 *   position; left out: the server has it no more
 * @returns {readonly Entry[]}
 */
export function insertGap(entries, after, range) {
  const id = `${after}~`;
  const place = placeOf(entries, id);
  const above = entries.slice(0, place).findLast((entry) => !isNote(entry));
  const neighbour = [above, entries[place]].find((entry) =>
    range === undefined ? isGap(entry) && !isFillable(entry) : isFillable(entry)
  );
  if (neighbour !== undefined && range === undefined) return entries;
  if (isFillable(neighbour) && range !== undefined) {
    const until = later(neighbour.fill.until, range.until);
    const isQuiet = neighbour.fill.isQuiet && range.isQuiet === true;
    return changeFill(entries, neighbour, { until, isQuiet });
  }
  /** @type {Gap} */
  const gap = { id, gap: true, ...(range !== undefined && { fill: fillOf(id, range) }) };
  return [...entries.slice(0, place), gap, ...entries.slice(place)];
}

/**
 * @param {string} key
 * @param {{ since: string, until: string, isQuiet?: boolean }} range
 * @returns {Fill}
 */
function fillOf(key, { since, until, isQuiet = false }) {
  return {
    key,
    since,
    until,
    loaded: null,
    isLoading: false,
    isWhole: false,
    isRefused: false,
    isQuiet,
  };
}

/**
 * @param {readonly Entry[]} entries
 * @param {Entry} gap
 * @param {Partial<Fill>} change
 * @returns {readonly Entry[]}
 */
export function changeFill(entries, gap, change) {
  return entries.map((entry) =>
    entry === gap && isFillable(entry) ? { ...entry, fill: { ...entry.fill, ...change } } : entry
  );
}

/**
 * The log after a connection was lost, or a page was refused: nothing is being loaded.
 *
 * @param {readonly Entry[]} entries
 * @param {{ isRefused: boolean }} options
 * @returns {readonly Entry[]}
 */
export function stopFills(entries, { isRefused }) {
  return entries.filter(isFillable)
    .filter(({ fill }) => fill.isLoading || fill.isWhole || fill.isRefused)
    .reduce(
      (next, gap) => changeFill(next, gap, { isLoading: false, isWhole: false, isRefused }),
      entries,
    );
}

/**
 * The log of a server that keeps only what comes after `floor`: of each gap, what is older can't be
 * loaded any more.
 *
 * @param {readonly Entry[]} entries
 * @param {string} era the prefix of ids
 * @param {string | undefined} floor left out: the server has nothing of it
 * @returns {readonly Entry[]}
 */
export function cutGaps(entries, era, floor) {
  const cut = entries.filter(isFillable)
    .filter(({ fill }) => floor === undefined || fill.since < floor);
  return cut.reduce((/** @type {readonly Entry[]} */ next, gap) => {
    const { fill: { until, isQuiet } } = gap;
    const start = gap.id.replace(/~$/, "");
    const rest = next.filter((entry) => entry !== gap);
    const lost = isQuiet ? rest : insertGap(rest, start);
    if (floor === undefined || until <= floor) return lost;
    const isInside = era + floor < (messageAfter(entries, gap)?.id ?? era + until);
    const after = isInside ? later(start, era + floor) : start;
    return insertGap(lost, after, { since: floor, until, isQuiet });
  }, entries);
}

/**
 * The message below a gap.
 *
 * @param {readonly Entry[]} entries
 * @param {Entry} gap
 * @returns {Message | undefined}
 */
export function messageAfter(entries, gap) {
  return entries.slice(entries.indexOf(gap)).find(isMessage);
}

/**
 * Puts messages into the log. Known ones are replaced. Others that were said up to `since` and are
 * older than the log, or belong into a gap, are left out: they come with their page of the history.
 *
 * @param {readonly Entry[]} entries
 * @param {readonly Message[]} messages with their ids in the log
 * @param {{ since: string, more: boolean, gap?: Gap }} options `since` as an id in the log; `more`:
 *   whether the server has older messages than the log; `gap` whose page this is
 * @returns {readonly Entry[]}
 */
export function placeMessages(entries, messages, { since, more, gap }) {
  const oldest = oldestMessage(entries);
  /** Where gaps end that now lack a newer position. @type {Map<Gap, string>} */
  const missing = new Map();
  const placed = messages.filter((message) => {
    const { id, changed } = message;
    const place = placeOf(entries, id);
    if (id > since || entries[place]?.id === id) return true;
    const around = gapBefore(entries, place);
    if (around !== undefined && around === gap) return true;
    if (around !== undefined) {
      const position = withoutEra(positionOf(message));
      missing.set(around, later(missing.get(around) ?? around.fill.until, position));
      return false;
    }
    return oldest === undefined
      ? changed === undefined
      : id > oldest.id || (changed === undefined && !more);
  });
  /** @type {readonly Entry[]} */
  let next = entries;
  for (const [around, until] of missing) next = changeFill(next, around, { until });
  return insertMessages(next, placed);
}

/**
 * The gap that ends at a place, if any.
 *
 * @param {readonly Entry[]} entries
 * @param {number} place an index
 */
function gapBefore(entries, place) {
  const before = entries.slice(0, place).findLast((entry) => !isNote(entry));
  return isGap(before) && isFillable(before) ? before : undefined;
}

/**
 * Moves a gap down, below the messages that were loaded of it.
 *
 * @param {readonly Entry[]} entries with these messages
 * @param {Gap} gap
 * @param {string} last the id of the last message of the gap that was loaded, or ""
 * @param {Partial<Fill>} change of the gap
 * @returns {readonly Entry[]}
 */
export function moveGap(entries, gap, last, change) {
  const rest = entries.filter((entry) => entry !== gap);
  const moved = last > gap.id ? { ...gap, id: `${last}~` } : gap;
  const place = placeOf(rest, moved.id);
  return changeFill([...rest.slice(0, place), moved, ...rest.slice(place)], moved, change);
}

/**
 * @param {string} a
 * @param {string} b
 */
function later(a, b) {
  return a > b ? a : b;
}
