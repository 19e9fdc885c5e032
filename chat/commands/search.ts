/**
 * The `search` command.
 *
 * @module
 */

import { encodeFound } from "../protocol/encode.ts";
import type { Found } from "../broker/broker.ts";
import type { Address } from "../limits/addresses.ts";
import { type ErrorEvent, refusal, type User } from "../protocol/types.ts";
import type { Client, Session } from "../room/memberships.ts";
import { cut, PAGE_BYTES } from "../room/cut.ts";
import {
  type Answer,
  type Context,
  messageBytes,
  type Of,
  refOf,
  tooMuchHistory,
} from "./context.ts";

/** The most code points of a text that is searched. */
const MAX_TEXT_LENGTH = 200;

/** The messages that were found, newest first. */
export interface Hits {
  readonly found: readonly Found[];
  readonly more: boolean;
}

/** Gives the newest messages with all words of a text, of one room or of all that were joined. */
export async function search(
  context: Context,
  { address, cursors }: Client,
  { user }: Session,
  command: Of<"search">,
  now: number,
): Promise<Answer> {
  const { room } = command;
  const rooms = room === undefined ? [...cursors.keys()] : [room];
  const hits = await findMessages(context, { user, address }, rooms, command, now);
  if ("code" in hits) return hits;
  return encodeFound({ type: "found", ...refOf(command), more: hits.more }, hits.found);
}

/** Finds the newest messages with all words of a text in some rooms, unless that is too much. */
export async function findMessages(
  context: Context,
  { user, address }: { readonly user: User; readonly address: Address },
  rooms: readonly string[],
  { ref, text, before, limit }: Omit<Of<"search">, "type" | "room">,
  now: number,
): Promise<Hits | ErrorEvent> {
  const { broker, searchBudgets, lag } = context;
  if (broker.search === undefined) return noSearch(ref);
  // Length first: a code point has one unit or two.
  if (text === "" || text.length > 2 * MAX_TEXT_LENGTH || [...text].length > MAX_TEXT_LENGTH) {
    const message = `"text" must have 1 to ${MAX_TEXT_LENGTH} code points`;
    return refusal("text_invalid", message, ref);
  }
  const answerMs = address.budgets.answers.wait(now);
  if (answerMs > 0) return tooMuchHistory(answerMs, ref);
  const { searches } = address.budgets;
  const addressMs = searches.wait(now);
  const retryMs = addressMs > 0 ? addressMs : searchBudgets.take(user.id, now, lag.at(now));
  if (retryMs > 0) return refusal("rate_limited", "Too many searches", ref, retryMs);
  searches.spend(1);
  const { found, more } = await broker.search(rooms, text, before, limit);
  const hits = cut(found, PAGE_BYTES, ({ message }) => messageBytes(message));
  address.spendAnswer(hits.reduce((sum, { message }) => sum + messageBytes(message), 0), now);
  return { found: hits, more: more || hits.length < found.length };
}

/** The refusal of a search where the broker has none. */
export function noSearch(ref: string | undefined): ErrorEvent {
  return refusal("bad_request", '"type": this server has no "search"', ref);
}
