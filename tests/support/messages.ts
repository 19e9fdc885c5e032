/**
 * Messages as a room's log has them.
 *
 * @module
 */

import { encodeBody } from "../../chat/protocol/body.ts";
import type { LoggedMessage } from "../../chat/protocol/encode.ts";
import type { User } from "../../chat/protocol/types.ts";
import type { OpenedLog } from "../../chat/room/log.ts";

/** A message that was never changed, or its state after a change. */
export function messageOf(
  { id, user, text, changed = id }: {
    readonly id: string;
    readonly user: User;
    readonly text: string;
    readonly changed?: string;
  },
): LoggedMessage {
  return { id, position: changed, body: encodeBody({ user, text }) };
}

/** The log of a room of which everything up to a position was lost. */
export function emptyLog(floor: string): OpenedLog {
  return { messages: [], head: floor, floor };
}
