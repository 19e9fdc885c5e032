/**
 * Names of the users of this instance, claimed in their rooms from all instances.
 *
 * @module
 */

import { type Broker, Unavailable } from "../broker/broker.ts";
import type { Session } from "../room/memberships.ts";
import type { Stamp } from "../room/stamp.ts";
import { skeletonsOf } from "../text/skeletons.ts";

/** The users whose names are claimed again at a time. */
const AT_ONCE = 64;

/** The rooms in which a name is claimed again at a time: a broker may take no more than some hundred. */
const ROOMS_AT_ONCE = 50;

/** Parts of {@linkcode Names}. */
export interface NamesOptions {
  readonly broker: Required<Pick<Broker, "claim" | "release">>;
  readonly sessionOf: (id: string) => Session | undefined;
  /** The ids of all users of this instance. */
  readonly ids: () => Iterable<string>;
  /** The rooms in which a user is at other instances. */
  readonly roomsElsewhere: (id: string) => ReadonlySet<string>;
  /** Returns true if a user is in a room at another instance, by a name of an earlier place. */
  readonly hasOlderName: (id: string, room: string, named: Stamp | undefined) => boolean;
}

/**
 * Claims and releases names. What is done about the name of one user comes one after the other, so that
 * no claim meets another name than the one that was checked.
 */
export class Names {
  readonly #options: NamesOptions;
  /** The names that are claimed, by user and room. Empty: not known. */
  readonly #held = new Map<string, Map<string, string>>();
  readonly #turns = new Map<string, Promise<unknown>>();
  /** The users whose claims may be other ones than they should. */
  readonly #unsettled = new Set<string>();
  #isSettling = false;
  /** True if the broker could not be asked since the last sweep began. */
  #isFailing = false;

  constructor(options: NamesOptions) {
    this.#options = options;
  }

  /**
   * Claims the name of a user for a room, and enters with the result: `undefined` if that can't be known
   * now, so that rooms can be read meanwhile. Then it is claimed later. Nothing is kept of the claim
   * unless the user is a member then.
   */
  join<Result>(
    session: Session,
    room: string,
    enter: (isFree: boolean | undefined) => Result,
  ): Promise<Result> {
    const { id } = session.user;
    return this.#run(id, async () => {
      let name: string;
      let isFree: boolean | undefined;
      do {
        name = session.user.name;
        isFree = await this.#tryClaim(id, room, session);
        // Another instance may have given another one meanwhile.
      } while (name !== session.user.name);
      return enter(isFree);
    });
  }

  /**
   * Claims another name of a user wherever the user is, and goes on with the result. Nothing is kept of
   * the claim unless the user has that name then.
   *
   * @throws {Unavailable} as the broker does
   */
  rename<Result>(id: string, name: string, then: (isFree: boolean) => Result): Promise<Result> {
    return this.#run(id, async () => {
      const { roomsElsewhere } = this.#options;
      const rooms = [...this.#roomsOf(id).union(roomsElsewhere(id))];
      const isFree = rooms.length === 0 || await this.#claim(id, rooms, name, skeletonsOf(name));
      return then(isFree);
    });
  }

  /** Gives up the name of a user who is no member of a room any more. */
  release(id: string, room: string): void {
    const held = this.#held.get(id);
    if (held?.delete(room)) this.#options.broker.release(id, [room]);
    if (held?.size === 0) this.#held.delete(id);
  }

  /** Has the claims of a user looked at again. */
  note(id: string): void {
    this.#unsettled.add(id);
  }

  /** All claims are forgotten: they are made again, and those that fail now are left. */
  lost(): void {
    for (const held of this.#held.values()) for (const room of held.keys()) held.set(room, "");
    for (const id of this.#options.ids()) this.#unsettled.add(id);
  }

  /** Makes the claims that should be made. To be called every second or so. */
  async sweep(): Promise<void> {
    if (this.#isSettling || this.#unsettled.size === 0) return;
    this.#isSettling = true;
    this.#isFailing = false;
    const ids = [...this.#unsettled];
    this.#unsettled.clear();
    while (ids.length > 0) {
      const some = ids.splice(0, AT_ONCE);
      await Promise.all(some.map((id) => {
        this.#run(id, () => Promise.resolve());
        return this.#turns.get(id);
      }));
      // The broker does not answer: the others are tried later.
      if (this.#isFailing) { for (const id of ids.splice(0)) this.#unsettled.add(id); }
    }
    this.#isSettling = false;
  }

  /** Runs a task after those of the user before it, and makes the claims that should be made then. */
  #run<Result>(id: string, task: () => Promise<Result>): Promise<Result> {
    const result = (this.#turns.get(id) ?? Promise.resolve()).then(task);
    const settle = () => this.#settle(id);
    const turn = result.then(settle, settle);
    this.#turns.set(id, turn);
    turn.then(() => {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    });
    return result;
  }

  async #tryClaim(id: string, room: string, session: Session): Promise<boolean | undefined> {
    try {
      return await this.#claim(id, [room], session.user.name, session.skeletons);
    } catch (cause) {
      if (cause instanceof Unavailable) return undefined;
      throw cause;
    }
  }

  async #claim(
    id: string,
    rooms: readonly string[],
    name: string,
    skeletons: readonly string[],
  ): Promise<boolean> {
    const before = rooms.map((room) => this.#held.get(id)?.get(room));
    // It may be done though nothing is heard of it.
    for (const room of rooms) this.#hold(id, room, "");
    const isFree = await this.#options.broker.claim(id, rooms, skeletons);
    for (const [i, room] of rooms.entries()) this.#hold(id, room, isFree ? name : before[i]);
    return isFree;
  }

  /** Claims the name that a user has in the rooms where the user is, and no other. */
  async #settle(id: string): Promise<void> {
    const { sessionOf, hasOlderName, broker } = this.#options;
    const session = sessionOf(id);
    const held = new Map(this.#held.get(id));
    const rooms = this.#roomsOf(id);
    const gone: string[] = [];
    for (const room of held.keys()) {
      if (rooms.has(room)) continue;
      if (session !== undefined && hasOlderName(id, room, session.named)) this.#unsettled.add(id);
      else gone.push(room);
    }
    for (const room of gone) this.#hold(id, room, undefined);
    if (gone.length > 0) broker.release(id, gone);
    if (session === undefined) return;
    const { skeletons, user: { name } } = session;
    const missing = [...rooms].filter((room) => held.get(room) !== name);
    try {
      while (missing.length > 0) {
        const some = missing.splice(0, ROOMS_AT_ONCE);
        const isFree = await broker.claim(id, some, skeletons);
        for (const room of some) {
          // If it is taken, the user keeps the name, and it is claimed as soon as it is free.
          const isHeld = isFree || some.length > 1 && await broker.claim(id, [room], skeletons);
          if (!isHeld) this.#unsettled.add(id);
          // The user may have left meanwhile.
          else if (this.#roomsOf(id).has(room)) this.#hold(id, room, name);
          else broker.release(id, [room]);
        }
      }
    } catch {
      this.#unsettled.add(id);
      this.#isFailing = true;
    }
  }

  #roomsOf(id: string): Set<string> {
    const { rooms = [] } = this.#options.sessionOf(id) ?? {};
    return new Set(Array.from(rooms, ({ name }) => name));
  }

  /** Notes the name that is claimed in a room. */
  #hold(id: string, room: string, name: string | undefined): void {
    const held = this.#held.get(id) ?? new Map<string, string>();
    if (name === undefined) held.delete(room);
    else held.set(room, name);
    if (held.size === 0) this.#held.delete(id);
    else this.#held.set(id, held);
  }
}
