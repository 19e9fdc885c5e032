/// <reference lib="dom" />

/**
 * What a screen reader speaks without being asked.
 *
 * @module
 */

import { byId, element } from "./dom.js";

/** How long an announcement stays: for screen readers to take notice, not to be found by others. */
const KEPT_MS = 3000;
/** More than so many at a time nobody could listen to. */
const MAX_KEPT = 8;

/**
 * Each announcement is an element of its own, so the same text twice is spoken twice.
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
