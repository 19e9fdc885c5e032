/**
 * The rooms that are kept in memory.
 *
 * @module
 */

import { Room, type RoomOptions } from "./room.ts";

/** The rooms by name, with a bound on their number. */
export class Rooms {
  readonly #max: number;
  readonly #options: RoomOptions;
  readonly #rooms = new Map<string, Room>();
  /**
   * All rooms without members, the least recently used first, and some that have members again. So
   * whoever asks for one more room costs nothing while thousands are held.
   */
  readonly #idle = new Set<Room>();
  /** The newest id that a room which is made now can't vouch for. */
  #floor: string;

  /** @param floor an id made at the start, before any message */
  constructor(max: number, floor: string, options: RoomOptions) {
    this.#max = max;
    this.#floor = floor;
    this.#options = options;
  }

  /** The number of rooms. */
  get size(): number {
    return this.#rooms.size;
  }

  /** The room of that name, if it is kept. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** The room of that name, made if there is place. To be called when the room is used. */
  use(name: string): Room | undefined {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      if (this.#rooms.size >= this.#max && !this.#dropOne()) return undefined;
      room = new Room(name, this.#floor, this.#options);
      this.#rooms.set(name, room);
    }
    if (room.presence.count === 0) this.#rest(room);
    return room;
  }

  /** To be called when somebody has left: a room with nobody in it and nothing said is forgotten. */
  release(room: Room): void {
    if (room.presence.count > 0) return;
    if (room.log.size === 0) this.#drop(room);
    else this.#rest(room);
  }

  /** A message is not kept: whoever asks for it, in a room that is made later, must be told. */
  lose(id: string): void {
    if (id > this.#floor) this.#floor = id;
  }

  [Symbol.iterator](): Iterator<Room> {
    return this.#rooms.values();
  }

  /** The room has no members, and was used now. */
  #rest(room: Room): void {
    this.#idle.delete(room);
    this.#idle.add(room);
  }

  #dropOne(): boolean {
    for (const room of this.#idle) {
      if (room.presence.count === 0) {
        this.#drop(room);
        return true;
      }
      this.#idle.delete(room);
    }
    return false;
  }

  #drop(room: Room): void {
    this.#rooms.delete(room.name);
    this.#idle.delete(room);
    this.lose(room.log.end.position);
  }
}
