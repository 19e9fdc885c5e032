/**
 * Roles of users in rooms, as commands need them.
 *
 * @module
 */

import { type Act, refuseAct, type Role } from "../protocol/permissions.ts";
import { type ErrorEvent, refusal, type User } from "../protocol/types.ts";
import type { Room } from "../room/room.ts";
import type { Context } from "./context.ts";

/** Somebody who does something. */
export interface Actor {
  readonly user: User;
  /** True if it is an admin of the server. */
  readonly isAdmin?: boolean;
}

/** A room as far as its rules go; it need not be in memory. */
export type RuledRoom = Pick<Room, "name" | "rules">;

/** The role of somebody in a room. */
export function roleIn(
  room: RuledRoom | undefined,
  { user, isAdmin = false }: Actor,
): Role | undefined {
  return isAdmin ? "admin" : room?.rules.roleOf(user.id);
}

/** The role in a room of a user who is named by the id, connected or not. */
export function roleOfId(
  { config, memberships }: Context,
  room: RuledRoom | undefined,
  id: string,
): Role | undefined {
  if (config.admins.has(id) || memberships.userOf(id)?.role === "admin") return "admin";
  return room?.rules.roleOf(id);
}

/** The refusal of acts for which a role is missing, if one is. */
export function refuseActs(
  role: Role | undefined,
  acts: readonly Act[],
  ref: string | undefined,
): ErrorEvent | undefined {
  for (const act of acts) {
    const refused = refuseAct(role, act);
    if (refused !== undefined) return refusal("forbidden", refused, ref);
  }
  return undefined;
}
