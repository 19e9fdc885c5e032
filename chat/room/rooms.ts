/**
 * Registry of the rooms in memory.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { Multiset } from "../limits/addresses.ts";
import { levelFor } from "../limits/level.ts";
import type { LoggedMessage } from "../protocol/encode.ts";
import { ORIGIN } from "../protocol/ulid.ts";
import type { OpenedLog } from "./log.ts";
import { Room, type RoomOptions } from "./room.ts";

/** What rooms are made with. */
export interface RoomsOptions extends RoomOptions, Pick<Config, "maxRooms" | "historyBytes"> {
  /** Called with each room that has lost everything up to a floor for want of memory. */
  readonly trimmed?: (room: string, floor: string) => void;
  /** Called with each room that comes into memory. */
  readonly made?: (room: Room) => void;
}

/** The log of a room that nothing was ever said in. */
const NEW_LOG: OpenedLog = { messages: [], head: ORIGIN, floor: ORIGIN };

/**
 * The part of `historyBytes` that is freed when it is exceeded. Freeing looks at all rooms: with
 * 256 MiB once in 8 MiB of messages. It took 5 to 30 ms with 10,000 rooms of equal size.
 */
const FREED_PART = 1 / 32;

/** How many rooms are looked at to choose candidates, and how many are chosen: 2 ms for a hundred. */
const LOOKED_AT = 10_000;
const CANDIDATES = 100;

/** Candidates are worth at most so many times the cheapest one: cheaper rooms may come meanwhile. */
const CLOSE_TO_CHEAPEST = 2;

/** How many rooms of one author a room of several is worth. */
const SEVERAL_AUTHORS_WORTH = 10;

/** The most messages that count for the worth of a room. */
const MESSAGES_COUNTED = 100;

/** Rooms by name, with a bound on their number and one on the memory of their messages. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();
  /**
   * All rooms without members, the least recently used first, and some that have members again. A
   * request for one more room then costs nothing while there are thousands.
   */
  readonly #idle = new Set<Room>();
  /** The idle rooms that are dropped next. None of them was used since it was chosen. */
  readonly #candidates = new Set<Room>();
  /** How many rooms each address has made. */
  readonly #made = new Multiset();
  /** Bytes of memory that the messages of all rooms take. */
  bytes = 0;

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#rooms.size;
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /**
   * The room of that name, made if there is place. It counts as used.
   *
   * @param maker the address that asks for it; empty: the server itself
   * @param opened what is known of its log if it is made
   */
  use(name: string, maker = "", opened = NEW_LOG): Room | undefined {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      if (this.#rooms.size >= this.#options.maxRooms && !this.#dropOne()) return undefined;
      room = new Room(name, opened, this.#options, maker);
      this.#rooms.set(name, room);
      this.#made.add(maker);
      this.#rest(room);
      this.#addBytes(room.log.bytes);
      this.#options.made?.(room);
    } else if (room.presence.countHere === 0) {
      this.#rest(room);
    }
    return room;
  }

  /** Appends a message to a room. The rooms with most bytes may lose their oldest for it. */
  append(room: Room, message: LoggedMessage): void {
    const before = room.log.bytes;
    room.append(message);
    this.#addBytes(room.log.bytes - before);
  }

  /** Adds older messages to a room, with nothing missing after `memoryFloor`. */
  extend(room: Room, messages: readonly LoggedMessage[], memoryFloor: string): void {
    const before = room.log.bytes;
    room.log.extend(messages, memoryFloor);
    this.#addBytes(room.log.bytes - before);
  }

  /** Drops the messages of a room up to a position: they are kept nowhere any more. */
  trim(room: Room, floor: string): void {
    const before = room.log.bytes;
    room.trim(floor);
    this.bytes += room.log.bytes - before;
    if (room.log.size === 0 && !isUsed(room)) this.#drop(room);
  }

  /** Drops the messages of a room up to a position, some of which are lost, and adds what is left. */
  lose(
    room: Room,
    until: string,
    { messages, memoryFloor }: Required<Pick<OpenedLog, "messages" | "memoryFloor">>,
  ): void {
    const before = room.log.bytes;
    room.lose(until, messages);
    this.bytes += room.log.bytes - before;
    this.extend(room, messages, memoryFloor);
  }

  /** To be called after a user has left: drops a room without members and messages. */
  release(room: Room): void {
    if (isUsed(room)) return;
    if (room.log.size === 0) this.#drop(room);
    else this.#rest(room);
  }

  /** Keeps a room though it may be empty, until {@linkcode Rooms.unpin} is called. */
  pin(room: Room): void {
    room.pins++;
  }

  unpin(room: Room): void {
    room.pins--;
    if (this.#rooms.get(room.name) === room) this.release(room);
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
      if (isUsed(room)) continue;
      this.#drop(room);
      return true;
    }
    return false;
  }

  /**
   * Chooses the idle rooms of least worth: those with few messages of one author, made at an address
   * that has made many. Of equal ones the least recently used.
   */
  #chooseCandidates(): void {
    for (const room of this.#idle) if (room.presence.countHere > 0) this.#idle.delete(room);
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
    this.bytes -= room.log.bytes;
    this.#options.trimmed?.(room.name, room.log.head);
  }

  #addBytes(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.#options.historyBytes) this.#free();
  }

  /** Drops the oldest messages of the rooms with most bytes, until all together have few enough. */
  #free(): void {
    const wanted = this.#options.historyBytes * (1 - FREED_PART);
    const maxBytes = levelFor(Array.from(this.#rooms.values(), ({ log }) => log.bytes), wanted);
    for (const room of this.#rooms.values()) {
      const { bytes } = room.log;
      if (bytes <= maxBytes) continue;
      room.shrink(maxBytes);
      this.bytes -= bytes - room.log.bytes;
      this.#options.trimmed?.(room.name, room.log.memoryFloor);
      if (room.log.size === 0 && !isUsed(room)) this.#drop(room);
    }
  }
}

/** Returns true if somebody is in a room at this instance, or it is pinned. */
function isUsed({ presence, pins }: Room): boolean {
  return presence.countHere > 0 || pins > 0;
}
