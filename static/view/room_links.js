/// <reference lib="dom" />

/**
 * Links to rooms of this server and their messages, anywhere on the page: a click opens them in the
 * page instead of another tab.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
import { BASE_PATH } from "../browser/page_settings.js";
import { roomOfLink } from "../model/names.js";

/**
 * @param {Dispatch} dispatch
 * @param {string} [only] the room of a frame: other rooms open in another tab
 * @returns {void}
 */
export function listenToRoomLinks(dispatch, only) {
  document.addEventListener("click", (event) => {
    const { target, button, ctrlKey, metaKey, shiftKey, altKey, defaultPrevented } = event;
    // The browser opens new tabs, windows and downloads.
    if (button !== 0 || ctrlKey || metaKey || shiftKey || altKey || defaultPrevented) return;
    const link = target instanceof Element ? target.closest("a") : null;
    const found = link === null
      ? undefined
      : roomOfLink(link.href, location.origin + BASE_PATH.slice(0, -1));
    if (link === null || found === undefined) return;
    const { room, message } = found;
    if (only !== undefined && room !== only) {
      link.target = "_blank";
      return;
    }
    event.preventDefault();
    if (message === undefined) dispatch({ type: "room_opened", room });
    else dispatch({ type: "message_wanted", room, id: message });
  });
}
