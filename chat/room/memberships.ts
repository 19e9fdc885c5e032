/**
 * Memberships: users, their connections, and the rooms that they are in.
 *
 * @module
 */

import type { Address } from "../limits/addresses.ts";
import type { User } from "../protocol/types.ts";
import { skeletonsOf } from "../text/skeletons.ts";
import type { Stamp } from "./stamp.ts";
import type { Cursor, Recipient, Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";

/** A client's connection, as far as rooms and commands see it. */
export interface Client extends Recipient {
  readonly address: Address;
  /** The cursors of the rooms that it has joined, by room name. */
  readonly cursors: Map<string, Cursor>;
  /** That of its user, after `hello`. */
  session: Session | undefined;
  /** True if its user is an admin of the server, after `hello`. */
  isAdmin: boolean;
  /** True if another application names its user, who can't be renamed. */
  isNamed: boolean;
  /** The rooms that its user may enter; `undefined`: all. */
  rooms: ReadonlySet<string> | undefined;
  /** The end of it, in milliseconds since 1970. */
  expiresAt: number;
  /** The user whom a trusted proxy has named, if it has. */
  readonly proxyUser: string | undefined;
  /** True if the connection is over. */
  readonly closed: boolean;
  /** All that was given to the socket, in UTF-16 units. */
  readonly sentUnits: number;
  /** Gives it an encoded event with the next flush. */
  reply(event: string): void;
}

/** A user, who has one name whatever the number of connections. */
export interface Session {
  /** Replaced, never changed: what holds a user keeps the name of its time. */
  user: User;
  skeletons: readonly string[];
  /** The place of the name among those that the user was given at several instances. */
  named: Stamp | undefined;
  /** That of the latest `hello` or request. */
  address: Address;
  readonly connections: Set<Client>;
  /** Those of which the user is a member, with a connection or within the grace period. */
  readonly rooms: Set<Room>;
}

/** Takes what happens here to users, for other instances, and knows who is there. */
export interface Elsewhere {
  /** The user as other instances have it, if the user is there. */
  userOf(id: string): User | undefined;
  /** The place of a name that is given now. */
  nextStamp(): Stamp;
  /** The state of a user at this instance is another one. */
  changed(id: string): void;
  /** A user is no member of a room any more, at this instance. */
  went(id: string, room: string, isByCommand: boolean): void;
}

/**
 * Users who have gone, and of whom the address is remembered: some 100 bytes each, and 500 more where
 * nobody else holds the address.
 */
const MAX_GONE = 10_000;

/** All users with a connection or a membership. The one place where users enter and leave rooms. */
export class Memberships {
  readonly #rooms: Rooms;
  readonly #mark: (room: Room) => void;
  readonly #elsewhere: Elsewhere | undefined;
  readonly #sessions = new Map<string, Session>();
  /** The addresses of users who have gone, the first to go at the start. */
  readonly #gone = new Map<string, Address>();
  /** Rooms with members whose last connection was lost. */
  readonly #absent = new Set<Room>();

  /**
   * @param mark called with each room that has a change to tell
   * @param elsewhere the other instances; left out: there are none
   */
  constructor(rooms: Rooms, mark: (room: Room) => void, elsewhere?: Elsewhere) {
    this.#rooms = rooms;
    this.#mark = mark;
    this.#elsewhere = elsewhere;
  }

  /** The ids of the users with a connection or a membership. */
  get ids(): Iterable<string> {
    return this.#sessions.keys();
  }

  get userCount(): number {
    return this.#sessions.size;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** A user who is here or at another instance. */
  userOf(id: string): User | undefined {
    return this.#sessions.get(id)?.user ?? this.#elsewhere?.userOf(id);
  }

  /**
   * Adds a connection of a user, who takes a new name if it is free wherever the user is, or if another
   * application gives it.
   *
   * @param name as `checkName` gives it
   * @param claim `isGiven`: the name may be taken where the user is; `named`: it has this place already
   */
  connect(
    client: Client,
    id: string,
    name: string,
    isAdmin = false,
    { isGiven = client.isNamed, named = this.#elsewhere?.nextStamp() }: {
      readonly isGiven?: boolean;
      readonly named?: Stamp | undefined;
    } = {},
  ): Session {
    let session = this.#sessions.get(id);
    client.isAdmin = isAdmin;
    if (session === undefined) {
      const user = { id, name, ...isAdmin && { role: "admin" as const } };
      session = {
        user,
        skeletons: skeletonsOf(name),
        named,
        address: client.address,
        connections: new Set(),
        rooms: new Set(),
      };
      this.#sessions.set(id, session);
    } else {
      session.address = client.address;
      this.#setAdmin(session, isAdmin);
      this.rename(session, name, isGiven, named);
    }
    session.connections.add(client);
    client.session = session;
    this.#elsewhere?.changed(id);
    return session;
  }

  /**
   * Gives a user another name, unless it is taken where the user is. Returns whether it did.
   *
   * @param isGiven true if it may be taken: another application gives it, or it was claimed
   */
  rename(
    session: Session,
    name: string,
    isGiven = false,
    named = this.#elsewhere?.nextStamp(),
  ): boolean {
    if (name === session.user.name) {
      session.named = named;
      return true;
    }
    const { id, role } = session.user;
    const skeletons = skeletonsOf(name);
    for (const { presence } of session.rooms) {
      if (!isGiven && presence.isTaken(skeletons, id)) return false;
    }
    session.user = { id, name, ...role && { role } };
    session.skeletons = skeletons;
    session.named = named;
    this.#elsewhere?.changed(id);
    for (const room of session.rooms) {
      room.presence.rename(room.rules.userIn(session.user), skeletons);
      this.#mark(room);
    }
    return true;
  }

  /**
   * Puts a connection of a user into a room, where the user's name should be free, or moves its cursor
   * there.
   *
   * @param position after which the connection reads the room's log
   */
  join(client: Client, session: Session, room: Room, position: string): void {
    const { user, skeletons, rooms } = session;
    const cursor = client.cursors.get(room.name);
    if (cursor === undefined) {
      room.presence.enter(room.rules.userIn(user), skeletons);
      rooms.add(room);
      this.#elsewhere?.changed(user.id);
    } else if (!this.#removeCursor(client, cursor)) {
      return;
    }
    client.cursors.set(room.name, room.add(client, user.id, position));
    this.#mark(room);
  }

  /** Takes a connection out of a room, and the user with the last one. */
  leave(client: Client, cursor: Cursor): void {
    const { room, userId } = cursor;
    if (!this.#removeCursor(client, cursor)) return;
    client.cursors.delete(room.name);
    if (room.presence.leave(userId)) this.#leaveRoom(userId, room, true);
    this.#mark(room);
    this.#rooms.release(room);
  }

  /**
   * Takes a user out of a room at once, without what its connections have missed. Returns the connections
   * that were there.
   */
  expel(id: string, room: Room): Client[] {
    if (!room.presence.expel(id)) return [];
    const clients: Client[] = [];
    for (const client of this.#sessions.get(id)?.connections ?? []) {
      const cursor = client.cursors.get(room.name);
      if (cursor === undefined) continue;
      room.remove(cursor);
      client.cursors.delete(room.name);
      clients.push(client);
    }
    this.#leaveRoom(id, room);
    this.#mark(room);
    this.#rooms.release(room);
    return clients;
  }

  /** A user has left a room at another instance by a command: who is but absent here leaves, too. */
  endGrace(id: string, room: Room): void {
    if (!room.presence.endGrace(id)) return;
    this.#leaveRoom(id, room);
    this.#mark(room);
    this.#rooms.release(room);
  }

  /**
   * Notes the address of a user's request.
   *
   * @param isNew true if a user of whom nothing is known is remembered, too
   */
  visit(id: string, address: Address, isNew: boolean): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.address = address;
    else if (isNew || this.#gone.has(id)) this.#remember(id, address);
  }

  /**
   * The address of a user's latest `hello` or request, also of one who has gone a while ago.
   */
  addressOf(id: string): Address | undefined {
    return this.#sessions.get(id)?.address ?? this.#gone.get(id);
  }

  /**
   * The users on the server with a connection from an address, or whose latest `hello` came from there.
   * Looks at all.
   */
  idsAt({ name }: Address): string[] {
    return this.#sessions.values().filter(({ address, connections }) =>
      address.name === name || connections.values().some((each) => each.address.name === name)
    ).map(({ user }) => user.id).toArray();
  }

  /**
   * The first address that is the one looked for, of those that {@linkcode Memberships.idsAt} looks at.
   */
  findAddress(isIt: (address: Address) => boolean): Address | undefined {
    for (const { address, connections } of this.#sessions.values()) {
      if (isIt(address)) return address;
      for (const each of connections) if (isIt(each.address)) return each.address;
    }
    return undefined;
  }

  /** Removes a connection that is lost. Its user has the grace period to come back to the rooms. */
  disconnect(client: Client, now: number): void {
    const { session } = client;
    if (session === undefined) return;
    for (const cursor of client.cursors.values()) {
      const { room } = cursor;
      room.remove(cursor);
      room.presence.lose(session.user.id, now);
      if (room.presence.hasAbsent) this.#absent.add(room);
    }
    // The socket may stay for long, and must not keep the rooms.
    client.cursors.clear();
    session.connections.delete(client);
    this.#release(session);
  }

  /** Takes the users out of their rooms whose grace period is over. */
  expire(now: number): void {
    for (const room of this.#absent) {
      const gone = room.presence.expire(now);
      if (!room.presence.hasAbsent) this.#absent.delete(room);
      if (gone.length === 0) continue;
      for (const id of gone) this.#leaveRoom(id, room);
      this.#mark(room);
      this.#rooms.release(room);
    }
  }

  /**
   * Delivers to a cursor what its connection misses, and removes it from the room. Returns `false` if
   * the connection could not be sent to, and so was disconnected.
   */
  #removeCursor(client: Client, cursor: Cursor): boolean {
    const { room } = cursor;
    room.catchUp(cursor);
    room.remove(cursor);
    return client.cursors.has(room.name);
  }

  /** The latest `hello` of a user says whether it is an admin. Told to newcomers from then on. */
  #setAdmin(session: Session, isAdmin: boolean): void {
    const { id, name, role } = session.user;
    if (isAdmin === (role === "admin")) return;
    session.user = { id, name, ...isAdmin && { role: "admin" } };
    for (const { presence, rules } of session.rooms) presence.setUser(rules.userIn(session.user));
    this.#elsewhere?.changed(id);
  }

  /** The user is no member of a room any more. */
  #leaveRoom(id: string, room: Room, isByCommand = false): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.rooms.delete(room);
    this.#elsewhere?.changed(id);
    this.#elsewhere?.went(id, room.name, isByCommand);
    this.#release(session);
  }

  /** Forgets a user of whom nothing is left. */
  #release(session: Session): void {
    if (session.connections.size > 0 || session.rooms.size > 0) return;
    const { user: { id }, address } = session;
    this.#sessions.delete(id);
    this.#elsewhere?.changed(id);
    this.#remember(id, address);
  }

  #remember(id: string, address: Address): void {
    this.#gone.delete(id);
    this.#gone.set(id, address);
    if (this.#gone.size <= MAX_GONE) return;
    const [oldest = ""] = this.#gone.keys();
    this.#gone.delete(oldest);
  }
}
