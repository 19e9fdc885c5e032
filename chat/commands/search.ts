/**
 * The `search` command.
 *
 * @module
 */

import { encodeFound } from "../protocol/encode.ts";
import { refusal } from "../protocol/types.ts";
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

/** Gives the newest messages with all words of a text, of one room or of all that were joined. */
export async function search(
  context: Context,
  { address, cursors }: Client,
  { user }: Session,
  command: Of<"search">,
  now: number,
): Promise<Answer> {
  const { broker, searchBudgets, lag } = context;
  const { ref, room, text, before, limit } = command;
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
  const rooms = room === undefined ? [...cursors.keys()] : [room];
  const result = await broker.search?.(rooms, text, before, limit);
  if (result === undefined) throw new TypeError("The broker has no search");
  const { found, more } = result;
  const hits = cut(found, PAGE_BYTES, ({ message }) => messageBytes(message));
  address.spendAnswer(hits.reduce((sum, { message }) => sum + messageBytes(message), 0), now);
  const hasMore = more || hits.length < found.length;
  return encodeFound({ type: "found", ...refOf(command), more: hasMore }, hits);
}
