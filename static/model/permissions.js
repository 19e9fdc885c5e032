/**
 * Permissions, as the protocol's table has them: they decide only what the page offers, since the
 * server decides what is done. Pure.
 *
 * @module
 */

/** @import { Act, Role } from "../../chat/protocol/permissions.ts" */
/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Room, State } from "./state.js" */

import { roleBy } from "./roles.js";

/** The act of a user, and not an exemption. @typedef {Exclude<Act, "react">} Offered */
/** @typedef {{ role: Role | undefined, isSelf: boolean }} Target */

/** @type {readonly (Role | undefined)[]} */
const RANKS = [undefined, "moderator", "owner", "admin"];

/** @type {Readonly<Record<Exclude<Offered, "edit">, Role>>} */
const NEEDED = {
  "delete": "moderator",
  "kick": "moderator",
  "mute": "moderator",
  "ban": "admin",
  "read the bans of a room": "moderator",
  "read the bans of the server": "admin",
  "set topic": "moderator",
  "set readOnly": "moderator",
  "set slowMs": "moderator",
  "set password": "owner",
  "set listed": "owner",
  "set moderators": "owner",
  "speak in a read-only room": "moderator",
  "ignore slow mode": "moderator",
  "enter without the password": "moderator",
};

/**
 * Returns true if a role allows an act.
 *
 * @param {Role | undefined} role
 * @param {Offered} act
 * @param {Target} [target] the author of the message, or the user who is kicked, muted or banned
 * @returns {boolean}
 */
export function isAllowed(role, act, target) {
  if (act === "edit") return target?.isSelf === true;
  if (act === "delete" && target?.isSelf === true) return true;
  if (rankOf(role) < rankOf(NEEDED[act])) return false;
  if (target === undefined) return true;
  if (act === "delete") return rankOf(target.role) <= rankOf(role);
  return !target.isSelf && target.role !== "admin" && rankOf(target.role) <= rankOf(role);
}

/**
 * The role of a user in a room. In messages it is the role at the time when they were said, so the
 * room's settings are asked.
 *
 * @param {Pick<Room, "settings" | "members">} room
 * @param {User} user
 * @returns {Role | undefined}
 */
export function roleIn({ settings, members }, { id, role }) {
  if (role === "admin" || members.find((member) => member.id === id)?.role === "admin") {
    return "admin";
  }
  return roleBy(settings, id);
}

/**
 * Returns true if the page offers an act to the user.
 *
 * @param {Pick<State, "features" | "you">} state
 * @param {Room} room
 * @param {Offered} act
 * @param {User} [user] as the target of `isAllowed`
 * @returns {boolean}
 */
export function mayDo({ features, you }, room, act, user) {
  if (!features.includes("charge") || you === null) return false;
  const target = user && { role: roleIn(room, user), isSelf: user.id === you.id };
  return isAllowed(roleIn(room, you), act, target);
}

/** @param {Role | undefined} role */
function rankOf(role) {
  return RANKS.indexOf(role);
}
