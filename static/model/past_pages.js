/**
 * Pages of the past on show: asked for at both ends, read again, and merged into the log where the two
 * meet. Pure.
 *
 * @module
 */

/** @import { HistoryEvent } from "../../chat/protocol/types.ts" */
/** @import { Past } from "./past.js" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { inEra, withoutEra } from "./era.js";
import { fillQuietGaps } from "./fill.js";
import { isMessage } from "./log.js";
import { addNewer, addOlder, isBehindLog, mergePast, pastOf, touchesLog } from "./past.js";
import { returnToPresent } from "./present.js";
import { findRoom } from "./state.js";
import { notify, request, updateRoom } from "./step.js";
import { recount } from "./unread.js";

/** The messages of a page. */
export const PAGE_SIZE = 100;

/**
 * @param {Step} step
 * @param {Room} room
 * @param {"before" | "after"} side
 * @returns {void}
 */
export function requestPage(step, { name, era, status, past }, side) {
  if (past === null || past.loading !== null || status !== "joined") return;
  if (!(side === "before" ? past.more : past.moreAfter)) return;
  const messages = past.entries.filter(isMessage);
  const bound = side === "before" ? messages[0] : messages.at(-1);
  if (bound === undefined) return;
  const id = bound.id.slice(era.length);
  const ref = request(step, { type: "history", room: name, [side]: id, limit: PAGE_SIZE });
  updateRoom(step, name, { past: { ...past, loading: side, ref } });
}

/**
 * Reads what is in sight of the past again, since changes of it may have been missed.
 *
 * @param {Step} step
 * @param {Room} room
 * @param {string} id in the log
 * @returns {void}
 */
export function reread(step, { name, status, past }, id) {
  if (past === null || !past.isStale || past.loading !== null || status !== "joined") return;
  const around = withoutEra(id);
  const ref = request(step, { type: "history", room: name, around, limit: 2 * PAGE_SIZE });
  updateRoom(step, name, { past: { ...past, loading: "around", ref } });
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {HistoryEvent} event
 * @returns {void}
 */
export function receivePage(step, room, event) {
  const { name, past } = room;
  if (past === null) return;
  const page = pageOf(room, event);
  const isEmpty = page.messages.length === 0;
  if (past.loading === "around" && isEmpty) {
    notify(step, "These messages are not kept here any more");
    return returnToPresent(step, { ...room, past: { ...past, ref: null } });
  }
  /** @type {Past} */
  const grown = past.loading === "around"
    ? pastOf(page)
    : past.loading === "before"
    ? addOlder(past, page)
    : addNewer(past, page);
  updateRoom(step, name, { past: grown });
  meet(step, name, isEmpty);
}

/**
 * Merges the past into the log if the two meet.
 *
 * @param {Step} step
 * @param {string} name
 * @param {boolean} isEmpty whether the last page was
 * @returns {void}
 */
export function meet(step, name, isEmpty) {
  const room = findRoom(step.state, name);
  if (room === undefined || room.past === null) return;
  const { entries, past, more, since } = room;
  const isMissing = !past.moreAfter && !isEmpty && isBehindLog(entries, past);
  if (!touchesLog(entries, past) && (past.moreAfter || isMissing)) {
    // Newer messages than those of the page come with the next one.
    return updateRoom(step, name, { past: { ...past, moreAfter: true } });
  }
  const oldest = entries.find(isMessage)?.id;
  const begins = past.entries.find(isMessage)?.id ?? "";
  const isEarlier = oldest === undefined || begins < oldest;
  updateRoom(step, name, {
    entries: mergePast(entries, past, since ?? ""),
    more: isEarlier ? past.more : more,
    past: null,
  });
  if (room.hasMoreUnread) recount(step, name);
  fillQuietGaps(step, name);
}

/**
 * @param {Room} room
 * @param {HistoryEvent} page
 */
export function pageOf({ era }, { messages, more, moreAfter }) {
  return { messages: messages.map((message) => inEra(message, era)), more, moreAfter };
}
