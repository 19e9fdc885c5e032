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
 * @returns {{ announce: (text: string, id?: string) => void, withdraw: (id: string) => void }}
 *   `id` of the message whose text is announced; `withdraw` removes what was announced of a message
 */
export function createAnnouncer() {
  const region = byId("announcer", HTMLElement);
  return {
    announce(text, id) {
      if (region.childElementCount >= MAX_KEPT) return;
      const announcement = element("p", { textContent: text });
      if (id !== undefined) announcement.dataset["of"] = id;
      region.append(announcement);
      setTimeout(() => announcement.remove(), KEPT_MS);
    },
    withdraw(id) {
      for (const announcement of region.querySelectorAll(`[data-of="${CSS.escape(id)}"]`)) {
        announcement.remove();
      }
    },
  };
}
