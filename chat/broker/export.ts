/**
 * Everything that a broker keeps of a room, as a stream.
 *
 * @module
 */

import { type Broker, MAX_PAGE, type Message, ORIGIN } from "./broker.ts";

/**
 * The messages of a room in the order of ids, page by page. Nothing is held between two pages, so
 * a reader may take as long as it likes, or stop.
 *
 * @param pageSize messages in a page, at most {@linkcode MAX_PAGE}
 * @throws {Unavailable} if a page can't be read
 */
export async function* exportRoom(
  broker: Pick<Broker, "page">,
  room: string,
  pageSize = MAX_PAGE,
): AsyncGenerator<readonly Message[], void> {
  for (let after = ORIGIN;;) {
    const { messages, moreAfter } = await broker.page(room, { after }, pageSize);
    const last = messages.at(-1);
    if (last === undefined) return;
    yield messages;
    if (!moreAfter) return;
    after = last.id;
  }
}
