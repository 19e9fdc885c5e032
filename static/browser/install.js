/// <reference lib="dom" />

/**
 * Installation of the service worker, and its cache for the offline page.
 *
 * @module
 */

import { BASE_PATH, TITLE } from "./page_settings.js";

/**
 * The files of the offline page. Their URLs differ from those of the app, which is never served
 * from the cache.
 */
const OFFLINE_FILES = [
  "offline.html",
  "offline.css",
  "offline.js",
  "style.css?offline",
  "theme.js?offline",
  "favicon.svg?offline",
].map((file) => BASE_PATH + file);

/** Names of caches of this chat begin with this; another one may have the same origin. */
const CACHES = `offline ${BASE_PATH}assets/`;
const { accent = "" } = document.documentElement.dataset;
/**
 * A cache for each version of the server, whose name has the folder of this module and what else is
 * written into the offline page.
 */
const CACHE = `offline ${new URL(".", import.meta.url).pathname} ${TITLE} ${accent}`;

/**
 * Registers the service worker and brings its files to the server's version. Without service
 * workers the page works too.
 *
 * @returns {void}
 */
export function install() {
  // After the files that the page needs to show itself.
  if (document.readyState === "complete") prepare();
  else addEventListener("load", prepare, { once: true });
}

async function prepare() {
  try {
    await fill(await caches.open(CACHE));
    for (const name of await caches.keys()) {
      if (name.startsWith(CACHES) && name !== CACHE) await caches.delete(name);
    }
    await navigator.serviceWorker.register(`${BASE_PATH}sw.js`, { updateViaCache: "none" });
  } catch {
    // No secure context, no service workers, or no server: the page works without.
  }
}

/**
 * Fetches all the files, or none if one fails.
 *
 * @param {Cache} cache
 */
async function fill(cache) {
  if (await cache.match(`${BASE_PATH}offline.html`) !== undefined) return;
  await cache.addAll(OFFLINE_FILES.map((file) => new Request(file, { cache: "no-cache" })));
}
