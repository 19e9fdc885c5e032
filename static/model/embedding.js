/**
 * Query of the compact page for a frame: `?embed&name=Ada&theme=dark`. Pure.
 *
 * @module
 */

/** @import { Theme } from "./state.js" */
import { foldName, nameProblem } from "./names.js";
import { THEMES } from "./state.js";

/** The most characters of a name that the server gives. */
const MAX_NAME = 32;
/** The keys of the storage that are those of the whole page. */
const OF_WHOLE_PAGE = /^(?:current$|theme$|room\.)/;

/**
 * @typedef {object} Embedding
 * @property {string} name of the user, or "" if it is none or invalid
 * @property {Theme} theme that of the system, unless another one is given
 */

/**
 * @param {string} query such as "?embed&theme=dark", or ""
 * @returns {Embedding | undefined} undefined for the whole page
 */
export function parseEmbedding(query) {
  const fields = new URLSearchParams(query);
  if (!fields.has("embed")) return undefined;
  const name = foldName(fields.get("name") ?? "");
  return {
    name: nameProblem(name, MAX_NAME) === "" ? name : "",
    theme: THEMES.find((theme) => theme === fields.get("theme")) ?? "system",
  };
}

/**
 * Returns true if a value of the storage is not for the compact page, which has one room and the theme
 * of the page around it.
 *
 * @param {string} key
 * @returns {boolean}
 */
export function isOfWholePage(key) {
  return OF_WHOLE_PAGE.test(key);
}
