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

/** A cache for each version of the server, whose name is the folder of this module. */
const CACHE = `offline ${new URL(".", import.meta.url).pathname}`;

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
    await fill(await caches.open(CACHE));
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  } catch {
    // No secure context, no service workers, or no server: there is nothing to be done about it.
  }
}

/**
 * Fetches all the files, or none if one fails.
 *
 * @param {Cache} cache
 */
async function fill(cache) {
  if (await cache.match("/offline.html") !== undefined) return;
  await cache.addAll(OFFLINE_FILES.map((file) => new Request(file, { cache: "no-cache" })));
}
