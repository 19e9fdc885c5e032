/// <reference lib="webworker" />

/**
 * Service worker: opens the offline page where the server can't be reached, and the room of a
 * notification that was clicked. It always requests the page from the server, and the paths of the
 * page's files name their version, so a new server never serves old code.
 *
 * browser/install.js fills the cache.
 *
 * @module
 */

/** The path below which everything of this chat is served, and where this file is. */
const BASE_PATH = new URL(".", location.href).pathname;

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

// Pages of an older worker work with a newer one.
worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === BASE_PATH || pathname.startsWith(`${BASE_PATH}r/`)) {
      event.respondWith(answer(request, `${BASE_PATH}offline.html`));
    }
  } else if (pathname.startsWith(`${BASE_PATH}offline.`) || search === "?offline") {
    event.respondWith(answer(request, request));
  }
});

worker.addEventListener("notificationclick", (event) => {
  event.waitUntil(openRoom(event.notification));
});

async function activate() {
  // Enabled by older versions. When the request of a preload fails, Firefox shows its own error page,
  // whatever the worker answers.
  await worker.registration.navigationPreload?.disable();
  await worker.clients.claim();
}

/** @param {Notification} notification */
async function openRoom(notification) {
  notification.close();
  const pages = await worker.clients.matchAll({ type: "window" });
  const page = pages.find(({ frameType }) => frameType !== "nested");
  if (page === undefined) {
    await worker.clients.openWindow(`${BASE_PATH}r/${notification.data}`);
    return;
  }
  await page.focus();
  page.postMessage(notification.data);
}

/**
 * The server's response or, if the server can't be reached, the offline page.
 *
 * @param {Request} request
 * @param {RequestInfo} kept
 */
async function answer(request, kept) {
  /** @type {Response | undefined} */
  let response;
  try {
    response = await fetch(request);
    // A proxy that can't reach its server responds with 502, 503 or 504.
    if (response.status < 502 || response.status > 504) return response;
  } catch {
    // Neither the server nor a proxy responds.
  }
  return await caches.match(kept) ?? response ?? Response.error();
}
