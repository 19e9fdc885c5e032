/**
 * Rules of changes: the new state that an edit, a deletion or a reaction gives a message, and the users
 * who may do it.
 *
 * @module
 */

import type { Body } from "../protocol/body.ts";
import { refuseAct, type Role } from "../protocol/permissions.ts";
import { type ErrorEvent, refusal, type User } from "../protocol/types.ts";
import type { Of } from "./context.ts";

/** A command that changes a message. */
export type Change = Of<"edit" | "delete" | "react">;

/** Kinds of reaction that a message may have. */
const MAX_KINDS = 12;

/** Reactions that a message may have in all: their ids take about as much as a long text. */
const MAX_REACTIONS = 1_000;

/** The user who changes a message. */
export interface Changer {
  readonly id: string;
  /** The role in the room of the message. */
  readonly role: Role | undefined;
  /** The role of the author of a message there. */
  roleOf(author: User): Role | undefined;
}

/**
 * Applies a change to a message. Returns its new body, `undefined` if that is the old one, or the
 * refusal.
 *
 * @param change with a normalised text or emoji
 * @param now the time of day, in milliseconds since 1970
 */
export function applyChange(
  body: Body,
  change: Change,
  { id: userId, role, roleOf }: Changer,
  now: number,
): Body | ErrorEvent | undefined {
  const { type, ref, id } = change;
  const { user, text, deleted } = body;
  const refused = refuseAct(role, type, { role: roleOf(user), isSelf: user.id === userId });
  if (refused !== undefined) return refusal("forbidden", refused, ref);
  if (type === "delete") return deleted ? undefined : { user, text: "", deleted: true };
  if (deleted) return noMessage("id", id, ref);
  if (type === "react") return react(body, change, userId);
  return text === change.text ? undefined : { ...body, text: change.text, edited: now };
}

/** The refusal of a command that names a message which does not exist, or not any more. */
export function noMessage(field: "id" | "reply", id: string, ref: string): ErrorEvent {
  return refusal("not_found", `"${field}": there is no message ${id} in this room`, ref);
}

function react(
  body: Body,
  { emoji, on, ref }: Of<"react">,
  userId: string,
): Body | ErrorEvent | undefined {
  const { reactions = [] } = body;
  const index = reactions.findIndex((each) => each.emoji === emoji);
  const users = reactions[index]?.users ?? [];
  if (users.includes(userId) === on) return undefined;
  if (!on) {
    const rest = { emoji, users: users.filter((each) => each !== userId) };
    const changed = rest.users.length > 0
      ? reactions.with(index, rest)
      : reactions.toSpliced(index, 1);
    return { ...body, reactions: changed };
  }
  if (index === -1 && reactions.length >= MAX_KINDS) {
    const message = `A message may have ${MAX_KINDS} kinds of reactions`;
    return refusal("too_many_reactions", message, ref);
  }
  if (reactions.reduce((sum, each) => sum + each.users.length, 0) >= MAX_REACTIONS) {
    return refusal("too_many_reactions", `A message may have ${MAX_REACTIONS} reactions`, ref);
  }
  const more = { emoji, users: [...users, userId] };
  return { ...body, reactions: index === -1 ? [...reactions, more] : reactions.with(index, more) };
}
