/// <reference lib="dom" />

/**
 * Badge with the unread count: the title, the favicon and the icon of the installed app.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { TITLE } from "../browser/page_settings.js";
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
    const title = `${unread > 0 ? `(${countText(total)}) ` : ""}#${state.current} · ${TITLE}`;
    if (document.title !== title) document.title = title;
    if (unread === drawn) return;
    drawn = unread;
    const icon = unread > 0 ? "favicon_unread.svg" : "favicon.svg";
    favicon?.setAttribute("href", new URL(`../${icon}`, import.meta.url).pathname);
    // A browser may have the method and still refuse.
    navigator.setAppBadge?.(unread).catch(() => {});
  };
}
