/**
 * Commands that take effect once: known by their `ref` when they are repeated, and limited by rates.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  type Broker,
  type Outcome,
  type Receipt,
  type Request,
  Unavailable,
} from "../broker/broker.ts";
import type { Address } from "../limits/addresses.ts";
import { type AckEvent, type ErrorEvent, refusal, type User } from "../protocol/types.ts";
import { timeOf } from "../protocol/ulid.ts";
import { checkRoom } from "../text/names.ts";
import { type Context, notJoined, unavailable } from "./context.ts";
import type { RuledRoom } from "./roles.ts";

/** Whose command it is. */
export interface Author {
  readonly user: User;
  /** True if it is an admin of the server. */
  readonly isAdmin?: boolean;
  /** Where the user comes from, and is limited with everyone there; left out, nothing is limited. */
  readonly address?: Address;
  /** The rooms that were joined; left out, it may be any room, which is made if there is none. */
  readonly joined?: { get(room: string): { readonly room: RuledRoom } | undefined };
}

/** A room in which an author may do something. */
export interface AuthorRoom {
  /** In lower case. */
  readonly name: string;
  /** The room itself, if it is in memory. */
  readonly room: RuledRoom | undefined;
}

/** The receipt of a command. A `duplicate` took effect before, and has the receipt of that time. */
export interface Effective {
  readonly receipt: Receipt;
  readonly duplicate: boolean;
}

/** The event that tells the author of a command of its effect. */
export function ackOf(ref: string, { receipt, duplicate }: Effective): AckEvent {
  const { room, id, position } = receipt;
  const changed = position !== id && { changed: position };
  return { type: "ack", ref, room, id, time: timeOf(id), ...changed, duplicate };
}

/** A command that takes effect once. */
export interface Once<Checked extends object> {
  readonly ref: string;
  /** What a user says with it, for the rate of an address. */
  readonly text?: string;
  /** What is to be done, or why it is refused. Not async: its effects come in the order of calls. */
  check(): Checked | ErrorEvent;
  /** Does it, or says why it is refused after all. */
  carryOut(
    checked: Checked,
  ): Promise<Exclude<Outcome, { as: "conflict" | "missing" }> | ErrorEvent>;
}

/**
 * Carries out a command unless it is known, refused or too much. A known one costs nothing, and is
 * known whatever else it says.
 *
 * @param now milliseconds of the event loop
 */
export async function once<Checked extends object>(
  context: Context,
  author: Author,
  command: Once<Checked>,
  now: number,
): Promise<Effective | ErrorEvent> {
  const { broker } = context;
  const { ref, text = "" } = command;
  try {
    const checked = command.check();
    const refused = "code" in checked ? checked : takeRate(context, author, ref, text, now);
    if (refused !== undefined) return await findKnown(broker, author.user, ref) ?? refused;
    const outcome = await command.carryOut(checked as Checked);
    if ("code" in outcome) {
      const known = await findKnown(broker, author.user, ref);
      if (known !== undefined) refund(context, author, text);
      return known ?? outcome;
    }
    if (outcome.as === "kept") return { receipt: outcome, duplicate: false };
    refund(context, author, text);
    return outcome.as === "known"
      ? { receipt: outcome, duplicate: true }
      : unavailable("Too many recent messages, from this address or at the server", ref);
  } catch (cause) {
    if (cause instanceof Unavailable) return unavailable("The message can't be kept now", ref);
    throw cause;
  }
}

/** A user's request to the broker, which counts for the address that the user comes from. */
export function requestOf({ user, address }: Author, ref: string): Request {
  const key = address?.budgetKey;
  return { user: user.id, ref, ...(key !== undefined && { address: key }) };
}

/** The room in which an author may do something, or the refusal. */
export function checkAuthorRoom(
  { rooms }: Context,
  { joined }: Author,
  name: string,
  ref: string,
): AuthorRoom | ErrorEvent {
  const checked = checkRoom(name);
  if (!checked.ok) return refusal("room_invalid", checked.message, ref);
  const { value } = checked;
  if (joined === undefined) return { name: value, room: rooms.get(value) };
  const cursor = joined.get(value);
  return cursor === undefined ? notJoined(value, ref) : { name: value, room: cursor.room };
}

/** The effect of an earlier command of a user with this `ref`. */
export async function findKnown(
  broker: Broker,
  user: User,
  ref: string,
): Promise<Effective | undefined> {
  const receipt = await broker.receipt(user.id, ref);
  return receipt && { receipt, duplicate: true };
}

/** Why a user or an address has sent too much, if so. Takes the text from their budgets if not. */
export function takeRate(
  { config, messageBudgets, lag }: Context,
  { user, address }: Author,
  ref: string | undefined,
  text: string,
  now: number,
): ErrorEvent | undefined {
  if (address === undefined) return undefined;
  const userMs = messageBudgets.take(user.id, now, lag.at(now));
  if (userMs > 0) {
    const { burst, perSecond } = config.messageRate;
    const limit = `A user may send ${burst} messages at once, then ${perSecond} a second`;
    return refusal("rate_limited", limit, ref, userMs);
  }
  const addressMs = address.takeMessage(Buffer.byteLength(text), now);
  if (addressMs === 0) return undefined;
  return refusal("rate_limited", "Too many messages from this address", ref, addressMs);
}

/** Gives back to the budgets what a command has taken that had no effect. */
function refund({ messageBudgets }: Context, { user, address }: Author, text: string): void {
  if (address === undefined) return;
  messageBudgets.refund(user.id);
  address.refundMessage(Buffer.byteLength(text));
}
