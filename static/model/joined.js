/**
 * Handler of `joined`, the answer to a join or a resume. Pure.
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
  // A log without messages starts like a newcomer's, and pages back from the messages that follow.
  const hasGap = isReturn && !complete && oldest !== undefined;
  // A position beyond the log's end is of another server: the page has read nothing of this one.
  const readTo = isNewEra || (room.readTo !== null && room.readTo > head) ? null : room.readTo;
  const missed = messages.filter(({ id, user }) =>
    user.id !== step.state.you?.id &&
    (isReturn || (room.readTo !== null && (readTo === null || id > era + readTo)))
  );
  updateRoom(step, name, {
    status: "joined",
    readTo,
    // While messages follow, the page has only those that have come.
    since: follow === 0 ? head : joined.messages.at(-1)?.id ?? since,
    era,
    entries: insertMessages(hasGap ? insertGap(room.entries, gapAfter) : room.entries, messages),
    // The server has no messages of an earlier era.
    more: oldest === undefined ? more : room.more && !isNewEra,
    follow,
    members,
    count,
    joinError: null,
    isNew: false,
  });
  addUnread(step, name, missed, isReturn || missed.length > 0 ? follow : 0);
  // The first messages follow the last one that was read, or a gap.
  const begin = joined.messages[0]?.id ?? "";
  if (missed.length > 0 && more && (isReturn ? !complete : begin > (readTo ?? begin))) {
    updateRoom(step, name, { hasMoreUnread: true });
    recount(step, name);
  }
  // The room was joined already: this join only asked for the members.
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
 * Whether a server's messages would stand above those of the page: its clock was set back before a
 * restart, or it is another instance whose clock is behind.
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
  // Also in an empty room: a restarted server can't know its messages.
  return missed === 0
    ? "Back online: some messages may be missing"
    : `Caught up: ${messages}, but some may be missing`;
}
