/**
 * People whom a room or the server keeps out, as they are listed. Pure.
 *
 * @module
 */

/** @import { Ban } from "./room_settings.js" */
import { foldForSearch } from "./names.js";

/** The most of them that are shown; the others are found by name or id. */
export const MAX_SHOWN = 100;

/**
 * Those who are kept out now, and whose name or id has a text.
 *
 * @param {readonly Ban[]} bans the latest first
 * @param {string} text
 * @param {number} now
 * @returns {{ shown: readonly Ban[], count: number, isFindable: boolean }} `count` of those with the
 *   text; `isFindable`: there are more than are shown without one
 */
export function matchBans(bans, text, now) {
  const wanted = foldForSearch(text.trim());
  const present = bans.filter(({ until }) => until > now);
  const matching = wanted === ""
    ? present
    : present.filter(({ user }) =>
      user.id.startsWith(wanted) || foldForSearch(user.name).includes(wanted)
    );
  return {
    shown: matching.slice(0, MAX_SHOWN),
    count: matching.length,
    isFindable: present.length > MAX_SHOWN,
  };
}

/**
 * "Nobody", "The latest 100 of 2,345" or "".
 *
 * @param {ReturnType<typeof matchBans>} matched
 * @returns {string}
 */
export function describeMatched({ shown, count }) {
  if (count === 0) return "Nobody";
  const all = count.toLocaleString("en");
  return shown.length < count ? `The latest ${shown.length} of ${all}` : "";
}
