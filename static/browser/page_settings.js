/// <reference lib="dom" />

/**
 * Settings of the server, which it has written into the page.
 *
 * @module
 */

import { DEFAULT_ROOM, NAMERS } from "../model/names.js";

const { base = "/", room = DEFAULT_ROOM, namer, embed } =
  globalThis.document?.documentElement.dataset ?? {};

/** The path below which everything of this chat is served, with a slash at both ends. */
export const BASE_PATH = base;
/** The room that the page opens at the first visit. */
export const FIRST_ROOM = room;
/** The way in which users of this chat get their names. */
export const NAMER = NAMERS.find((each) => each === namer) ?? "user";
/** The title of the chat. */
export const TITLE =
  globalThis.document?.querySelector("meta[name=application-name]")?.getAttribute("content") ??
    "Parley";
/**
 * The beginning of all names that the page shares with other pages of its origin, which may be those
 * of another chat.
 */
export const PREFIX = `parley${base.slice(1)}.`;
/** True if the page is the compact one for a frame, as theme.js has found. */
export const IS_EMBEDDED = embed !== undefined;
