/// <reference lib="dom" />

/**
 * Giving a link to others: with the system's menu on devices of touch that have one, else on the
 * clipboard.
 *
 * @module
 */

import { copyText } from "./clipboard.js";

/**
 * Whether there is a menu to share with. Where there is a mouse, copying is quicker.
 *
 * @returns {boolean}
 */
export function canShare() {
  return "share" in navigator && matchMedia("(hover: none) and (pointer: coarse)").matches;
}

/**
 * @param {string} link
 * @returns {Promise<string>} what to tell the user, or ""
 */
export async function shareLink(link) {
  if (canShare()) {
    try {
      await navigator.share({ url: link });
      return "";
    } catch (error) {
      // The user has closed the menu.
      if (error instanceof DOMException && error.name === "AbortError") return "";
    }
  }
  return await copyText(link) ? "Link copied" : `The link is ${link}`;
}
