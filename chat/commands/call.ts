/**
 * Calls: posting and changing messages without a connection.
 *
 * @module
 */

import { type ErrorEvent, refusal } from "../protocol/types.ts";
import { checkText } from "../text/texts.ts";
import { admit } from "./admission.ts";
import {
  type Caller,
  checkCallerRoom,
  openRoom,
  refuseAtRoom,
  refuseCaller,
  refuseLookAlike,
  renameCaller,
} from "./caller.ts";
import { changeMessage } from "./change.ts";
import type { Change } from "./change_rules.ts";
import { type Context, useRoom } from "./context.ts";
import { type Draft, postMessage } from "./message.ts";
import { type Author, type Effective, findKnown } from "./once.ts";
import type { RuledRoom } from "./roles.ts";

/** The message of a caller. Without a `ref`, which is empty then, it is never known again. */
export interface CallerDraft extends Draft {
  /** Left out, it is {@linkcode BOT_NAME}, and never refused. */
  readonly name?: string | undefined;
}

/**
 * Posts a message of a caller to everyone in a room, which is made if there is none, or says why it is
 * refused. Resolves when the message is kept.
 *
 * @param mayLookAlike true if the name may look like that of somebody in the room
 */
export async function postBy(
  context: Context,
  caller: Caller,
  { name, ...draft }: CallerDraft,
  now: number,
  mayLookAlike = false,
): Promise<Effective | ErrorEvent> {
  const posted = await tryPost(context, caller, name, draft, now, mayLookAlike);
  const answer = await knownInstead(context, caller, draft.ref, posted);
  if ("receipt" in answer) context.metrics.commands.send++;
  return answer;
}

async function tryPost(
  context: Context,
  stranger: Caller,
  name: string | undefined,
  draft: Draft,
  now: number,
  mayLookAlike: boolean,
): Promise<Effective | ErrorEvent> {
  const { config, rooms, memberships } = context;
  const caller = renameCaller(stranger, name);
  if ("code" in caller) return caller;
  const roomName = checkCallerRoom(caller, draft.room);
  if (typeof roomName !== "string") return roomName;
  // Before the room is made.
  const text = checkText(draft.text, config.textLength);
  if (!text.ok) return refusal("text_invalid", text.message);
  const { address, user } = caller;
  const refused = takeArrival(caller, now) ?? await refuseCaller(context, caller);
  if (refused !== undefined) return refused;
  memberships.visit(user.id, address, true);
  const room = await useRoom(context, roomName, now, { address });
  if ("code" in room) return room;
  rooms.pin(room);
  try {
    const refused = await refuseAtRoom(context, room, caller, now) ??
      (name === undefined || mayLookAlike || caller.isNamed
        ? undefined
        : refuseLookAlike(context, caller, roomName)) ??
      await admit(context, room, caller, now);
    return refused ?? await postMessage(context, authorIn(caller, room), draft, now);
  } finally {
    rooms.unpin(room);
  }
}

/** Takes a new user from the budget of an address, which connections take them from, too. */
function takeArrival({ isStranger, address }: Caller, now: number): ErrorEvent | undefined {
  if (!isStranger) return undefined;
  const { arrivals } = address.budgets;
  const retryMs = arrivals.wait(now);
  if (retryMs === 0) arrivals.spend(1);
  return retryMs === 0
    ? undefined
    : refusal("rate_limited", "Too many new users from this address", undefined, retryMs);
}

/** Changes a message for a caller. Resolves when the change is kept. */
export async function changeBy(
  context: Context,
  caller: Caller,
  change: Change,
  now: number,
): Promise<Effective | ErrorEvent> {
  const room = await openRoom(context, caller, change.room, now);
  const changed = "code" in room
    ? room
    : await changeMessage(context, authorIn(caller, room), change, now);
  const answer = await knownInstead(context, caller, change.ref, changed);
  if ("receipt" in answer) context.metrics.commands[change.type]++;
  return answer;
}

/** The effect of an earlier call with a `ref` instead of a refusal, whatever the reason for that. */
export async function knownInstead<Refused extends object>(
  { broker, metrics }: Context,
  { user }: Caller,
  ref: string,
  answer: Effective | Refused,
): Promise<Effective | Refused> {
  const known = "receipt" in answer || ref === "" ? undefined : await findKnown(broker, user, ref);
  const effective = known ?? answer;
  if ("receipt" in effective && effective.duplicate) metrics.duplicates++;
  return effective;
}

/** A caller as the author of messages in a room. */
function authorIn({ user, isAdmin, address }: Caller, room: RuledRoom): Author {
  return {
    ...{ user, isAdmin, address },
    joined: { get: (name) => name === room.name ? { room } : undefined },
  };
}
