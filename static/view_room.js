/// <reference lib="dom" />

/**
 * Which room is on show.
 *
 * @module
 */

/** @import { State } from "./state.js" */
import { byId, setText } from "./dom.js";
import { currentRoom } from "./state.js";

/** @returns {(state: State) => void} */
export function createRoomView() {
  const heading = byId("room", HTMLElement);
  return (state) => {
    const { name, unread } = currentRoom(state);
    setText(heading, `#${name}`);
    const title = `#${name} · Parley`;
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  };
}
