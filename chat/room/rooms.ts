/**
 * The rooms that are kept in memory.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { Tally } from "../limits/tally.ts";
import type { Message } from "../protocol/types.ts";
import { Room, type RoomOptions } from "./room.ts";

/** What rooms are made with. */
export type RoomsOptions = RoomOptions & Pick<Config, "maxRooms" | "historyBytes">;

/**
 * The share of `historyBytes` that is freed when it is exceeded. All rooms are looked at for it: with
 * 256 MiB once in 8 MiB of messages. That took 5 to 30 ms with 10,000 rooms that all held the same.
 */
const FREED_SHARE = 1 / 32;

/** Rooms that are looked at to find some to drop, and that are found: 2 ms for a hundred. */
const LOOKED_AT = 10_000;
const CANDIDATES = 100;

/** Only rooms worth up to this many times the cheapest are dropped after it: others come meanwhile. */
const CLOSE_TO_CHEAPEST = 2;

/** A conversation of several authors is worth as much as so many monologues. */
const SEVERAL_AUTHORS_WORTH = 10;

/** Messages that count for a room's worth. */
const MESSAGES_COUNTED = 100;

/** The rooms by name, with a bound on their number, and one on the memory of their messages. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();
  /**
   * All rooms without members, the least recently used first, and some that have members again. So
   * a request for one more room costs nothing while thousands are held.
   */
  readonly #idle = new Set<Room>();
  /** Those of the idle rooms that are dropped next. None of them was used since it was chosen. */
  readonly #candidates = new Set<Room>();
  /** The rooms that each address has made. */
  readonly #made = new Tally();
  /** Bytes of memory that the messages of all rooms take. */
  #bytes = 0;
  /** The newest id that a room which is made now can't vouch for. */
  #floor: string;

  /** @param floor an id made at the start, before any message */
  constructor(floor: string, options: RoomsOptions) {
    this.#floor = floor;
    this.#options = options;
  }

  /** The number of rooms. */
  get size(): number {
    return this.#rooms.size;
  }

  /** Bytes of memory that the messages of all rooms take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The room of that name, if it is kept. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /**
   * The room of that name, made if there is place. Callers are about to use it.
   *
   * @param maker the address of the user who asks for it; empty: none
   */
  use(name: string, maker = ""): Room | undefined {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      if (this.#rooms.size >= this.#options.maxRooms && !this.#dropOne()) return undefined;
      room = new Room(name, this.#floor, this.#options, maker);
      this.#rooms.set(name, room);
      this.#made.add(maker);
    }
    if (room.presence.count === 0) this.#rest(room);
    return room;
  }

  /** Adds a message to a room. The rooms that hold most may lose their oldest for it. */
  append(room: Room, message: Message): void {
    const before = room.log.bytes;
    room.append(message);
    this.#bytes += room.log.bytes - before;
    if (this.#bytes > this.#options.historyBytes) this.#free();
  }

  /** To be called when somebody has left: a room with nobody in it and nothing said is forgotten. */
  release(room: Room): void {
    if (room.presence.count > 0) return;
    if (room.log.size === 0) this.#drop(room);
    else this.#rest(room);
  }

  /** Notes that a message is not kept: a room that is made later does not vouch for it. */
  lose(id: string): void {
    if (id > this.#floor) this.#floor = id;
  }

  [Symbol.iterator](): Iterator<Room> {
    return this.#rooms.values();
  }

  /** The room has no members, and was used now. */
  #rest(room: Room): void {
    this.#candidates.delete(room);
    this.#idle.delete(room);
    this.#idle.add(room);
  }

  #dropOne(): boolean {
    if (this.#candidates.size === 0) this.#chooseCandidates();
    for (const room of this.#candidates) {
      this.#candidates.delete(room);
      if (room.presence.count > 0) continue;
      this.#drop(room);
      return true;
    }
    return false;
  }

  /**
   * Chooses the rooms that cost least to lose: with few messages of one author, and made at an
   * address that has made many. Of equal ones the least recently used.
   */
  #chooseCandidates(): void {
    for (const room of this.#idle) if (room.presence.count > 0) this.#idle.delete(room);
    const worths = this.#idle.values().take(LOOKED_AT)
      .map((room) => ({ room, worth: this.#worthOf(room) })).toArray()
      .sort((a, b) => a.worth - b.worth);
    const most = CLOSE_TO_CHEAPEST * (worths[0]?.worth ?? 0);
    for (const { room, worth } of worths.slice(0, CANDIDATES)) {
      if (worth <= most) this.#candidates.add(room);
    }
  }

  #worthOf({ log, hasSeveralAuthors, maker }: Room): number {
    const made = maker === "" ? 1 : this.#made.count(maker);
    const messages = Math.min(log.size, MESSAGES_COUNTED);
    return messages * (hasSeveralAuthors ? SEVERAL_AUTHORS_WORTH : 1) / made;
  }

  #drop(room: Room): void {
    this.#rooms.delete(room.name);
    this.#idle.delete(room);
    this.#candidates.delete(room);
    this.#made.remove(room.maker);
    this.#bytes -= room.log.bytes;
    this.lose(room.log.end.position);
  }

  /** Takes their oldest messages from the rooms that hold most, until all hold little enough. */
  #free(): void {
    const wanted = this.#options.historyBytes * (1 - FREED_SHARE);
    const level = levelFor(Array.from(this.#rooms.values(), ({ log }) => log.bytes), wanted);
    for (const room of this.#rooms.values()) {
      const { bytes } = room.log;
      if (bytes <= level) continue;
      room.shrink(level);
      this.#bytes -= bytes - room.log.bytes;
      if (room.log.size === 0 && room.presence.count === 0) this.#drop(room);
    }
  }
}

/** The level to which the larger ones of some sizes must be cut so that all add up to a total. */
export function levelFor(sizes: readonly number[], total: number): number {
  const ascending = sizes.toSorted((a, b) => a - b);
  let rest = total;
  for (const [i, size] of ascending.entries()) {
    const level = rest / (ascending.length - i);
    if (size > level) return level;
    rest -= size;
  }
  return Infinity;
}
