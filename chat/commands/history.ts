/**
 * The `history` command.
 *
 * @module
 */

import type { Address } from "../limits/addresses.ts";
import { encodeHistory } from "../protocol/encode.ts";
import { encodedBytes } from "../room/log.ts";
import type { Room } from "../room/room.ts";
import { type Answer, type Of, refOf, tooMuchHistory } from "./context.ts";

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
