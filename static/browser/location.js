/// <reference lib="dom" />

/**
 * Location of the page: each room has a path and each message a fragment, so that back, forward and
 * reload lead to rooms and messages.
 *
 * @module
 */

/** @import { Secrets } from "../model/invitation.js" */
import { parseSecrets } from "../model/invitation.js";
import { parseId, pathOfRoom, roomOfPath } from "../model/names.js";
import { BASE_PATH, FIRST_ROOM, IS_EMBEDDED } from "./page_settings.js";

/**
 * @param {(room: string, message: string | undefined, secrets: Secrets | undefined) => void} moved is
 *   called when the user goes back or forward, or writes another fragment; `message`: "" if there is
 *   none, undefined if the fragment names something else
 * @returns {(room: string, how: { replace: boolean, message?: string }) => void} shows the path of a
 *   room, or of a message in it, in the address bar
 */
export function createLocation(moved) {
  addEventListener("popstate", () => {
    const secrets = takeSecrets();
    moved(roomOfPath(writtenPath(), FIRST_ROOM), writtenMessage(), secrets);
  });
  return (room, { replace, message }) => {
    // In a frame the page stays the compact one.
    const query = IS_EMBEDDED ? location.search : "";
    const path = hrefOfRoom(room) + query + (message === undefined ? "" : `#${message}`);
    if (path === location.pathname + query + location.hash) return;
    if (replace) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
  };
}

/**
 * The path of the location below the base path.
 *
 * @returns {string} such as "/r/garden"
 */
export function writtenPath() {
  return location.pathname.slice(BASE_PATH.length - 1);
}

/**
 * The path of a room with the base path.
 *
 * @param {string} room
 * @returns {string} such as "/chat/r/garden"
 */
export function hrefOfRoom(room) {
  return BASE_PATH.slice(0, -1) + pathOfRoom(room);
}

/**
 * The message that the location names: "" if it names none, undefined if it names something else.
 *
 * @returns {string | undefined}
 */
export function writtenMessage() {
  const fragment = location.hash.slice(1);
  return fragment === "" ? "" : parseId(fragment);
}

/**
 * Takes the secrets out of the location, so that the address bar and the history don't show them.
 *
 * @returns {Secrets | undefined} undefined if there are none
 */
export function takeSecrets() {
  const secrets = parseSecrets(location.hash);
  if (secrets !== undefined) history.replaceState(null, "", location.pathname + location.search);
  return secrets;
}

/**
 * A link to a room for others.
 *
 * @param {string} room
 * @returns {string}
 */
export function linkToRoom(room) {
  return new URL(hrefOfRoom(room), location.href).href;
}
