/// <reference lib="dom" />

/**
 * Limits of what the user may say in the room on show: a bar above the field says that the user was
 * muted, or that the room is read-only, and keeps the text from being sent; slow mode counts down.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { timeLeft } from "../model/countdown.js";
import { silenceIn } from "../model/silence.js";
import { currentRoom } from "../model/state.js";
import { byId, element, setText } from "./dom.js";

const TEXTS = {
  muted: "You may only read here.",
  read_only: "Only moderators write in this room.",
};

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createSilenceView(dispatch) {
  const form = byId("composer", HTMLFormElement);
  const send = byId("send", HTMLButtonElement);
  const text = element("span");
  // Both change every second, so that screen readers must not speak them.
  const countdown = element("span", { "aria-live": "off" });
  const pause = element("span", { className: "pause", "aria-hidden": "true" });
  const reason = element("p", {}, text, " ", countdown);
  const bar = element("div", { className: "composer-bar silence", hidden: true }, reason);
  const region = element("div", {}, bar);
  region.setAttribute("role", "status");
  form.before(region);
  byId("counter", HTMLElement).before(pause);
  /** @type {keyof typeof TEXTS | null} */
  let silence = null;

  // Before the composer's own listener, which sends the text of the field.
  document.addEventListener("submit", (event) => {
    if (event.target !== form || silence === null || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    dispatch({ type: "noticed", text: `${TEXTS[silence]} Your text stays here` });
  }, { capture: true });

  return (state) => {
    const room = currentRoom(state);
    const { silencedUntil, slowUntil, status } = room;
    silence = status === "joined" ? silenceIn(state, room) : null;
    bar.hidden = silence === null;
    setText(text, silence === null ? "" : TEXTS[silence]);
    const left = silence === "muted" ? timeLeft(silencedUntil, state.now) : "";
    setText(countdown, left === "" ? "" : `${left} left.`);
    if (silence === null) send.removeAttribute("aria-disabled");
    else send.setAttribute("aria-disabled", "true");
    const isSlow = silence === null && slowUntil > state.now;
    setText(pause, isSlow ? `Next message in ${timeLeft(slowUntil, state.now)}` : "");
  };
}
