/**
 * Claims that some isolates have at one broker, which takes them for those of one instance.
 *
 * @module
 */

import type { Broker } from "./broker.ts";

/** The part of a broker that takes claims. */
export type ClaimTaker = Required<Pick<Broker, "claim" | "release">>;

/** Passes on the claims of isolates, and gives a name up when the last of them does. */
export class HeldClaims {
  readonly #broker: ClaimTaker;
  /** The isolates that have a claim, by user and room. */
  readonly #holders = new Map<string, Map<string, Set<string>>>();

  constructor(broker: ClaimTaker) {
    this.#broker = broker;
  }

  /** Takes a name for a user of an isolate, as `Broker.claim` describes it. */
  async claim(
    isolate: string,
    user: string,
    rooms: readonly string[],
    skeletons: readonly string[],
  ): Promise<boolean> {
    // Before the call: what another isolate gives up meanwhile must not end this claim.
    const added = rooms.filter((room) => this.#add(isolate, user, room));
    const isFree = await this.#broker.claim(user, rooms, skeletons);
    if (!isFree) this.release(isolate, user, added);
    return isFree;
  }

  /** Gives up the name of a user of an isolate in some rooms. */
  release(isolate: string, user: string, rooms: readonly string[]): void {
    const gone = rooms.filter((room) => this.#remove(isolate, user, room));
    if (gone.length > 0) this.#broker.release(user, gone);
  }

  /** Gives up all claims of an isolate. */
  drop(isolate: string): void {
    for (const [user, byRoom] of [...this.#holders]) {
      this.release(isolate, user, [...byRoom.keys()]);
    }
  }

  /** Returns true if the isolate had none. */
  #add(isolate: string, user: string, room: string): boolean {
    const byRoom = this.#holders.get(user) ?? new Map<string, Set<string>>();
    this.#holders.set(user, byRoom);
    const isolates = byRoom.get(room) ?? new Set<string>();
    byRoom.set(room, isolates);
    const isAdded = !isolates.has(isolate);
    isolates.add(isolate);
    return isAdded;
  }

  /** Returns true if it was the last one. */
  #remove(isolate: string, user: string, room: string): boolean {
    const byRoom = this.#holders.get(user);
    const isolates = byRoom?.get(room);
    if (byRoom === undefined || isolates?.delete(isolate) !== true || isolates.size > 0) {
      return false;
    }
    byRoom.delete(room);
    if (byRoom.size === 0) this.#holders.delete(user);
    return true;
  }
}
