/**
 * Claims of names: in each room a skeleton belongs to one user, by one instance or several.
 *
 * @module
 */

/** The user who has a skeleton in a room, and the instances that have claimed it. */
interface Owner {
  readonly user: string;
  readonly instances: Set<string>;
}

/** The claims of some instances. */
export class Claims {
  /** By room and skeleton. */
  readonly #owners = new Map<string, Map<string, Owner>>();
  /** The skeletons of the claims of an instance, by user and room. */
  readonly #claims = new Map<string, Map<string, Map<string, readonly string[]>>>();

  /** Takes a name for a user of an instance, as `Broker.claim` describes it. */
  claim(
    instance: string,
    user: string,
    rooms: readonly string[],
    skeletons: readonly string[],
  ): boolean {
    const isTaken = (room: string, skeleton: string) =>
      (this.#owners.get(room)?.get(skeleton)?.user ?? user) !== user;
    if (rooms.some((room) => skeletons.some((each) => isTaken(room, each)))) return false;
    this.release(instance, user, rooms);
    const byUser = getOrMake(this.#claims, instance, () => new Map());
    const byRoom = getOrMake(byUser, user, () => new Map());
    for (const room of rooms) {
      byRoom.set(room, skeletons);
      const owners = getOrMake(this.#owners, room, () => new Map());
      for (const each of skeletons) {
        getOrMake(owners, each, () => ({ user, instances: new Set() })).instances.add(instance);
      }
    }
    return true;
  }

  /** Gives up the name of a user of an instance in some rooms. */
  release(instance: string, user: string, rooms: Iterable<string>): void {
    const byUser = this.#claims.get(instance);
    const byRoom = byUser?.get(user);
    if (byUser === undefined || byRoom === undefined) return;
    for (const room of rooms) {
      for (const each of byRoom.get(room) ?? []) this.#disown(instance, room, each);
      byRoom.delete(room);
    }
    if (byRoom.size === 0) byUser.delete(user);
    if (byUser.size === 0) this.#claims.delete(instance);
  }

  /** Gives up all claims of an instance. */
  drop(instance: string): void {
    for (const [user, byRoom] of this.#claims.get(instance) ?? []) {
      this.release(instance, user, [...byRoom.keys()]);
    }
  }

  #disown(instance: string, room: string, skeleton: string): void {
    const owners = this.#owners.get(room);
    const owner = owners?.get(skeleton);
    if (owners === undefined || owner === undefined) return;
    owner.instances.delete(instance);
    if (owner.instances.size === 0) owners.delete(skeleton);
    if (owners.size === 0) this.#owners.delete(room);
  }
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
