/// <reference lib="dom" />

/**
 * Styles of parts of the page that are loaded later.
 *
 * @module
 */

/**
 * @param {string} name of a file in the folder of index.html, such as "past.css"
 * @returns {void}
 */
export function attachStyles(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(`../${name}`, import.meta.url).href;
  document.head.append(link);
}
