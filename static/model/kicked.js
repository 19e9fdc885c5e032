/**
 * Kicks: the user is out of a room, and comes back when the kick is over. Pure.
 *
 * @module
 */

/** @import { Room } from "./state.js" */
/** @import { Step } from "./step.js" */
import { explainJoin } from "./explanations.js";
import { stopFills } from "./gaps.js";
import { notify, updateRoom } from "./step.js";

/**
 * A room in which the user is not any more.
 *
 * @param {Room} room
 * @returns {Room}
 */
export function outside(room) {
  return {
    ...room,
    status: "out",
    entries: stopFills(room.entries, { isRefused: false }),
    loading: false,
    seeking: false,
    follow: 0,
    typists: [],
  };
}

/**
 * @param {Step} step
 * @param {Room} room
 * @param {number} until by the server's clock
 * @returns {void}
 */
export function receiveKicked(step, room, until) {
  const { now, state: { name, current } } = step;
  const text = explainJoin("kicked", { room: room.name, name, joinedCount: 0 });
  updateRoom(step, room.name, {
    ...outside(room),
    joinError: { code: "kicked", text, tries: 0, until: Math.max(now, until) },
    // The answer to this join has the time left, whatever the clock of this device says.
    joinAt: now,
  });
  if (room.name !== current) notify(step, text);
}
