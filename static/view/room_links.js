/// <reference lib="dom" />

/**
 * Links to rooms of this server and their messages, anywhere on the page: a click opens them in the
 * page instead of another tab.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
import { roomOfLink } from "../model/names.js";

/**
 * @param {Dispatch} dispatch
 * @returns {void}
 */
export function listenToRoomLinks(dispatch) {
  document.addEventListener("click", (event) => {
    const { target, button, ctrlKey, metaKey, shiftKey, altKey, defaultPrevented } = event;
    // The browser opens new tabs, windows and downloads.
    if (button !== 0 || ctrlKey || metaKey || shiftKey || altKey || defaultPrevented) return;
    const link = target instanceof Element ? target.closest("a") : null;
    const found = link === null ? undefined : roomOfLink(link.href, location.origin);
    if (found === undefined) return;
    event.preventDefault();
    const { room, message } = found;
    if (message === undefined) dispatch({ type: "room_opened", room });
    else dispatch({ type: "message_wanted", room, id: message });
  });
}
