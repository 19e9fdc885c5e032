/// <reference lib="dom" />

/**
 * Bar above the log: the room on show, its link, and whether it is muted.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Notifications, State } from "../model/state.js" */
import { linkToRoom } from "../browser/location.js";
import { byId, setText } from "./dom.js";
import { canShare, shareLink } from "../browser/share.js";
import { currentRoom } from "../model/state.js";

/** The labels of the bell. @type {Record<Notifications | "muted", string>} */
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

  const [link, invitation] = document.querySelectorAll(".copy-link");
  for (const button of [link, invitation]) {
    button?.addEventListener("click", async () => {
      const text = await shareLink(linkToRoom(room));
      if (text !== "") dispatch({ type: "noticed", text });
    });
  }
  if (canShare()) {
    for (const name of ["aria-label", "title"]) link?.setAttribute(name, "Share the room's link");
    if (invitation) setText(invitation, "Share the link to invite others");
  }
  mute.addEventListener("click", () => dispatch({ type: "room_muted", room, muted: !muted }));

  return (state) => {
    ({ name: room, muted } = currentRoom(state));
    setText(heading, `#${room}`);
    const bell = muted ? "muted" : state.notifications;
    mute.dataset["bell"] = bell;
    mute.setAttribute("aria-pressed", String(muted));
    mute.setAttribute("aria-label", `Mute. ${BELLS[bell]}`);
    mute.title = `${BELLS[bell]}. ${muted ? "Unmute" : "Mute"} this room`;
  };
}
