/// <reference lib="dom" />

/**
 * What makes the page an app: the service worker, and what it needs to open without the server.
 *
 * @module
 */

/**
 * All that the offline page loads. Under these addresses nothing else is asked for, so what the
 * app itself loads never comes from the cache.
 */
const OFFLINE_FILES = [
  "/offline.html",
  "/offline.css",
  "/offline.js",
  "/style.css?offline",
  "/theme.js?offline",
  "/favicon.svg?offline",
];

/**
 * Registers the service worker and brings its files to the server's version. Where the browser
 * has no service workers, or forbids them, the page works all the same.
 *
 * @returns {void}
 */
export function install() {
  // After everything that the first sight of the page needs.
  if (document.readyState === "complete") prepare();
  else addEventListener("load", prepare, { once: true });
}

async function prepare() {
  try {
    // By ETag: what is still the same isn't sent again.
    const requests = OFFLINE_FILES.map((file) => new Request(file, { cache: "no-cache" }));
    await (await caches.open("offline")).addAll(requests);
    await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  } catch {
    // No secure context, no service workers, or no server: there is nothing to be done about it.
  }
}
