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
  /** The least recently used first. */
  readonly #rooms = new Map<string, Room>();
  /** The most recently used. Most uses are of the same room again, and cost nothing. */
  #latest: Room | undefined;
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
    if (this.#latest?.name === name) return this.#latest;
    let room = this.#rooms.get(name);
    if (room === undefined) {
      if (this.#rooms.size >= this.#max && !this.#dropOne()) return undefined;
      room = new Room(name, this.#floor, this.#options);
    } else {
      this.#rooms.delete(name);
    }
    this.#rooms.set(name, room);
    this.#latest = room;
    return room;
  }

  /** Forgets a room that has nothing to keep: nobody in it, and nothing said. */
  release(room: Room): void {
    if (room.presence.count === 0 && room.log.size === 0) this.#drop(room);
  }

  /** A message is not kept: whoever asks for it, in a room that is made later, must be told. */
  lose(id: string): void {
    if (id > this.#floor) this.#floor = id;
  }

  [Symbol.iterator](): Iterator<Room> {
    return this.#rooms.values();
  }

  #dropOne(): boolean {
    for (const room of this.#rooms.values()) {
      if (room.presence.count > 0) continue;
      this.#drop(room);
      return true;
    }
    return false;
  }

  #drop(room: Room): void {
    this.#rooms.delete(room.name);
    if (this.#latest === room) this.#latest = undefined;
    this.lose(room.log.end.position);
  }
}
