/**
 * The `rename` command.
 *
 * @module
 */

import { encodeEvent } from "../protocol/encode.ts";
import { refusal } from "../protocol/errors.ts";
import type { Client, Session } from "../room/memberships.ts";
import { checkName } from "../text/names.ts";
import { type Answer, type Context, type Of, refOf, tooManyChanges } from "./context.ts";

/** Gives a user another name, unless it is taken in one of the user's rooms. */
export function rename(
  { memberships }: Context,
  client: Client,
  session: Session,
  command: Of<"rename">,
  now: number,
): Answer {
  const { address, cursors } = client;
  const name = checkName(command.name);
  if (!name.ok) return refusal("name_invalid", name.message, command.ref);
  if (name.value !== session.user.name) {
    const retryMs = address.budgets.presence.wait(now);
    if (retryMs > 0) return tooManyChanges(retryMs, command.ref);
    address.budgets.presence.spend(Math.max(1, session.rooms.size));
    const sentBefore = client.sentUnits;
    // The client gets an answer and no presence event: its cursors must be current before the change.
    const current = [...cursors.values()].filter((cursor) => cursor.room.deliverPresence(cursor));
    address.spendSlice(client.sentUnits - sentBefore, now);
    if (!memberships.rename(session, name.value)) {
      const message = `"${name.value}" looks like a name in one of your rooms`;
      return refusal("name_taken", message, command.ref);
    }
    for (const cursor of current) cursor.presence = cursor.room.presence.position;
  }
  return encodeEvent({ type: "renamed", ...refOf(command), you: session.user });
}
