/**
 * Detection of a restart of the server while the page had no connection. Pure.
 *
 * A restarted server without a store has lost all messages, but so has a server that dropped an
 * empty room, or a room's oldest messages. The page tells of a restart only where nothing else explains the answers
 * to all joins: the server had sent `bye`, or the page is back soon and a room has no messages at
 * all.
 *
 * @module
 */

/** @import { JoinedEvent } from "../../chat/protocol/types.ts" */
/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { notify, update } from "./step.js";

/**
 * The facts that the page keeps about the time without a connection.
 *
 * @typedef {object} Absence
 * @property {number} since when the server was heard last, in milliseconds
 * @property {boolean} wasSentAway whether the server had sent `bye`
 * @property {boolean} isForgotten whether a join was answered as by a restarted server
 * @property {boolean} isRemembered whether a join was answered by a server that was not restarted
 */

/**
 * The server keeps a room for at least this time after its last member was lost, unless it has too
 * many rooms.
 */
const SOON_MS = 120_000;

const RESTARTED = "The chat was restarted; messages from that moment may be missing";

/**
 * Starts the absence after a connection with a `welcome` was lost.
 *
 * @param {Step} step
 * @returns {void}
 */
export function beginAbsence(step) {
  const { connection, absence } = step.state;
  const isForgotten = false;
  const isRemembered = false;
  if (absence !== null) return update(step, { absence: { ...absence, isForgotten, isRemembered } });
  update(step, {
    absence: {
      since: connection.heardAt,
      wasSentAway: connection.byeMs !== null,
      isForgotten,
      isRemembered,
    },
  });
}

/**
 * Takes the answer to a join into account.
 *
 * @param {Step} step
 * @param {Room} room as it was before
 * @param {JoinedEvent} joined
 * @param {boolean} isKept whether the server has everything since
 * @returns {void}
 */
export function noteReturn(step, { since }, { more, messages }, isKept) {
  const { absence } = step.state;
  if (absence === null || since === null) return;
  const isRemembered = isKept || more || messages.some(({ id }) => id <= since);
  const isSoon = step.now - absence.since <= SOON_MS;
  const isForgotten = !isRemembered && (absence.wasSentAway || (isSoon && messages.length === 0));
  update(step, {
    absence: {
      ...absence,
      isForgotten: absence.isForgotten || isForgotten,
      isRemembered: absence.isRemembered || isRemembered,
    },
  });
}

/**
 * Ends the absence when all joins are answered, and tells of a restart if there was one.
 *
 * @param {Step} step
 * @returns {void}
 */
export function endAbsence(step) {
  const { absence, pending } = step.state;
  if (absence === null || pending.some(({ type }) => type === "join")) return;
  update(step, { absence: null });
  if (absence.isForgotten && !absence.isRemembered) notify(step, RESTARTED);
}
