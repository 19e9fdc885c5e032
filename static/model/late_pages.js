/**
 * Part of the reducer for pages of messages that the server read before a change which the page
 * knows: answers wait for those to earlier commands, changes do not. Pure.
 *
 * @module
 */

/** @import { MessageEvent } from "../../chat/protocol/types.ts" */
/** @import { Input } from "./reduce.js" */
/** @import { Step } from "./step.js" */
import { inEra } from "./era.js";
import { insertMessages, placeOf } from "./log.js";
import { changePast } from "./past.js";
import { changeFound } from "./search.js";
import { update, updateRooms } from "./step.js";

/** The most changes that are kept while pages are on their way. */
const MAX_CHANGES = 200;

/**
 * Makes the changes again that came while a page was on its way.
 *
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reduceLatePages(step, input, next) {
  const { pending, lateChanges } = step.state;
  const isAwaited = pending.some(({ type }) => type === "history" || type === "search");
  next();
  if (!isAwaited) {
    if (lateChanges.length > 0) update(step, { lateChanges: [] });
    return;
  }
  if (input.type !== "received") return;
  const { event } = input;
  if (event.type === "message" && event.changed !== undefined) {
    update(step, { lateChanges: [...lateChanges, event].slice(-MAX_CHANGES) });
  } else if (event.type === "history" || event.type === "found") {
    for (const change of lateChanges) repeat(step, change);
  }
}

/**
 * @param {Step} step
 * @param {MessageEvent} change
 */
function repeat(step, change) {
  updateRooms(step, (room) => {
    if (room.name !== change.room) return room;
    const message = inEra(change, room.era);
    const isKnown = room.entries[placeOf(room.entries, message.id)]?.id === message.id;
    return {
      ...room,
      entries: isKnown ? insertMessages(room.entries, [message]) : room.entries,
      past: room.past && changePast(room.past, [message]),
    };
  });
  const { search } = step.state;
  if (search !== null) update(step, { search: changeFound(search, change.room, [change]) });
}
