/**
 * Loading of what is missing in a log: the gaps that the server can fill, and the first unread
 * message. Pure.
 *
 * @module
 */

/** @import { HistoryEvent, Message } from "../../chat/protocol/types.ts" */
/** @import { Entry, Fill, Gap } from "./log.js" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { positionOf } from "../client/resume.js";
import { inEra } from "./era.js";
import { changeFill, insertGap, messageAfter, moveGap, placeMessages } from "./gaps.js";
import { isFillable, isMessage, MAX_ENTRIES, oldestMessage, trimEntries } from "./log.js";
import { findRoom } from "./state.js";
import { request, updateRoom } from "./step.js";
import { findFirstUnread, recount } from "./unread.js";

/** The most messages that the server gives at once. */
const PAGE_SIZE = 200;

/**
 * Loads a page of a gap.
 *
 * @param {Step} step
 * @param {string} name
 * @param {string} key of the gap
 * @param {{ isWhole?: boolean }} [options] `isWhole`: page after page to the end, however many
 *   there are
 * @returns {void}
 */
export function fillGap(step, name, key, { isWhole = false } = {}) {
  const room = findRoom(step.state, name);
  const gap = room?.entries.filter(isFillable).find(({ fill }) => fill.key === key);
  if (room?.status !== "joined" || gap === undefined) return;
  const { fill } = gap;
  if (fill.isLoading && (fill.isWhole || !isWhole)) return;
  const isAsked = isWhole || fill.isWhole || fill.isQuiet || room.seeking;
  if (!isAsked && (fill.isRefused || room.entries.length >= MAX_ENTRIES)) return;
  const change = { isLoading: true, isWhole: isWhole || fill.isWhole, isRefused: false };
  updateRoom(step, name, { entries: changeFill(room.entries, gap, change) });
  if (fill.isLoading) return;
  request(step, { type: "history", room: name, since: fill.since, limit: PAGE_SIZE });
}

/**
 * Loads what is missing of the changes of messages that the page has.
 *
 * @param {Step} step
 * @param {string} name
 * @returns {void}
 */
export function fillQuietGaps(step, name) {
  const gaps = findRoom(step.state, name)?.entries.filter(isFillable) ?? [];
  for (const { fill } of gaps) if (fill.isQuiet) fillGap(step, name, fill.key);
}

/**
 * Takes a page of a gap.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {string} since after which it was asked for
 * @param {HistoryEvent} page
 * @returns {void}
 */
export function receivePage(step, room, since, page) {
  const { name, era } = room;
  const gap = room.entries.filter(isFillable)
    .find(({ fill }) => fill.isLoading && fill.since === since);
  // The log may have been cut meanwhile.
  if (gap === undefined) return;
  const { fill } = gap;
  // The page has what comes after the end of the gap.
  const messages = page.messages.filter((message) => positionOf(message) <= fill.until);
  const placed = messages.map((message) => inEra(message, era));
  const options = { since: era + (room.since ?? ""), more: room.more, gap };
  const before = isCutOff(room, gap, page)
    ? insertGap(room.entries, gap.id.replace(/~$/, ""))
    : room.entries;
  const entries = placeMessages(before, placed, options);
  const loaded = (fill.loaded ?? 0) + entries.filter(isMessage).length -
    before.filter(isMessage).length;
  const end = page.messages.at(-1);
  const position = end === undefined ? since : positionOf(end);
  // From here on only messages can be missing that were changed later.
  const below = messageAfter(room.entries, gap);
  const isQuiet = fill.isQuiet || (below !== undefined && era + position >= below.id);
  const isDone = !page.moreAfter || position <= since || position >= fill.until;
  const next = isDone
    ? entries.filter((entry) => entry !== gap)
    : moveGap(entries, gap, lastIn(room.entries, gap, placed), {
      since: position,
      loaded,
      isLoading: false,
      isQuiet,
    });
  const kept = room.seeking ? next : trimEntries(next);
  // The server has no messages of an earlier era.
  const isCut = kept !== next && (kept[0]?.id ?? "") >= era;
  updateRoom(step, name, {
    entries: kept,
    more: room.more || isCut,
    reach: kept === next ? room.reach : null,
  });
  if (room.hasMoreUnread) recount(step, name);
  if (isDone && fill.isWhole) {
    const text = loaded === 1 ? "1 message was loaded" : `${loaded} messages were loaded`;
    step.effects.push({ type: "announce", text });
  }
  if (room.seeking) seekUnread(step, name);
  if (fill.isWhole || isQuiet) fillGap(step, name, fill.key);
}

/**
 * The last id of messages that belong into a gap.
 *
 * @param {readonly Entry[]} entries without them
 * @param {Gap} gap
 * @param {readonly Message[]} messages with their ids in the log
 */
function lastIn(entries, gap, messages) {
  const next = messageAfter(entries, gap);
  return messages.map(({ id }) => id).filter((id) => next === undefined || id < next.id)
    .reduce((last, id) => last > id ? last : id, "");
}

/**
 * Whether the server has lost the messages above a gap, and with them perhaps the first ones in it.
 *
 * @param {Room} room
 * @param {Gap & { fill: Fill }} gap
 * @param {HistoryEvent} page the first one of the gap
 */
function isCutOff({ entries, era }, gap, { messages: [first], more }) {
  if (more || gap.fill.loaded !== null || gap.fill.isQuiet) return false;
  const start = first === undefined ? gap.id : era + first.id;
  return entries.slice(0, entries.indexOf(gap))
    .some((entry) => isMessage(entry) && entry.id >= era && entry.id < start);
}

/**
 * Loads pages until the first unread message is there. The page goes to where the user stopped
 * reading, however far that is.
 *
 * @param {Step} step
 * @param {string} name
 * @returns {void}
 */
export function seekUnread(step, name) {
  const room = findRoom(step.state, name);
  if (room === undefined) return;
  const key = room.status === "joined" && room.hasMoreUnread && room.unreadFrom === null
    ? keyOfUnreadGap(step, room)
    : undefined;
  updateRoom(step, name, { seeking: key !== undefined });
  if (key !== undefined) fillGap(step, name, key);
}

/**
 * The gap that has the first unread message. There is one above the log, if the log begins after
 * it.
 *
 * @param {Step} step
 * @param {Room} room
 * @returns {string | undefined}
 */
function keyOfUnreadGap(step, room) {
  const { name, entries, era, readTo, since } = room;
  const { gap, isAbove } = findFirstUnread(room, step.state);
  const oldest = oldestMessage(entries);
  if (!isAbove || oldest === undefined || readTo === null || since === null) return gap?.fill.key;
  updateRoom(step, name, {
    entries: insertGap(entries, era + readTo, { since: readTo, until: since }),
    reach: readTo,
  });
  return `${era}${readTo}~`;
}
