/**
 * The users who are here, each under one name whatever the number of connections.
 *
 * @module
 */

import type { User } from "../protocol/types.ts";
import type { Room } from "./room.ts";
import { skeletonsOf } from "../text/skeletons.ts";

/** A user's name and whereabouts. */
export interface Session {
  /** Replaced, never changed: what holds a user keeps the name of its time. */
  user: User;
  skeletons: readonly string[];
  connections: number;
  /** Where the user is a member, with a connection or within the grace period. */
  readonly rooms: Set<Room>;
}

/** All users with a connection or a membership. */
export class Users {
  readonly #sessions = new Map<string, Session>();

  /** The number of users. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The session of a user, if there is one. */
  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /**
   * One more connection of a user, who takes a new name if it is free wherever the user is.
   *
   * @param name as `checkName` gives it
   */
  enter(id: string, name: string): Session {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      const user = { id, name };
      session = { user, skeletons: skeletonsOf(name), connections: 0, rooms: new Set() };
      this.#sessions.set(id, session);
    } else {
      this.rename(session, name);
    }
    session.connections++;
    return session;
  }

  /** Gives a user another name, unless it is taken where the user is. Returns whether it did. */
  rename(session: Session, name: string): boolean {
    if (name === session.user.name) return true;
    const { id } = session.user;
    const skeletons = skeletonsOf(name);
    for (const { presence } of session.rooms) {
      if (presence.isTaken(skeletons, id)) return false;
    }
    session.user = { id, name };
    session.skeletons = skeletons;
    for (const { presence } of session.rooms) presence.rename(session.user, skeletons);
    return true;
  }

  /** One connection fewer. */
  leave(session: Session): void {
    session.connections--;
    this.release(session);
  }

  /** The user is no member of a room any more. */
  leaveRoom(id: string, room: Room): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.rooms.delete(room);
    this.release(session);
  }

  /** Forgets a user of whom nothing is left. */
  release(session: Session): void {
    if (session.connections > 0 || session.rooms.size > 0) return;
    this.#sessions.delete(session.user.id);
  }
}
