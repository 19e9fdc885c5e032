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
/** @import { Step } from "./step.js" */
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
 * @returns {void}
 */
export function noteReturn(step, { since }, { complete, more, messages }) {
  const { absence } = step.state;
  if (absence === null || since === null) return;
  const isRemembered = complete || more || messages.some(({ id }) => id <= since);
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
 * Once all joins are answered, ends the absence, and tells of a restart if there was one.
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
