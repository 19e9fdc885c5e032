/// <reference lib="dom" />

/**
 * The bar above the log: which room is on show, its link, and whether it is muted.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { Alerts, State } from "./state.js" */
import { linkToRoom } from "./address.js";
import { copyText } from "./clipboard.js";
import { byId, setText } from "./dom.js";
import { currentRoom } from "./state.js";

/** What the bell shows. @type {Record<Alerts | "muted", string>} */
const BELLS = {
  off: "Notifications are off",
  mentions: "You are notified of mentions",
  all: "You are notified of everything said",
  muted: "This room is muted",
};

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createRoomView(dispatch) {
  const heading = byId("room", HTMLElement);
  const mute = byId("mute", HTMLButtonElement);
  let room = "";
  let muted = false;

  for (const button of document.querySelectorAll(".copy-link")) {
    button.addEventListener("click", async () => {
      const link = linkToRoom(room);
      const isCopied = await copyText(link);
      dispatch({ type: "noticed", text: isCopied ? "Link copied" : `The link is ${link}` });
    });
  }
  mute.addEventListener("click", () => dispatch({ type: "room_muted", room, muted: !muted }));

  return (state) => {
    ({ name: room, muted } = currentRoom(state));
    setText(heading, `#${room}`);
    const bell = muted ? "muted" : state.alerts;
    mute.dataset["bell"] = bell;
    mute.setAttribute("aria-pressed", String(muted));
    mute.setAttribute("aria-label", `Mute. ${BELLS[bell]}`);
    mute.title = `${BELLS[bell]}. ${muted ? "Unmute" : "Mute"} this room`;
  };
}
