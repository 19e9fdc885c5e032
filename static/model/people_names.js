/**
 * Names of users by their ids, as far as the page knows them. Pure.
 *
 * @module
 */

/** @import { Room, State } from "./state.js" */
import { isMessage } from "./log.js";

/** The characters of an id that stand for a name that is not known. */
const SHORT_ID = 8;

/**
 * @param {Pick<State, "you">} state
 * @param {Pick<Room, "members" | "settings" | "entries">} room
 * @param {string} id
 * @returns {string}
 */
export function nameOf({ you }, { members, settings, entries }, id) {
  if (id === you?.id) return you.name;
  const known = [...members, ...settings?.moderators ?? []].find((user) =>
    user.id === id && user.name !== ""
  );
  if (known !== undefined) return known.name;
  const said = entries.findLast((entry) => isMessage(entry) && entry.user.id === id);
  return isMessage(said) ? said.user.name : id.slice(0, SHORT_ID);
}
