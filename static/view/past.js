/// <reference lib="dom" />

/**
 * The past in the log: a notice while the page loads, and the rows in sight, which are read again.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Room, State } from "../model/state.js" */
import { currentRoom } from "../model/state.js";
import { byId, element, setText } from "./dom.js";
import { placeIn } from "./scroll_place.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createPastView(dispatch) {
  const log = byId("log", HTMLElement);
  const rows = byId("rows", HTMLElement);
  const loading = element("p", { className: "notice", role: "status" });
  byId("notice", HTMLElement).before(loading);

  return (state) => {
    const room = currentRoom(state);
    setText(loading, describeLoading(state, room));
    if (room.past === null || !room.past.isStale || room.past.loading !== null) return;
    const place = room.status === "joined" ? placeIn(log, rows) : null;
    if (place !== null) dispatch({ type: "past_reread", id: place.id });
  };
}

/**
 * @param {State} state
 * @param {Room} room
 */
function describeLoading({ name }, { wanted, past, status }) {
  if (wanted !== null && name !== "") {
    return status === "joined"
      ? "Looking for the message…"
      : "The message is shown as soon as you are in the room";
  }
  return past?.loading === "after" ? "Loading newer messages…" : "";
}
