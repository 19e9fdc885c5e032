/**
 * Changes of the state by the answer to a join, of a newcomer or of a user who comes back. Pure.
 *
 * @module
 */

/** @import { JoinedEvent, Message } from "../../chat/protocol/types.ts" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { inEra, nextEra, withoutEra } from "./era.js";
import { endOf, insertGap, insertMessages, oldestMessage } from "./log.js";
import { endAbsence, noteReturn } from "./restart.js";
import { notify, update, updateRoom } from "./step.js";
import { addUnread, recount } from "./unread.js";

/**
 * @param {Step} step
 * @param {Room} room
 * @param {JoinedEvent} joined
 */
export function receiveJoined(step, room, joined) {
  const { members, count, complete, more, follow, head } = joined;
  const { name, since } = room;
  const isReturn = since !== null;
  const known = new Set(room.entries.map(({ id }) => withoutEra(id)));
  const unknown = joined.messages.filter(({ id }) => !known.has(id));
  const isNewEra = isReturn && !complete && isBehind(room, head, unknown);
  const era = isNewEra ? nextEra(room.era) : room.era;
  const messages = unknown.map((message) => inEra(message, era));
  const oldest = oldestMessage(room.entries);
  const gapAfter = isNewEra ? endOf(room.entries, room.era + since) : room.era + since;
  // A log without messages is begun like a newcomer's, and may be paged back from what comes.
  const hasGap = isReturn && !complete && oldest !== undefined;
  // A position beyond the log's end is of another server: nothing of this one was read.
  const readTo = isNewEra || (room.readTo !== null && room.readTo > head) ? null : room.readTo;
  const missed = messages.filter(({ id, user }) =>
    user.id !== step.state.you?.id &&
    (isReturn || (room.readTo !== null && (readTo === null || id > era + readTo)))
  );
  updateRoom(step, name, {
    status: "joined",
    readTo,
    // While messages follow, only what has come was given to us.
    since: follow === 0 ? head : joined.messages.at(-1)?.id ?? since,
    era,
    entries: insertMessages(hasGap ? insertGap(room.entries, gapAfter) : room.entries, messages),
    // The server has nothing of an earlier era.
    more: oldest === undefined ? more : room.more && !isNewEra,
    follow,
    members,
    count,
    refusal: null,
    isNew: false,
  });
  addUnread(step, name, missed, isReturn || missed.length > 0 ? follow : 0);
  // A newcomer's page begins after what was read last, or a gap lies before it.
  const begin = joined.messages[0]?.id ?? "";
  if (missed.length > 0 && more && (isReturn ? !complete : begin > (readTo ?? begin))) {
    updateRoom(step, name, { hasMoreUnread: true });
    recount(step, name);
  }
  // Joined already: it was only the members that we wanted to know.
  if (isReturn && room.status !== "joined" && name === step.state.current) {
    notify(step, describeReturn(complete, missed.length + follow));
  }
  noteReturn(step, room, joined);
  endAbsence(step);
  const { nameDialog } = step.state;
  if (nameDialog?.reason === "refused" && nameDialog.room === name) {
    update(step, { nameDialog: null });
  }
}

/**
 * Whether what a server says would stand above what the page has: a server that was started again
 * with its clock set back, or another one whose clock is behind.
 *
 * @param {Room} room
 * @param {string} head
 * @param {readonly Message[]} unknown
 */
function isBehind({ entries, era, since }, head, unknown) {
  return era + head < endOf(entries, era + since) ||
    unknown.some(({ id }) => since !== null && id < since);
}

/**
 * @param {boolean} complete
 * @param {number} missed
 */
function describeReturn(complete, missed) {
  const messages = `${missed} ${missed === 1 ? "message" : "messages"}`;
  if (complete) return missed === 0 ? "Back online: you missed nothing" : `Caught up: ${messages}`;
  // Also where nothing was said: a server that was started again can't know.
  return missed === 0
    ? "Back online: some messages may be missing"
    : `Caught up: ${messages}, but some may be missing`;
}
