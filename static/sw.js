/// <reference lib="webworker" />

/**
 * The service worker: opens the offline page where the server can't be reached, and the room of a
 * notification that was clicked. The server is asked for the page each time, and the page's files
 * have paths that are their version's own, so a new server never meets old code.
 *
 * What it answers from was put into the cache by install.js.
 *
 * @module
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

// There is nothing that an older worker's pages could miss in a newer one.
worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === "/" || pathname.startsWith("/r/")) {
      event.respondWith(answer(request, "/offline.html"));
    }
  } else if (pathname.startsWith("/offline.") || search === "?offline") {
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
  const [page] = await worker.clients.matchAll({ type: "window" });
  if (page === undefined) {
    await worker.clients.openWindow(`/r/${notification.data}`);
    return;
  }
  await page.focus();
  page.postMessage(notification.data);
}

/**
 * The server's answer or, where the server is away, what is kept.
 *
 * @param {Request} request
 * @param {RequestInfo} kept
 */
async function answer(request, kept) {
  /** @type {Response | undefined} */
  let response;
  try {
    response = await fetch(request);
    // A proxy whose server is away says 502, 503 or 504.
    if (response.status < 502 || response.status > 504) return response;
  } catch {
    // Not even a proxy is there.
  }
  return await caches.match(kept) ?? response ?? Response.error();
}
