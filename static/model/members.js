/**
 * Members of a room, and those who are typing. Pure.
 *
 * @module
 */

/** @import { PresenceEvent, User } from "../../chat/protocol/types.ts" */
/** @import { Room, Typist } from "./state.js" */

/**
 * Members who are not back after a lost connection, by their ids. Nobody is told that they left, nor
 * that they joined again before `until`: after a restart of the server all come one by one.
 *
 * @typedef {{ ids: ReadonlySet<string>, until: number }} Absentees
 */

/** The time that others take to come back, in milliseconds: the longest wait of a page, and some more. */
const RETURN_MS = 30_000;

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
 * The members that are missing when the user is back in a room.
 *
 * @param {Pick<Room, "members" | "absentees">} before
 * @param {readonly User[]} members
 * @param {number} now
 * @returns {Absentees}
 */
export function absenteesOf(before, members, now) {
  const ids = new Set(before.members.map(({ id }) => id));
  for (const id of now < before.absentees.until ? before.absentees.ids : []) ids.add(id);
  for (const { id } of members) ids.delete(id);
  return { ids, until: now + RETURN_MS };
}

/**
 * Returns true if a user who joins comes back after a lost connection.
 *
 * @param {Absentees} absentees
 * @param {User} user
 * @param {number} now
 * @returns {boolean}
 */
export function isReturning({ ids, until }, { id }, now) {
  return now < until && ids.has(id);
}

/**
 * Those who are still missing after others joined.
 *
 * @param {Absentees} absentees
 * @param {readonly User[]} joined
 * @returns {Absentees}
 */
export function withoutReturned({ ids, until }, joined) {
  const back = new Set(joined.map(({ id }) => id));
  return { ids: new Set([...ids].filter((id) => !back.has(id))), until };
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
