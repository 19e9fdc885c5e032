/**
 * The `history` command.
 *
 * @module
 */

import { type MessagePage, Unavailable } from "../broker/broker.ts";
import type { Address } from "../limits/addresses.ts";
import { encodeHistory } from "../protocol/encode.ts";
import type { ErrorEvent } from "../protocol/types.ts";
import { cut, cutFromEnd, PAGE_BYTES } from "../room/cut.ts";
import {
  type Answer,
  type Context,
  messageBytes,
  type Of,
  refOf,
  tooMuchHistory,
} from "./context.ts";
import { type Pages, remembered } from "./remembered.ts";

/** Gives a page of what is kept of a room, unless the address was given too much. */
export async function history(
  context: Context,
  address: Address,
  command: Of<"history">,
  now: number,
): Promise<Answer> {
  const page = await readHistory(context, address, command, now);
  if ("code" in page) return page;
  const { messages, more, moreAfter } = page;
  const { room } = command;
  return encodeHistory({ type: "history", ...refOf(command), room, more, moreAfter }, messages);
}

/** Reads a page of what is kept of a room, unless the address was given too much. */
export async function readHistory(
  { broker, rooms }: Context,
  address: Address,
  command: Of<"history">,
  now: number,
): Promise<MessagePage | ErrorEvent> {
  const retryMs = address.budgets.answers.wait(now);
  if (retryMs > 0) return tooMuchHistory(retryMs, command.ref);
  const page = await read(broker, command).catch((cause) => {
    const room = rooms.get(command.room);
    if (!(cause instanceof Unavailable) || room === undefined) throw cause;
    return read(remembered(room.log), command);
  });
  address.spendAnswer(page.messages.reduce((sum, each) => sum + messageBytes(each), 0), now);
  return page;
}

async function read(pages: Pages, command: Of<"history">): Promise<MessagePage> {
  const { since } = command;
  return since === undefined
    ? await readPage(pages, command)
    : await readSince(pages, command, since);
}

/** A page in the order of ids. */
async function readPage(pages: Pages, command: Of<"history">): Promise<MessagePage> {
  const { room, limit, before, after, around } = command;
  const bound = {
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(around !== undefined && { around }),
  };
  const { messages, more, moreAfter } = await pages.page(room, bound, limit);
  // What is cut is far from the bound.
  const place = after ?? around;
  const middle = place === undefined
    ? messages.length
    : messages.findIndex(({ id }) => id >= place);
  const end = middle === -1 ? messages.length : middle;
  const maxBytes = around === undefined ? PAGE_BYTES : PAGE_BYTES / 2;
  const older = cutFromEnd(messages.slice(0, end), maxBytes, messageBytes);
  const newer = cut(messages.slice(end), maxBytes, messageBytes);
  return {
    messages: [...older, ...newer],
    more: more || older.length < end,
    moreAfter: moreAfter || newer.length < messages.length - end,
  };
}

/** A page in the order of positions. */
async function readSince(
  pages: Pages,
  { room, limit }: Of<"history">,
  since: string,
): Promise<MessagePage> {
  const part = await pages.after(room, since, limit);
  const messages = cut(part.messages, PAGE_BYTES, messageBytes);
  const older = await pages.page(room, { before: messages[0]?.id ?? since }, 1);
  return {
    messages,
    more: older.messages.length > 0,
    moreAfter: part.more || messages.length < part.messages.length,
  };
}
