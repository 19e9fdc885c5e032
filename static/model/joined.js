/**
 * Handler of `joined`, the answer to a join or a resume. Pure.
 *
 * @module
 */

/** @import { JoinedEvent, Message } from "../../chat/protocol/types.ts" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { isKeptSince, joinedCursor, positionOf } from "../client/resume.js";
import { inEra, nextEra, withoutEra } from "./era.js";
import { cutGaps, insertGap, placeMessages } from "./gaps.js";
import { endOf, insertMessages, isMessage, oldestMessage } from "./log.js";
import { absenteesOf } from "./members.js";
import { endAbsence, noteReturn } from "./restart.js";
import { notify, update, updateRoom } from "./step.js";
import { addUnread, isHeard, recount, recountChanged } from "./unread.js";

/**
 * @param {Step} step
 * @param {Room} room
 * @param {JoinedEvent} joined
 */
export function receiveJoined(step, room, joined) {
  const { members, count, settings, complete, more, follow, head, floor } = joined;
  const { name, since } = room;
  const isReturn = since !== null;
  const known = new Map(room.entries.map(({ id }) => [withoutEra(id), id]));
  const unknown = joined.messages.filter(({ id }) => !known.has(id));
  const isKept = isReturn && (complete || hasKept(room, since, joined));
  const isNewEra = isReturn && !isKept && isBehind(room, head, unknown);
  const era = isNewEra ? nextEra(room.era) : room.era;
  const messages = joined.messages.map((message) => {
    const id = known.get(message.id);
    return id === undefined ? inEra(message, era) : { ...message, id };
  });
  const oldest = oldestMessage(room.entries);
  // A log without messages starts like a newcomer's, and pages back from the messages that follow.
  const gap = isReturn && !complete && oldest !== undefined
    ? gapOf(room, since, { joined, isKept, isNewEra })
    : null;
  const hasGap = gap !== null && gap.range?.isQuiet !== true;
  // A position beyond the log's end is of another server: the page has read nothing of this one.
  const isOfAnother = isNewEra || (room.readTo !== null && room.readTo > head);
  // What was missed of a room that was never on show is unread, too.
  const isUnreadGap = hasGap && isKept && room.unread === 0;
  const readTo = isOfAnother ? null : room.readTo ?? (isUnreadGap ? since : null);
  const missed = messages.filter(({ id, user, deleted }) =>
    isHeard(step.state, user) && deleted !== true && !known.has(withoutEra(id)) &&
    (isReturn
      ? isNewEra || id > era + since
      : room.readTo !== null && (readTo === null || id > era + readTo))
  );
  updateRoom(step, name, {
    status: "joined",
    readTo,
    ...joinedCursor(room, joined),
    era,
    floor: floor ?? null,
    reach: isNewEra ? null : room.reach,
    entries: entriesAfter(room, { joined, messages, era, gap, isKept, isNewEra }),
    // The server has no messages of an earlier era.
    more: oldest === undefined ? more : room.more && !isNewEra,
    settings: settings ?? null,
    members,
    absentees: isReturn && room.status !== "joined"
      ? absenteesOf(room, members, step.now)
      : room.absentees,
    count,
    joinError: null,
    isNew: false,
  });
  for (const message of messages) recountChanged(step, room, message);
  addUnread(step, name, missed, isReturn || missed.length > 0 ? follow : 0);
  // The first messages follow the last one that was read, or a gap.
  const begin = joined.messages[0]?.id ?? "";
  if (missed.length > 0 && more && (isReturn ? !complete : begin > (readTo ?? begin))) {
    updateRoom(step, name, { hasMoreUnread: true });
    recount(step, name);
  }
  // The room was joined already: this join only asked for the members.
  if (room.joinError?.code === "kicked") {
    notify(step, `You were sent out of #${name}, and may be in it again`);
  } else if (isReturn && room.status !== "joined" && name === step.state.current) {
    notify(step, describeReturn(missed.length + follow, { isKept, hasGap }));
  }
  noteReturn(step, room, joined, isKept);
  endAbsence(step);
  const { nameDialog } = step.state;
  if (nameDialog?.reason === "refused" && nameDialog.room === name) {
    update(step, { nameDialog: null });
  }
}

/**
 * Returns true if a server has everything that was said since a position, and perhaps gave only the
 * newest.
 * An older server names no floor; one that has lost its store knows nothing of the page's log.
 *
 * @param {Room} room
 * @param {string} since
 * @param {JoinedEvent} joined
 */
function hasKept({ entries }, since, joined) {
  const { more, messages } = joined;
  if (!isKeptSince(joined, since)) return false;
  const last = entries.findLast(isMessage);
  return more || last === undefined || messages.some(({ id }) => id === withoutEra(last.id));
}

/**
 * @typedef {object} JoinGap
 * @property {string} after the id in the log after which messages are missing
 * @property {{ since: string, until: string, isQuiet: boolean }} [range] left out: the server has
 *   them no more
 */

/**
 * The gap between the page's messages and those that the server gave. Quiet: the messages overlap,
 * so that only changes of older ones can be missing.
 *
 * @param {Room} room
 * @param {string} since
 * @param {{ joined: JoinedEvent, isKept: boolean, isNewEra: boolean }} answer
 * @returns {JoinGap | null}
 */
function gapOf({ entries, era }, since, { joined, isKept, isNewEra }) {
  const { messages, more, head, floor } = joined;
  const end = endOf(entries, era + since);
  const [first] = messages;
  const isQuiet = first !== undefined && era + first.id <= end;
  if (!isKept) {
    // Of what it has lost in part, it has the rest.
    const hasRest = !isNewEra && more && !isQuiet && floor !== undefined && since < floor;
    if (hasRest) return { after: end, range: { since, until: head, isQuiet } };
    return { after: isNewEra ? end : era + since };
  }
  // The server gave all that it has.
  if (!more) return null;
  return { after: isQuiet ? era + since : end, range: { since, until: head, isQuiet } };
}

/**
 * The log with the messages of a `joined`.
 *
 * @param {Room} room as it was before
 * @param {{ joined: JoinedEvent, messages: readonly Message[], era: string, gap: JoinGap | null,
 *   isKept: boolean, isNewEra: boolean }} answer `messages` as they are placed
 */
function entriesAfter(room, { joined, messages, era, gap, isKept, isNewEra }) {
  const { since, more } = room;
  if (since === null) return insertMessages(room.entries, messages);
  const floor = isNewEra ? undefined : joined.floor;
  const isUncut = floor === undefined && isKept;
  const entries = isUncut ? room.entries : cutGaps(room.entries, era, floor);
  if (joined.complete) return placeMessages(entries, messages, { since: era + since, more });
  // With nothing between them missing.
  const next = insertMessages(
    gap === null ? entries : insertGap(entries, gap.after, gap.range),
    messages,
  );
  return isUncut ? next : cutGaps(next, era, floor);
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
    unknown.some((message) => since !== null && positionOf(message) < since);
}

/**
 * @param {number} missed
 * @param {{ isKept: boolean, hasGap: boolean }} answer
 */
function describeReturn(missed, { isKept, hasGap }) {
  const messages = `${missed} ${missed === 1 ? "message" : "messages"}`;
  if (isKept && hasGap) {
    return missed === 0
      ? "Back online: the messages that you missed can be loaded"
      : `Caught up: ${messages}; more can be loaded`;
  }
  if (isKept) return missed === 0 ? "Back online: you missed nothing" : `Caught up: ${messages}`;
  // Also in an empty room: a restarted server can't know its messages.
  return missed === 0
    ? "Back online: some messages may be missing"
    : `Caught up: ${messages}, but some may be missing`;
}
