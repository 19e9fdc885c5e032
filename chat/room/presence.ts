/**
 * Presence in a room: its members, and a short log of changes, of which each cursor is given the net
 * change since its last one.
 *
 * @module
 */

import type { Role } from "../protocol/permissions.ts";
import { MAX_NAMED_MEMBERS, type PresenceEvent, type User } from "../protocol/types.ts";
import { skeletonsOf } from "../text/skeletons.ts";

/**
 * Beyond so many members `joined` names only a few: 20 of 5,000 say as much as 200 do, and save 8 KB
 * for each client when all come back after a restart.
 */
const CROWD = 500;
const NAMED_OF_A_CROWD = 20;

interface Member {
  user: User;
  /** Of the name; left out until they are needed. */
  skeletons: readonly string[] | undefined;
  /** The user's connections in the room; with none, the member is kept for the grace period. */
  connections: number;
  /** True if another instance has the user in the room. */
  isElsewhere: boolean;
  /** When `typing` was last sent for the user. */
  typedAt: number;
}

interface Change {
  readonly id: string;
  /** The user's name before the change, if the user was there. */
  readonly before: string | undefined;
}

/**
 * The least time between two `typing` events of a user, in milliseconds. The page sends one every 3 s,
 * and one at once after a message.
 */
const TYPING_INTERVAL_MS = 250;

/** The members of one room. */
export class Presence {
  /** The oldest position that {@linkcode Presence.changesSince} can answer. */
  firstPosition = 0;
  readonly #graceMs: number;
  readonly #members = new Map<string, Member>();
  /** User ids by the skeletons of their names. */
  readonly #owners = new Map<string, string>();
  /** The members whose skeletons are yet to be computed. */
  readonly #unowned = new Set<Member>();
  /** The number of members who are in the room at other instances alone. */
  #elsewhereCount = 0;
  /** When the grace period of each member without a connection ends, in this order. */
  readonly #absent = new Map<string, number>();
  #changes: Change[] = [];
  #encodedMembers: string | undefined;

  /** @param graceMs how long a member whose last connection was lost stays */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  get count(): number {
    return this.#members.size;
  }

  /** The number of members with a connection at this instance, or within the grace period here. */
  get countHere(): number {
    return this.#members.size - this.#elsewhereCount;
  }

  /** The number of changes so far. */
  get position(): number {
    return this.firstPosition + this.#changes.length;
  }

  /** Whether a user is there, with a connection or within the grace period. */
  has(id: string): boolean {
    return this.#members.has(id);
  }

  get(id: string): User | undefined {
    return this.#members.get(id)?.user;
  }

  /** Whether another user than `id` has a name that looks like the one with these skeletons. */
  isTaken(skeletons: readonly string[], id: string): boolean {
    for (const member of this.#unowned) {
      this.#own(member.skeletons = skeletonsOf(member.user.name), member.user.id);
    }
    this.#unowned.clear();
    return skeletons.some((each) => (this.#owners.get(each) ?? id) !== id);
  }

  /** The first members, as `joined` names them; encoded again only after a change. */
  get encodedMembers(): string {
    return this.#encodedMembers ??= JSON.stringify(
      this.#members.values().take(this.#namedCount).map(({ user }) => user).toArray(),
    );
  }

  /** Adds a connection of a user. */
  enter(user: User, skeletons: readonly string[]): void {
    const member = this.#members.get(user.id);
    if (member === undefined) return this.#add(user, { skeletons, connections: 1 });
    if (this.#isElsewhereAlone(member)) this.#elsewhereCount--;
    member.connections++;
    this.#absent.delete(user.id);
    if (member.user.name !== user.name) this.rename(user, skeletons);
  }

  /** Removes a connection of a user. With the last one the user goes. Returns whether it was that. */
  leave(id: string): boolean {
    const member = this.#members.get(id);
    if (member === undefined || --member.connections > 0) return false;
    this.#go(id, member);
    return true;
  }

  /** Removes a connection that was lost. With the last one begins the grace period of the user. */
  lose(id: string, now: number): void {
    const member = this.#members.get(id);
    if (member === undefined || --member.connections > 0) return;
    this.#absent.set(id, now + this.#graceMs);
  }

  /** Removes a user at once, with all connections here. Returns whether the user was here. */
  expel(id: string): boolean {
    const member = this.#members.get(id);
    if (member === undefined || this.#isElsewhereAlone(member)) return false;
    member.connections = 0;
    this.#go(id, member);
    return true;
  }

  /** Ends the grace period of a user, if it runs. Returns whether it did. */
  endGrace(id: string): boolean {
    const member = this.#members.get(id);
    if (member === undefined || !this.#absent.has(id)) return false;
    this.#go(id, member);
    return true;
  }

  /** Removes the users whose grace period is over. Returns their ids. */
  expire(now: number): string[] {
    const gone: string[] = [];
    for (const [id, until] of this.#absent) {
      if (until > now) break;
      this.endGrace(id);
      gone.push(id);
    }
    return gone;
  }

  /** Notes that another instance has a user in the room. */
  enterElsewhere(user: User): void {
    const member = this.#members.get(user.id);
    if (member !== undefined) {
      member.isElsewhere = true;
      return;
    }
    this.#elsewhereCount++;
    this.#add(user, { isElsewhere: true });
  }

  /** Notes that no other instance has a user in the room any more. */
  leaveElsewhere(id: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    const isGone = this.#isElsewhereAlone(member);
    member.isElsewhere = false;
    if (!isGone) return;
    this.#elsewhereCount--;
    this.#remove(id, member);
  }

  /** Whether a user is in the grace period. */
  get hasAbsent(): boolean {
    return this.#absent.size > 0;
  }

  /** Notes that a user is typing. Returns whether to send `typing`: not if it was a moment ago. */
  takeTyping(id: string, now: number): boolean {
    const member = this.#members.get(id);
    if (member === undefined || now - member.typedAt < TYPING_INTERVAL_MS) return false;
    member.typedAt = now;
    return true;
  }

  /** Gives a member another role in the room; those of the server stay. Told by the room's settings. */
  setRole(id: string, role: Role | undefined): void {
    const member = this.#members.get(id);
    if (member === undefined || member.user.role === "admin") return;
    const { name } = member.user;
    this.setUser({ id, name, ...role && { role } });
  }

  /** Gives a member another role, under the same name. */
  setUser(user: User): void {
    const member = this.#members.get(user.id);
    if (member === undefined) return;
    member.user = user;
    this.#encodedMembers = undefined;
  }

  /** Gives a member another name. */
  rename(user: User, skeletons?: readonly string[]): void {
    const member = this.#members.get(user.id);
    if (member === undefined) return;
    this.#changes.push({ id: user.id, before: member.user.name });
    this.#encodedMembers = undefined;
    this.#disown(user.id, member);
    member.user = user;
    member.skeletons = skeletons;
    this.#ownMember(member);
  }

  /**
   * The net change since a position, or `undefined` if there is none.
   * In a large room it is the count alone: no client knows all members anyway.
   *
   * @throws {RangeError} if the position is older than {@linkcode Presence.firstPosition}
   */
  changesSince(position: number, room: string): PresenceEvent | undefined {
    if (position >= this.position) return undefined;
    if (position < this.firstPosition) {
      throw new RangeError(`Change ${position} is forgotten: the first is ${this.firstPosition}`);
    }
    const { count } = this;
    if (count > MAX_NAMED_MEMBERS) return { type: "presence", room, count };
    const before = new Map<string, string | undefined>();
    for (const change of this.#changes.slice(position - this.firstPosition)) {
      if (!before.has(change.id)) before.set(change.id, change.before);
    }
    const joined: User[] = [];
    const left: string[] = [];
    const renamed: User[] = [];
    for (const [id, name] of before) {
      const user = this.#members.get(id)?.user;
      if (user === undefined) {
        if (name !== undefined) left.push(id);
      } else if (name === undefined) {
        joined.push(user);
      } else if (name !== user.name) {
        renamed.push(user);
      }
    }
    if (joined.length + left.length + renamed.length === 0) return undefined;
    return {
      type: "presence",
      room,
      ...(joined.length > 0 && { joined }),
      ...(left.length > 0 && { left }),
      ...(renamed.length > 0 && { renamed }),
      count,
    };
  }

  /** Forgets the changes before a position. */
  forgetBefore(position: number): void {
    this.#changes = this.#changes.slice(Math.max(0, position - this.firstPosition));
    this.firstPosition = Math.max(this.firstPosition, position);
  }

  get #namedCount(): number {
    const { size } = this.#members;
    return size > CROWD ? NAMED_OF_A_CROWD : Math.min(size, MAX_NAMED_MEMBERS);
  }

  #add(
    user: User,
    { skeletons, connections = 0, isElsewhere = false }: Partial<Omit<Member, "user" | "typedAt">>,
  ): void {
    this.#changes.push({ id: user.id, before: undefined });
    const named = this.#namedCount;
    const member = { user, skeletons, connections, isElsewhere, typedAt: -Infinity };
    this.#members.set(user.id, member);
    // Most newcomers to a full room are not named.
    if (this.#namedCount !== named) this.#encodedMembers = undefined;
    this.#ownMember(member);
  }

  #ownMember(member: Member): void {
    if (member.skeletons === undefined) this.#unowned.add(member);
    else this.#own(member.skeletons, member.user.id);
  }

  #isElsewhereAlone({ user: { id }, connections, isElsewhere }: Member): boolean {
    return isElsewhere && connections === 0 && !this.#absent.has(id);
  }

  /** The user has no connection here any more, nor a grace period. */
  #go(id: string, member: Member): void {
    this.#absent.delete(id);
    if (member.isElsewhere) this.#elsewhereCount++;
    else this.#remove(id, member);
  }

  #own(skeletons: readonly string[], id: string): void {
    for (const each of skeletons) this.#owners.set(each, id);
  }

  #remove(id: string, member: Member): void {
    this.#changes.push({ id, before: member.user.name });
    this.#encodedMembers = undefined;
    this.#members.delete(id);
    this.#absent.delete(id);
    this.#disown(id, member);
  }

  #disown(id: string, member: Member): void {
    this.#unowned.delete(member);
    // Several may have a name that another application gives.
    for (const each of member.skeletons ?? []) {
      if (this.#owners.get(each) === id) this.#owners.delete(each);
    }
  }
}
