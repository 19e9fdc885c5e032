/**
 * The message commands: `send` and `history` of a client, `broadcast` of a program on the server.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Receipt } from "../broker/receipts.ts";
import type { Address } from "../limits/addresses.ts";
import { encodeHistory } from "../protocol/encode.ts";
import { isRef } from "../protocol/parse.ts";
import { type ErrorEvent, refusal, UNAVAILABLE_RETRY_MS, type User } from "../protocol/types.ts";
import { encodedBytes } from "../room/log.ts";
import type { Room } from "../room/room.ts";
import { checkName, checkRoom } from "../text/names.ts";
import { checkText } from "../text/texts.ts";
import {
  type Answer,
  type Context,
  notJoined,
  type Of,
  refOf,
  tooMuchHistory,
  useRoom,
} from "./context.ts";

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

/** The most UTF-16 units in a user id that `broadcast` is given. */
const MAX_USER_ID_LENGTH = 64;

/**
 * Posts a message to everyone in a room at every instance, or says why it is refused. A `duplicate`
 * was posted before, and has the receipt of that time.
 */
export function postMessage(
  context: Context,
  author: Author,
  draft: Draft,
  now: number,
): { readonly receipt: Receipt; readonly duplicate: boolean } | ErrorEvent {
  const { receipts, config, feed, metrics } = context;
  const { user, address, joined } = author;
  const { ref } = draft;
  const known = receipts.find(user.id, ref);
  if (known !== undefined) return { receipt: known, duplicate: true };
  const room = checkRoom(draft.room);
  if (!room.ok) return refusal("room_invalid", room.message, ref);
  if (joined !== undefined && !joined.has(room.value)) return notJoined(room.value, ref);
  const text = checkText(draft.text, config.textLength);
  if (!text.ok) return refusal("text_invalid", text.message, ref);
  if (!receipts.hasPlace(address?.budgetKey)) {
    const message = "Too many recent messages, from this address or at the server";
    return refusal("unavailable", message, ref, UNAVAILABLE_RETRY_MS);
  }
  const refused = address && refuseRate(context, user, address, text.value, ref, now);
  if (refused !== undefined) return refused;
  if (joined === undefined) {
    const used = useRoom(context, room.value, now, { ref, ...(address && { address }) });
    if ("code" in used) return used;
  }
  const receipt = feed.publish(room.value, user, text.value, ref, address?.budgetKey);
  metrics.messages++;
  return { receipt, duplicate: false };
}

/** Posts a message of a program on the server, as `Chat.broadcast` describes it. */
export function broadcast(
  context: Context,
  user: User,
  draft: Draft,
  now: number,
): Receipt | ErrorEvent {
  const { ref } = draft;
  const { id } = user;
  if (!isRef(ref)) {
    return refusal("bad_request", '"ref" must be a string of 1 to 64 UTF-16 units');
  }
  if (typeof id !== "string" || id === "" || id.length > MAX_USER_ID_LENGTH) {
    return refusal("bad_request", `"id" must be 1 to ${MAX_USER_ID_LENGTH} UTF-16 units`, ref);
  }
  const known = context.receipts.find(id, ref);
  if (known !== undefined) return known;
  const name = checkName(user.name);
  if (!name.ok) return refusal("name_invalid", name.message, ref);
  const posted = postMessage(context, { user: { id, name: name.value } }, draft, now);
  return "code" in posted ? posted : posted.receipt;
}

/** Why a user or an address has sent too much, if so. Takes the message from their budgets if not. */
function refuseRate(
  { config, messageBudgets, lag }: Context,
  user: User,
  address: Address,
  text: string,
  ref: string,
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

/** Gives a page of a room's log, unless the address was given too much. */
export function history(
  address: Address,
  { name, log }: Room,
  command: Of<"history">,
  now: number,
): Answer {
  const retryMs = address.budgets.answers.wait(now);
  if (retryMs > 0) return tooMuchHistory(retryMs, command.ref);
  const { entries, more } = log.page(command.limit, command);
  address.spendAnswer(encodedBytes(entries), now);
  const event = { type: "history", ...refOf(command), room: name, more } as const;
  return encodeHistory(event, entries.map((entry) => entry.json));
}
