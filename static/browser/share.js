/// <reference lib="dom" />

/**
 * Sharing of a link: with the system's menu on touch devices that have one, else by the clipboard.
 *
 * @module
 */

import { copyText } from "./clipboard.js";

/**
 * Whether to share with the system's menu. With a mouse, copying is quicker.
 *
 * @returns {boolean}
 */
export function canShare() {
  return "share" in navigator && matchMedia("(hover: none) and (pointer: coarse)").matches;
}

/**
 * @param {string} link
 * @returns {Promise<string>} the notice for the user, or ""
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
