/**
 * Whether the server was started again while the page was away. Pure.
 *
 * A server that was started again knows nothing of what was said before, but so does one that has
 * dropped a room which nobody was in, or whose messages have become too many. A restart is told of
 * only where nothing else explains the answers to all joins: the server said goodbye; or the page
 * comes back soon, to a room in which there is nothing at all any more.
 *
 * @module
 */

/** @import { JoinedEvent } from "../../chat/protocol/types.ts" */
/** @import { Room } from "./state.js" */
/** @import { Turn } from "./step.js" */
import { notify, update } from "./step.js";

/**
 * The facts that are known of the time without a connection.
 *
 * @typedef {object} Absence
 * @property {number} since when the server was heard last, in milliseconds
 * @property {boolean} wasSentAway whether the server said goodbye
 * @property {boolean} isForgotten whether a room was answered as by a server that was started again
 * @property {boolean} isRemembered whether one was answered by a server that was there before
 */

/** No room is dropped so soon after its last member was lost, unless a server is overrun. */
const SOON_MS = 120_000;

const RESTARTED = "The chat was restarted; messages from that moment may be missing";

/**
 * A connection was lost on which the page had been welcomed.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function beginAbsence(turn) {
  const { connection, absence } = turn.state;
  const isForgotten = false;
  const isRemembered = false;
  if (absence !== null) return update(turn, { absence: { ...absence, isForgotten, isRemembered } });
  update(turn, {
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
 * @param {Turn} turn
 * @param {Room} room as it was before
 * @param {JoinedEvent} joined
 * @returns {void}
 */
export function noteReturn(turn, { since }, { complete, more, messages }) {
  const { absence } = turn.state;
  if (absence === null || since === null) return;
  const isRemembered = complete || more || messages.some(({ id }) => id <= since);
  const isSoon = turn.now - absence.since <= SOON_MS;
  const isForgotten = !isRemembered && (absence.wasSentAway || (isSoon && messages.length === 0));
  update(turn, {
    absence: {
      ...absence,
      isForgotten: absence.isForgotten || isForgotten,
      isRemembered: absence.isRemembered || isRemembered,
    },
  });
}

/**
 * Once all joins are answered, ends the absence, and tells of a restart if there was one.
 *
 * @param {Turn} turn
 * @returns {void}
 */
export function endAbsence(turn) {
  const { absence, pending } = turn.state;
  if (absence === null || pending.some(({ type }) => type === "join")) return;
  update(turn, { absence: null });
  if (absence.isForgotten && !absence.isRemembered) notify(turn, RESTARTED);
}
