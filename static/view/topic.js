/// <reference lib="dom" />

/**
 * Topic of the room on show, below its name, and the button that opens the room's settings, which
 * lies over both.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId, element, setText } from "./dom.js";
import { currentRoom } from "../model/state.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createTopicView(dispatch) {
  const heading = byId("room", HTMLElement);
  const topic = element("p", { className: "topic", dir: "auto", hidden: true });
  const open = element("button", {
    type: "button",
    className: "room-settings-open",
    hidden: true,
    onclick: () => dispatch({ type: "room_settings_opened", room }),
  });
  const title = element("div", { className: "room-title" });
  heading.replaceWith(title);
  title.append(heading, topic, open);
  let room = "";

  return (state) => {
    const { name, settings } = currentRoom(state);
    room = name;
    const has = state.features.includes("charge") && settings !== null;
    open.hidden = !has;
    title.classList.toggle("opens", has);
    setText(topic, has ? settings.topic : "");
    topic.hidden = topic.textContent === "";
    const label = `About #${name}`;
    if (open.title === label) return;
    open.title = label;
    open.setAttribute("aria-label", label);
  };
}
