/// <reference lib="dom" />

/**
 * What the tab shows of the room and of what waits: title, favicon and, where the page is installed
 * as an app, the number on its icon.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { countText, totalUnread } from "../model/unread.js";

/**
 * @param {Dispatch} _dispatch
 * @returns {(state: State) => void}
 */
export function createBadgeView(_dispatch) {
  const favicon = document.querySelector("link[rel=icon]");
  let drawn = -1;
  return (state) => {
    const total = totalUnread(state);
    const { unread } = total;
    const title = `${unread > 0 ? `(${countText(total)}) ` : ""}#${state.current} · Parley`;
    if (document.title !== title) document.title = title;
    if (unread === drawn) return;
    drawn = unread;
    const icon = unread > 0 ? "favicon_unread.svg" : "favicon.svg";
    favicon?.setAttribute("href", new URL(`../${icon}`, import.meta.url).pathname);
    // A browser may know the method and still refuse.
    navigator.setAppBadge?.(unread).catch(() => {});
  };
}
