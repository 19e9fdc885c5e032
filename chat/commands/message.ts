/**
 * The message commands: `send` of a client, `broadcast` of a program on the server.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Broker, type SendOp, Unavailable } from "../broker/broker.ts";
import type { Address } from "../limits/addresses.ts";
import { encodeBody } from "../protocol/encode.ts";
import { isRef } from "../protocol/parse.ts";
import { type ErrorEvent, refusal, type User } from "../protocol/types.ts";
import { timeOf } from "../protocol/ulid.ts";
import { checkName, checkRoom } from "../text/names.ts";
import { checkText } from "../text/texts.ts";
import { type Context, notJoined, type Of, unavailable, useRoom } from "./context.ts";

/** The room, id and time of a message, of which its sender is told. */
export interface Receipt {
  readonly room: string;
  readonly id: string;
  readonly time: number;
}

/** Whose message it is. */
export interface Author {
  readonly user: User;
  /** Where the user comes from, and is limited with everyone there; left out, nothing is limited. */
  readonly address?: Address;
  /** The rooms that were joined; left out, it may be any room, which is made if there is none. */
  readonly joined?: { has(room: string): boolean };
}

/** A message that is to be posted. It is known by its `ref` when it is posted again. */
export type Draft = Omit<Of<"send">, "type">;

/** The receipt of a message. A `duplicate` was posted before, and has the receipt of that time. */
interface Posted {
  readonly receipt: Receipt;
  readonly duplicate: boolean;
}

/** The most UTF-16 units in a user id that `broadcast` is given. */
const MAX_USER_ID_LENGTH = 64;

/**
 * Posts a message to everyone in a room at every instance, or says why it is refused. Resolves when
 * the message is kept. Messages are kept in the order of the calls, if their rooms were joined.
 */
export async function postMessage(
  context: Context,
  author: Author,
  draft: Draft,
  now: number,
): Promise<Posted | ErrorEvent> {
  const { broker, metrics } = context;
  const { user, address, joined } = author;
  const { ref } = draft;
  try {
    const checked = check(context, author, draft, now);
    if ("code" in checked) return await findPosted(broker, user, ref) ?? checked;
    const { room } = checked;
    if (joined === undefined) {
      const used = await useRoom(context, room, now, { ref, ...(address && { address }) });
      if ("code" in used) return used;
    }
    const [outcome] = await broker.publish([checked]);
    switch (outcome?.as) {
      case "kept":
        metrics.messages++;
        return { receipt: receiptOf(outcome), duplicate: false };
      case "known":
        refund(context, author, draft);
        return { receipt: receiptOf(outcome), duplicate: true };
      case "full":
        refund(context, author, draft);
        return unavailable("Too many recent messages, from this address or at the server", ref);
      default:
        throw new TypeError(`A message can't have the outcome "${outcome?.as}"`);
    }
  } catch (cause) {
    if (cause instanceof Unavailable) return unavailable("The message can't be kept now", ref);
    throw cause;
  }
}

/** What is to be published of a draft, or why it is refused. Takes it from the budgets. */
function check(
  context: Context,
  { user, address, joined }: Author,
  draft: Draft,
  now: number,
): SendOp | ErrorEvent {
  const { ref } = draft;
  const room = checkRoom(draft.room);
  if (!room.ok) return refusal("room_invalid", room.message, ref);
  if (joined !== undefined && !joined.has(room.value)) return notJoined(room.value, ref);
  const text = checkText(draft.text, context.config.textLength);
  if (!text.ok) return refusal("text_invalid", text.message, ref);
  const refused = address && refuseRate(context, user, address, draft, now);
  if (refused !== undefined) return refused;
  const key = address?.budgetKey;
  const body = encodeBody({ user, text: text.value });
  return {
    op: "send",
    room: room.value,
    user: user.id,
    ref,
    body,
    ...(key !== undefined && { address: key }),
  };
}

/** What was posted before by this `ref`. */
async function findPosted(
  broker: Broker,
  user: User,
  ref: string,
): Promise<Posted | undefined> {
  const known = await broker.receipt(user.id, ref);
  return known && { receipt: receiptOf(known), duplicate: true };
}

function receiptOf({ room, id }: { readonly room: string; readonly id: string }): Receipt {
  return { room, id, time: timeOf(id) };
}

/**
 * Posts a message of a program on the server, as `Chat.broadcast` describes it. Resolves when the
 * message is kept.
 */
export async function broadcast(
  context: Context,
  user: User,
  draft: Draft,
  now: number,
): Promise<Receipt | ErrorEvent> {
  const { ref } = draft;
  const { id } = user;
  if (!isRef(ref)) {
    return refusal("bad_request", '"ref" must be a string of 1 to 64 UTF-16 units');
  }
  if (typeof id !== "string" || id === "" || id.length > MAX_USER_ID_LENGTH) {
    return refusal("bad_request", `"id" must be 1 to ${MAX_USER_ID_LENGTH} UTF-16 units`, ref);
  }
  const name = checkName(user.name);
  if (!name.ok) {
    const known = await findPosted(context.broker, user, ref);
    return known?.receipt ?? refusal("name_invalid", name.message, ref);
  }
  const posted = await postMessage(context, { user: { id, name: name.value } }, draft, now);
  return "code" in posted ? posted : posted.receipt;
}

/** Why a user or an address has sent too much, if so. Takes the message from their budgets if not. */
function refuseRate(
  { config, messageBudgets, lag }: Context,
  user: User,
  address: Address,
  { text, ref }: Draft,
  now: number,
): ErrorEvent | undefined {
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

/** Gives back to the budgets what a message has taken that was not posted. */
function refund({ messageBudgets }: Context, { user, address }: Author, { text }: Draft): void {
  if (address === undefined) return;
  messageBudgets.refund(user.id);
  address.refundMessage(Buffer.byteLength(text));
}
