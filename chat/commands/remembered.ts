/**
 * Reading from memory while the broker can't be read.
 *
 * @module
 */

import { type Broker, Unavailable } from "../broker/broker.ts";
import { pageWithin } from "../broker/page.ts";
import type { RoomLog } from "../room/log.ts";

/** A source of the pages of history. */
export type Pages = Pick<Broker, "page" | "after">;

/**
 * The pages of a log in memory. A page may be shorter than it would be where all messages are kept;
 * `Unavailable` if some may be missing next to its bound.
 */
export function remembered(log: RoomLog): Pages {
  return {
    // deno-lint-ignore require-await
    async page(_room, bound, limit) {
      const { messages, isWhole } = log.known();
      const page = pageWithin(messages, bound, limit);
      if (isWhole) return page;
      const place = bound.after ?? bound.around;
      const isKnown = place === undefined ? page.messages.length > 0 : place >= log.memoryFloor;
      if (!isKnown) throw notInMemory();
      return { ...page, more: true };
    },
    // deno-lint-ignore require-await
    async after(_room, position, limit) {
      const messages = log.after(position);
      if (messages === undefined) throw notInMemory();
      const { head, floor } = log;
      const more = messages.length > limit;
      return { messages: messages.slice(0, limit), more, floor, head };
    },
  };
}

function notInMemory(): Unavailable {
  return new Unavailable("The messages are not in memory", "no");
}
