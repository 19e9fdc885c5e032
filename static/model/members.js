/**
 * Members of a room, and those who are typing. Pure.
 *
 * @module
 */

/** @import { PresenceEvent, User } from "../../chat/protocol/types.ts" */
/** @import { Typist } from "./state.js" */

/** How long a user is shown as typing after a `typing` event, in milliseconds. */
const TYPING_MS = 6000;

/**
 * The members after a net change.
 *
 * @param {readonly User[]} members
 * @param {Pick<PresenceEvent, "joined" | "left" | "renamed">} change
 * @returns {readonly User[]}
 */
export function applyPresence(members, { joined = [], left = [], renamed = [] }) {
  const byId = new Map(members.map((user) => [user.id, user]));
  for (const user of joined) byId.set(user.id, user);
  for (const user of renamed) if (byId.has(user.id)) byId.set(user.id, user);
  for (const id of left) byId.delete(id);
  return [...byId.values()];
}

/**
 * @param {readonly Typist[]} typists
 * @param {User} user
 * @param {number} now
 * @returns {readonly Typist[]}
 */
export function addTypist(typists, user, now) {
  return [...removeTypist(typists, user.id), { user, until: now + TYPING_MS }];
}

/**
 * @param {readonly Typist[]} typists
 * @param {string} id
 * @returns {readonly Typist[]}
 */
export function removeTypist(typists, id) {
  return keep(typists, (typist) => typist.user.id !== id);
}

/**
 * @param {readonly Typist[]} typists
 * @param {number} now
 * @returns {readonly Typist[]}
 */
export function expireTypists(typists, now) {
  return keep(typists, (typist) => typist.until > now);
}

/**
 * Filters a list. Returns the same array if all items stay, so that nothing is redrawn.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => boolean} wanted
 * @returns {readonly T[]}
 */
function keep(items, wanted) {
  return items.every(wanted) ? items : items.filter(wanted);
}
