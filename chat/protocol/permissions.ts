/**
 * Permissions: the one place that decides which role may do what, and to whom.
 *
 * @module
 */

/** A role, the highest first. Users without one have none of them. */
export const ROLES = ["admin", "owner", "moderator"] as const;

/** The role of a user in a room; an admin is one in every room. */
export type Role = typeof ROLES[number];

/** An act that needs a role, or that not everybody may do to everybody. */
export type Act =
  /** Acts on a message, of which the target is the author. */
  | "edit"
  | "delete"
  | "react"
  /** Acts on a user. */
  | "kick"
  | "mute"
  | "ban"
  /** Reading the lists of those who are kept out. */
  | "read the bans of a room"
  | "read the bans of the server"
  /** Changes of a room. */
  | "set topic"
  | "set readOnly"
  | "set slowMs"
  | "set password"
  | "set listed"
  | "set moderators"
  /** Exemptions from what a room asks of everybody else. */
  | "speak in a read-only room"
  | "ignore slow mode"
  | "enter without the password";

/** The author of a message, or the user who is kicked, muted or banned. */
export interface Target {
  readonly role: Role | undefined;
  /** True if it is the user who acts. */
  readonly isSelf: boolean;
}

/** The least role that each act needs, where it needs one. */
const NEEDED: Readonly<Record<Exclude<Act, "edit" | "delete" | "react">, Role>> = {
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

/** The names of a role in sentences. */
const NAMES: Readonly<Record<Role, string>> = {
  admin: "an admin of the server",
  owner: "the owner of the room",
  moderator: "a moderator of the room",
};

/**
 * Refuses an act, with the reason as a sentence; `undefined`: it is allowed.
 *
 * @param target of an act on a message or a user; other acts need none
 */
export function refuseAct(role: Role | undefined, act: Act, target?: Target): string | undefined {
  switch (act) {
    case "react":
      return undefined;
    case "edit":
      return target?.isSelf === true ? undefined : "Only the author of a message may edit it";
    case "delete":
      if (target?.isSelf === true) return undefined;
      if (rankOf(role) < rankOf("moderator")) {
        return "Only the author of a message and moderators of the room may delete it";
      }
      return refuseTarget(role, target);
  }
  const needed = NEEDED[act];
  if (rankOf(role) < rankOf(needed)) return `Only ${NAMES[needed]} may do this`;
  if (act !== "kick" && act !== "mute" && act !== "ban") return undefined;
  if (target?.isSelf === true) return "Nobody may do this to themselves";
  // Not to each other either: an admin is named in the configuration, which would win.
  if (target?.role === "admin") return `Nobody may do this to ${NAMES.admin}`;
  return refuseTarget(role, target);
}

/** Refuses acts against somebody who has a higher role. */
function refuseTarget(role: Role | undefined, target: Target | undefined): string | undefined {
  if (target?.role === undefined || rankOf(target.role) <= rankOf(role)) return undefined;
  return `Only ${NAMES[target.role]} may do this to ${NAMES[target.role]}`;
}

function rankOf(role: Role | undefined): number {
  return role === undefined ? 0 : ROLES.length - ROLES.indexOf(role);
}
