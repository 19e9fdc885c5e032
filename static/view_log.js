/// <reference lib="dom" />

/**
 * The log of the room on show. It stays at the bottom when it is there, and where it is otherwise.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { State } from "./state.js" */
import { byId, keyedList } from "./dom.js";
import { rowsOf } from "./rows.js";
import { currentRoom } from "./state.js";
import { createRow } from "./view_message.js";

/** How far from the bottom still counts as being there, in pixels. */
const BOTTOM_SLACK = 40;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createLogView(dispatch) {
  const log = byId("log", HTMLElement);
  const older = byId("older", HTMLButtonElement);
  const empty = byId("empty", HTMLElement);
  let you = { id: "", name: "" };
  const drawRows = keyedList(byId("rows", HTMLElement), {
    keyOf: (row) => row.key,
    create: (row) => createRow(row, you, dispatch),
  });
  let atBottom = true;
  let outgoingCount = 0;
  /** @type {unknown[]} */
  let drawn = [];

  older.addEventListener("click", () => dispatch({ type: "older_wanted" }));
  log.addEventListener("scroll", () => {
    atBottom = log.scrollHeight - log.scrollTop - log.clientHeight < BOTTOM_SLACK;
  });
  // The keyboard of a phone and a growing composer take space from the log.
  new ResizeObserver(() => {
    if (atBottom) log.scrollTop = log.scrollHeight;
  }).observe(log);

  return (state) => {
    const room = currentRoom(state);
    const slice = [room.name, room.entries, room.more, room.loading, state.outbox, state.you];
    if (slice.every((part, index) => part === drawn[index])) return;
    if (room.name !== drawn[0]) atBottom = true;
    drawn = slice;

    you = state.you ?? { id: "", name: state.name };
    const outbox = state.outbox.filter((item) => item.room === room.name);
    // Who sends a message wants to see it.
    if (outbox.length > outgoingCount) atBottom = true;
    outgoingCount = outbox.length;
    const rows = rowsOf(room.entries, outbox, you.id);
    older.hidden = !room.more;
    older.disabled = room.loading;
    empty.hidden = rows.length > 0 || room.status !== "joined";
    const fromEnd = log.scrollHeight - log.scrollTop;
    const isPrepended = log.scrollTop < BOTTOM_SLACK;
    drawRows(rows);
    if (atBottom) log.scrollTop = log.scrollHeight;
    else if (isPrepended) log.scrollTop = log.scrollHeight - fromEnd;
  };
}
