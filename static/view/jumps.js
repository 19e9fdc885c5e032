/// <reference lib="dom" />

/**
 * Buttons over the log that lead to its latest message and to the first unread one.
 *
 * @module
 */

/** @import { Room } from "../model/state.js" */
import { countText } from "../model/unread.js";
import { byId, setText } from "./dom.js";
import { drawLoader } from "./loader.js";

/**
 * @param {HTMLElement} log takes the focus of a button that goes
 * @param {{ goToEnd: () => void, goToFirst: () => void }} actions
 * @returns {{ drawEnd: (room: Room) => void,
 *   drawFirst: (room: Room, isUnreadAbove: boolean) => void }}
 */
export function createJumps(log, { goToEnd, goToFirst }) {
  const end = byId("jump", HTMLButtonElement);
  const first = byId("first-unread", HTMLButtonElement);
  for (const [button, go] of /** @type {const} */ ([[end, goToEnd], [first, goToFirst]])) {
    button.addEventListener("click", () => {
      if (document.activeElement === button) log.focus();
      go();
    });
  }

  return {
    drawEnd(room) {
      const { atBottom, unread } = room;
      const messages = unread === 1 ? "1 new message" : `${countText(room)} new messages`;
      end.hidden = atBottom;
      setText(end, unread > 0 ? messages : "Jump to the latest");
      end.classList.toggle("primary", unread > 0);
    },
    drawFirst(room, isUnreadAbove) {
      const label = room.seeking ? "Looking for the first…" : "Show the first";
      first.hidden = !isUnreadAbove || room.past !== null;
      const canLoad = room.status === "joined" || room.unreadFrom !== null;
      drawLoader(first, `${countText(room)} new messages. ${label}`, { canLoad });
    },
  };
}
