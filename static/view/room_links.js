/// <reference lib="dom" />

/**
 * Links to rooms of this server, anywhere on the page: a click opens the room in the page instead
 * of another tab.
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
    const room = link === null ? undefined : roomOfLink(link.href, location.origin);
    if (room === undefined) return;
    event.preventDefault();
    dispatch({ type: "room_opened", room });
  });
}
