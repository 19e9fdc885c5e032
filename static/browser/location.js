/// <reference lib="dom" />

/**
 * Location of the page: each room has a path, so that back, forward and reload lead to rooms.
 *
 * @module
 */

import { pathOfRoom, roomOfPath } from "../model/names.js";

/**
 * @param {(room: string) => void} moved is called when the user goes back or forward
 * @returns {(room: string, replace: boolean) => void} shows a room's path in the address bar
 */
export function createLocation(moved) {
  addEventListener("popstate", () => moved(roomOfPath(location.pathname)));
  return (room, replace) => {
    const path = pathOfRoom(room);
    if (path === location.pathname) return;
    if (replace) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
  };
}

/**
 * A link to a room for others.
 *
 * @param {string} room
 * @returns {string}
 */
export function linkToRoom(room) {
  return new URL(pathOfRoom(room), location.href).href;
}
