/// <reference lib="dom" />

/**
 * Announcements for screen readers.
 *
 * @module
 */

import { byId, element } from "./dom.js";

/**
 * The time that an announcement stays in the page, in milliseconds: enough for screen readers to
 * speak it.
 */
const KEPT_MS = 3000;
/** The most announcements at a time: a user could not listen to more. */
const MAX_KEPT = 8;

/**
 * Each announcement is its own element, so that screen readers speak a repeated text again.
 *
 * @returns {(text: string) => void}
 */
export function createAnnouncer() {
  const region = byId("announcer", HTMLElement);
  return (text) => {
    if (region.childElementCount >= MAX_KEPT) return;
    const announcement = element("p", { textContent: text });
    region.append(announcement);
    setTimeout(() => announcement.remove(), KEPT_MS);
  };
}
