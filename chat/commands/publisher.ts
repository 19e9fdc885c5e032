/**
 * The way of a message from its draft to the rooms: receipts, ids and the bus.
 *
 * @module
 */

import { type Receipt, Receipts } from "../broker/receipts.ts";
import type { Bus, Publication } from "../broker/bus.ts";
import type { Config } from "../config/config.ts";
import { refusal, refusalFor, UNAVAILABLE_RETRY_MS } from "../protocol/errors.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Ids } from "../broker/ids.ts";
import { checkName, checkRoom } from "../text/names.ts";
import { encodeEvent } from "../protocol/encode.ts";
import { isRef } from "../protocol/parse.ts";
import type { ErrorEvent, Message, User } from "../protocol/types.ts";
import type { Room } from "../room/room.ts";
import type { Rooms } from "../room/rooms.ts";
import type { Timers } from "../runtime/timers.ts";
import type { Scheduler } from "../scheduler.ts";
import { checkText } from "../text/texts.ts";

/** The parts of the server that a publisher works on. */
export interface PublisherOptions {
  readonly config: Config;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly rooms: Rooms;
  readonly scheduler: Scheduler;
  readonly metrics: Metrics;
  readonly timers: Timers;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
}

/** A message that is yet to be published. */
export interface Draft {
  readonly room: string;
  readonly text: string;
  readonly ref: string;
}

/** Time for which a message that is sent again is known, in milliseconds: the protocol's 5 minutes. */
const RECEIPTS_KEPT_MS = 300_000;

/** The most UTF-16 units in a user id that `broadcast` is given. */
const MAX_USER_ID_LENGTH = 64;

/** Publishes messages, and takes those that come over the bus. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #receipts: Receipts;
  /** The message that is being published: its receipt is there already. */
  #publishing: Message | undefined;

  constructor(options: PublisherOptions) {
    const { bus, config, timers } = options;
    this.#options = options;
    this.#receipts = new Receipts(RECEIPTS_KEPT_MS, config.receiptBytes, timers.now);
    bus.subscribe((publication) => this.#take(publication));
  }

  /** The number of receipts by which repeated messages are known. */
  get receiptCount(): number {
    return this.#receipts.size;
  }

  /** Bytes of memory that the receipts take. */
  get receiptBytes(): number {
    return this.#receipts.bytes;
  }

  /** The receipt of a message that the user has sent already. */
  find(userId: string, ref: string): Receipt | undefined {
    return this.#receipts.find(userId, ref);
  }

  /**
   * Checks what is to be said. Returns it normalised, or why it is refused.
   *
   * @param refuseRoom why nothing may be said in a room whose name is right, if so
   */
  draft(
    { room, text, ref }: Draft,
    refuseRoom: (room: string) => ErrorEvent | undefined = () => undefined,
  ): Draft | ErrorEvent {
    const name = checkRoom(room);
    if (!name.ok) return refusal("room_invalid", name.message, ref);
    const refused = refuseRoom(name.value);
    if (refused !== undefined) return refused;
    const said = checkText(text, this.#options.config.textLength);
    if (!said.ok) return refusal("text_invalid", said.message, ref);
    return { room: name.value, text: said.value, ref };
  }

  /**
   * Why nothing more can be said for now, if so.
   *
   * @param address the sender's, where addresses are limited
   */
  refuseFull(ref: string, address?: string): ErrorEvent | undefined {
    if (this.#receipts.hasPlace(address)) return undefined;
    const message = "Too many recent messages, from this address or at the server";
    return refusalFor(UNAVAILABLE_RETRY_MS, "unavailable", message, ref);
  }

  /**
   * Says something, which was checked.
   *
   * @param address the sender's, where addresses are limited
   */
  publish({ room, text, ref }: Draft, user: User, address?: string): Receipt {
    const { bus, metrics, ids, now } = this.#options;
    const id = ids.next(now());
    const time = ids.newestTime;
    const message = { id, time, user, text };
    const receipt = { room, id, time };
    this.#receipts.remember(user.id, ref, receipt, address);
    this.#publishing = message;
    bus.publish({ kind: "message", room, message, ref });
    metrics.messages++;
    return receipt;
  }

  /**
   * Says something in a room, to everyone in it at every instance. For programs of the server's
   * own: they need not have joined, and no rate limits them.
   *
   * @param user `id` has 1 to 64 UTF-16 units
   * @returns the receipt, also of a message that was said before with this `ref`, or why it is not
   *   said: the codes are those of `send`
   */
  broadcast(room: string, user: User, text: string, ref: string): Receipt | ErrorEvent {
    if (!isRef(ref)) {
      return refusal("bad_request", '"ref" must be a string of 1 to 64 UTF-16 units');
    }
    const { id } = user;
    if (typeof id !== "string" || id === "" || id.length > MAX_USER_ID_LENGTH) {
      return refusal("bad_request", `"id" must be 1 to ${MAX_USER_ID_LENGTH} UTF-16 units`, ref);
    }
    const known = this.find(id, ref);
    if (known !== undefined) return known;
    const name = checkName(user.name);
    if (!name.ok) return refusal("name_invalid", name.message, ref);
    const draft = this.draft({ room, text, ref });
    if ("code" in draft) return draft;
    const full = this.refuseFull(ref);
    if (full !== undefined) return full;
    const used = this.use(draft.room, ref);
    return "code" in used ? used : this.publish(draft, { id, name: name.value });
  }

  /**
   * The room of a name, made if there is none, or why it can't be had.
   *
   * @param maker the address of whoever asks for it, where addresses are limited
   */
  use(name: string, ref?: string, maker?: string): Room | ErrorEvent {
    const { rooms, config } = this.#options;
    const room = rooms.use(name, maker);
    if (room !== undefined) return room;
    const message = `The server holds its ${config.maxRooms} rooms`;
    return refusalFor(UNAVAILABLE_RETRY_MS, "unavailable", message, ref);
  }

  /** Forgets the receipts that have no effect any more. */
  sweep(now: number): void {
    this.#receipts.sweep(now);
  }

  /** Takes what comes over the bus, from here or elsewhere. */
  #take(publication: Publication): void {
    const { rooms, ids, scheduler } = this.#options;
    if (publication.kind === "typing") {
      const { kind: type, room: name, user } = publication;
      const room = rooms.get(name);
      if (room === undefined) return;
      room.notify(encodeEvent({ type, room: name, user }), user.id);
      scheduler.mark(room);
      return;
    }
    const { message, ref, room: name } = publication;
    const { id, time, user } = message;
    if (message !== this.#publishing) {
      ids.see(id);
      this.#receipts.remember(user.id, ref, { room: name, id, time });
    }
    const room = rooms.use(name);
    if (room === undefined) return rooms.lose(id);
    rooms.append(room, message);
    scheduler.mark(room);
  }
}
