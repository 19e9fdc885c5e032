/// <reference lib="dom" />

/**
 * Links to rooms of this server, wherever they are on the page: they switch to the room instead of
 * opening another tab.
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
    // A new tab or window, or a download, is the browser's to open.
    if (button !== 0 || ctrlKey || metaKey || shiftKey || altKey || defaultPrevented) return;
    const link = target instanceof Element ? target.closest("a") : null;
    const room = link === null ? undefined : roomOfLink(link.href, location.origin);
    if (room === undefined) return;
    event.preventDefault();
    dispatch({ type: "room_opened", room });
  });
}
