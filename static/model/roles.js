/**
 * Roles of users in rooms, as the settings of a room give them. Pure.
 *
 * @module
 */

/** @import { Settings, User } from "../../chat/protocol/types.ts" */
/** @import { Role } from "../../chat/protocol/permissions.ts" */
/** @import { Room, State } from "./state.js" */

/**
 * Members with their roles after a change of the settings. Admins stay what they are.
 *
 * @param {readonly User[]} members
 * @param {Settings | null} settings null: of a server without roles
 * @returns {readonly User[]}
 */
export function withRoles(members, settings) {
  if (settings === null) return members;
  return members.map((user) => {
    const { id, name, role } = user;
    if (role === "admin" || role === "bot") return user;
    const next = roleBy(settings, id);
    if (next === role) return user;
    return { id, name, ...(next !== undefined && { role: next }) };
  });
}

/**
 * The user without the role that holds in one room alone.
 *
 * @param {User} user
 * @returns {User}
 */
export function withoutRoomRole({ id, name, role }) {
  return { id, name, ...(role === "admin" && { role }) };
}

/**
 * The role of this user in a room, if there is one.
 *
 * @param {Pick<State, "you">} state
 * @param {Pick<Room, "settings">} room
 * @returns {Role | undefined}
 */
export function yourRole({ you }, { settings }) {
  if (you === null) return undefined;
  return you.role === "admin" ? "admin" : roleBy(settings, you.id);
}

/**
 * The role of a user by the settings of a room.
 *
 * @param {Settings | null} settings
 * @param {string} id
 * @returns {"owner" | "moderator" | undefined}
 */
export function roleBy(settings, id) {
  if (settings?.owner === id) return "owner";
  return settings?.moderators.some((moderator) => moderator.id === id) ? "moderator" : undefined;
}
