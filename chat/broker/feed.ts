/**
 * Feed of messages: from this instance to the bus, and from the bus to the rooms.
 *
 * @module
 */

import { encodeEvent } from "../protocol/encode.ts";
import type { Message, User } from "../protocol/types.ts";
import type { Room } from "../room/room.ts";
import type { Rooms } from "../room/rooms.ts";
import type { Bus, Publication } from "./bus.ts";
import type { Ids } from "./ids.ts";
import type { Receipt, Receipts } from "./receipts.ts";

/** What a feed works on. */
export interface FeedOptions {
  readonly bus: Bus;
  readonly ids: Ids;
  readonly receipts: Receipts;
  readonly rooms: Rooms;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  /** Called with each room that has something to deliver. */
  readonly mark: (room: Room) => void;
}

/** Publishes messages, and puts those that come over the bus into their rooms. */
export class Feed {
  readonly #options: FeedOptions;
  /** The message that is being published: its receipt is there already. */
  #publishing: Message | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    options.bus.subscribe((publication) => this.#take(publication));
  }

  /**
   * Publishes a message, which was checked.
   *
   * @param address the sender's, where addresses are limited
   */
  publish(room: string, user: User, text: string, ref: string, address?: string): Receipt {
    const { bus, ids, receipts, now } = this.#options;
    const id = ids.next(now());
    const time = ids.newestTime;
    const message = { id, time, user, text };
    const receipt = { room, id, time };
    receipts.remember(user.id, ref, receipt, address);
    this.#publishing = message;
    bus.publish({ kind: "message", room, message, ref });
    return receipt;
  }

  /** Takes what comes over the bus, from here or from another instance. */
  #take(publication: Publication): void {
    const { rooms, ids, receipts, mark } = this.#options;
    if (publication.kind === "typing") {
      const { kind: type, room: name, user } = publication;
      const room = rooms.get(name);
      if (room === undefined) return;
      room.notify(encodeEvent({ type, room: name, user }), user.id);
      mark(room);
      return;
    }
    const { message, ref, room: name } = publication;
    const { id, time, user } = message;
    if (message !== this.#publishing) {
      ids.see(id);
      receipts.remember(user.id, ref, { room: name, id, time });
    }
    const room = rooms.use(name);
    if (room === undefined) return rooms.lose(id);
    rooms.append(room, message);
    mark(room);
  }
}
