/// <reference lib="dom" />

/**
 * Notifications of the system.
 *
 * @module
 */

import { isLookedAt, listenToAttention } from "./attention.js";
import { BASE_PATH, PREFIX } from "./page_settings.js";
import { cutText } from "../model/text.js";

/** The most characters of a message in a notification. */
const MAX_BODY = 200;
/** The lock that each page of this user holds while it has the user's attention. */
const SIGHT = `${PREFIX}sight`;

/** @returns {boolean} */
export function canNotify() {
  return "Notification" in globalThis;
}

/** @returns {boolean} whether the user has allowed notifications before */
export function mayNotify() {
  return canNotify() && Notification.permission === "granted";
}

/**
 * Asks the user, who must have just clicked.
 *
 * @returns {Promise<boolean>}
 */
export async function requestPermission() {
  return canNotify() && await Notification.requestPermission() === "granted";
}

/**
 * Holds the lock while this page has the user's attention, for the user's other pages.
 *
 * @returns {void}
 */
export function shareSight() {
  let release = () => {};
  const share = () => {
    release();
    if (!isLookedAt()) return;
    navigator.locks?.request(SIGHT, { mode: "shared" }, () =>
      // The lock may be granted later, when the attention is elsewhere.
      isLookedAt() ? new Promise((resolve) => release = () => resolve(undefined)) : undefined)
      // In a frame of another site a browser may have no locks.
      .catch(() => {});
  };
  listenToAttention(share);
  share();
}

/**
 * Returns true if the user looks at any page of this chat.
 *
 * @returns {Promise<boolean>}
 */
export async function isInSight() {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === SIGHT);
  } catch {
    return false;
  }
}

/**
 * Shows a notification, unless the user looks at another of their pages, which shows the message
 * too. A room has one at a time: the newest.
 *
 * @param {{ room: string, title: string, body: string }} notification
 * @param {() => void} opened is called when the user clicks it
 * @returns {Promise<void>}
 */
export async function showNotification({ room, title, body }, opened) {
  const options = {
    body: cutText(body, MAX_BODY),
    tag: PREFIX + room,
    icon: `${BASE_PATH}favicon.svg`,
    data: room,
  };
  if (!mayNotify() || await isInSight()) return;
  try {
    const notification = new Notification(title, options);
    notification.addEventListener("click", () => {
      globalThis.focus();
      notification.close();
      opened();
    });
  } catch {
    // Chrome on Android allows only service workers to show notifications, and sends them the
    // click.
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.showNotification(title, options);
  }
}

/**
 * Listens to the service worker, which is told when one of its notifications is clicked.
 *
 * @param {(room: string) => void} opened
 */
export function listenToNotifications(opened) {
  navigator.serviceWorker?.addEventListener("message", ({ data }) => opened(data));
}
