/**
 * A room's log in memory, compacted by message.
 *
 * @module
 */

import { charBytes } from "../text/texts.ts";
import type { Message, MessagePage, PageBound } from "./broker.ts";
import { pageWithin } from "./page.ts";

/** Bytes of a message besides its body: two ids, an object and a slot. */
const MESSAGE_BYTES = 200;

/** The messages of one room, and the position of the last one that was dropped. */
export class MemoryRoom {
  /** By id, in the order of positions. */
  readonly #messages = new Map<string, Message>();
  #floor: string;
  #head: string;
  #bytes = 0;
  /** How many messages were changed: without any, positions and ids have one order. */
  #changed = 0;

  /** @param floor the newest position that the room can't vouch for */
  constructor(floor: string) {
    this.#floor = floor;
    this.#head = floor;
  }

  get size(): number {
    return this.#messages.size;
  }

  /** Bytes of memory that the messages take. */
  get bytes(): number {
    return this.#bytes;
  }

  get floor(): string {
    return this.#floor;
  }

  /** The position of the last message that was ever put here, or the first floor. */
  get head(): string {
    return this.#head;
  }

  get(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  /** Puts a message in its new state at the end. */
  append(message: Message): void {
    this.#remove(message.id);
    this.#messages.set(message.id, message);
    this.#bytes += bytesOf(message);
    if (message.position !== message.id) this.#changed++;
    this.#head = message.position;
  }

  /** Drops the oldest messages while a condition holds of the oldest. */
  dropWhile(isTooMuch: (oldest: Message) => boolean): void {
    for (const message of this.#messages.values()) {
      if (!isTooMuch(message)) return;
      this.#remove(message.id);
      this.#raise(message.position);
    }
  }

  /** Drops everything up to a position. */
  trim(floor: string): void {
    this.dropWhile(({ position }) => position <= floor);
    this.#raise(floor);
  }

  /** Up to `limit` of the newest messages by position, ascending. */
  newest(limit: number): Message[] {
    return this.#messages.values().drop(Math.max(0, this.size - limit)).toArray();
  }

  /** Up to `limit` messages after a position. */
  after(position: string, limit: number): Message[] {
    return this.#messages.values().filter((each) => each.position > position).take(limit).toArray();
  }

  page(bound: PageBound, limit: number): MessagePage {
    const byId = [...this.#messages.values()];
    if (this.#changed > 0) byId.sort((a, b) => a.id < b.id ? -1 : 1);
    return pageWithin(byId, bound, limit);
  }

  #remove(id: string): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#messages.delete(id);
    this.#bytes -= bytesOf(message);
    if (message.position !== message.id) this.#changed--;
  }

  #raise(floor: string): void {
    if (floor > this.#floor) this.#floor = floor;
    if (floor > this.#head) this.#head = floor;
  }
}

function bytesOf({ body }: Message): number {
  return MESSAGE_BYTES + charBytes(body);
}
