/// <reference lib="dom" />

/**
 * Stylesheets that the page gets after its first drawing.
 *
 * @module
 */

import { element } from "./dom.js";

/**
 * A stylesheet that is not in the page yet.
 *
 * @param {string} href
 * @returns {HTMLLinkElement}
 */
export function createStyles(href) {
  return element("link", { rel: "stylesheet", href });
}

/**
 * Adds a stylesheet to the page. Resolves when it is loaded, rejects if it can't be.
 *
 * @param {HTMLLinkElement} styles
 * @returns {Promise<void>}
 */
export function addStyles(styles) {
  return new Promise((resolve, reject) => {
    styles.onload = () => resolve();
    styles.onerror = () => reject(new Error(`${styles.href} can't be loaded`));
    document.head.append(styles);
  });
}
