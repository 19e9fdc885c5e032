/**
 * What the page makes of the server's errors: try again by itself, or say what to do. Pure.
 *
 * @module
 */

/** @import { ErrorEvent } from "../chat/protocol.ts" */
/** @import { Turn } from "./turn.js" */
import { IDLE } from "./connection.js";
import { suggestName } from "./names.js";
import { refuseMessage } from "./outbox.js";
import { notify, settle, store, update, updateRoom } from "./turn.js";

/** How long to stay out of a room when the server wants us later and does not say when. */
const REJOIN_MS = 2000;

/**
 * @param {Turn} turn
 * @param {ErrorEvent} error
 * @returns {void}
 */
export function receiveError(turn, error) {
  const { ref } = error;
  const item = turn.state.outbox.find((candidate) => candidate.ref === ref);
  if (ref !== undefined && item !== undefined) {
    update(turn, { outbox: refuseMessage(turn.state.outbox, { ...error, ref }, turn.now) });
    if (error.code === "not_joined") updateRoom(turn, item.room, { status: "out", joinAt: 0 });
    return;
  }
  const command = settle(turn, ref);
  switch (command?.type) {
    case "hello":
      // Without a name there is nothing to connect for.
      turn.effects.push({ type: "close" });
      update(turn, { name: "", connection: IDLE });
      store(turn, "name", null);
      return refuseName(turn, command.name, error);
    case "rename":
      return refuseName(turn, command.name, error);
    case "join":
      return refuseJoin(turn, command.room, error);
    case "history":
      updateRoom(turn, command.room, { loading: false });
      return notify(turn, `Older messages could not be loaded: ${error.message}`);
  }
}

/**
 * @param {Turn} turn
 * @param {string} room
 * @param {ErrorEvent} error
 */
function refuseJoin(turn, room, error) {
  const { code, retryMs = REJOIN_MS } = error;
  switch (code) {
    case "rate_limited":
    case "unavailable":
    case "internal":
      return updateRoom(turn, room, { status: "out", joinAt: turn.now + retryMs });
    case "name_taken":
      updateRoom(turn, room, { status: "out", joinAt: Infinity });
      return refuseName(turn, turn.state.name, error, ` in #${room}`);
    default: {
      const reason = code === "room_full" ? "This room is full." : error.message;
      return updateRoom(turn, room, { status: "out", joinAt: Infinity, error: reason });
    }
  }
}

/**
 * Asks for another name.
 *
 * @param {Turn} turn
 * @param {string} name
 * @param {ErrorEvent} error
 * @param {string} [place]
 */
function refuseName(turn, name, { code, message }, place = "") {
  const { limits, rooms, entrance: asked } = turn.state;
  const taken = rooms.flatMap(({ members }) => members.map((user) => user.name.toLowerCase()));
  let free = suggestName(name, limits.name);
  while (taken.includes(free.toLowerCase())) free = suggestName(free, limits.name);
  const entrance = code === "name_taken"
    ? {
      name: free,
      error: `“${name}” is taken${place}. Choose another, for example “${free}”.`,
    }
    : {
      name,
      error: code === "name_invalid"
        ? `That can't be a name. Use 1 to ${limits.name} characters, none of them invisible.`
        : message,
    };
  // Who only wants another name is in the rooms already.
  const reason = asked?.reason === "change" ? "change" : "refused";
  update(turn, { entrance: { reason, ...entrance } });
}
