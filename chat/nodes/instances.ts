/**
 * Instances: brings the users of other instances into the rooms of this one, and tells the others of
 * those here.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { User } from "../protocol/types.ts";
import type { Elsewhere, Memberships } from "../room/memberships.ts";
import type { Room } from "../room/room.ts";
import type { Rooms } from "../room/rooms.ts";
import { isLater, type Stamp } from "../room/stamp.ts";
import { Announcer } from "./announcer.ts";
import { Names } from "./names.ts";
import { Peers } from "./peers.ts";
import {
  type Announced,
  encodeSignal,
  EVERYBODY,
  MAX_NUMBER,
  parseSignal,
  prefixOf,
} from "./signals.ts";

/** Parts of {@linkcode Instances}. */
export interface InstancesOptions {
  readonly broker: Pick<Broker, "signal" | "status"> & Required<Pick<Broker, "claim" | "release">>;
  readonly graceMs: number;
  /** Milliseconds since an unspecified moment. */
  readonly elapsed: () => number;
  readonly rooms: () => Rooms;
  readonly memberships: () => Memberships;
  /** Called with each room that has a change to tell. */
  readonly mark: (room: Room) => void;
}

/** The time between two looks at claims, in milliseconds. */
const SWEEP_MS = 1_000;

/** All instances but this one, as this one knows them. */
export class Instances implements Elsewhere {
  readonly id = crypto.randomUUID();
  readonly names: Names;
  readonly #options: InstancesOptions;
  readonly #prefix = prefixOf(this.id);
  readonly #peers: Peers;
  readonly #announcer: Announcer;
  /** The latest place of a name that was seen. */
  #time = 0;
  #sweptAt = -Infinity;
  #hasAsked = false;

  constructor(options: InstancesOptions) {
    const { broker, graceMs, memberships } = options;
    this.#options = options;
    this.#peers = new Peers({
      graceMs,
      ask: (of) => this.#send(encodeSignal(this.id, { kind: "ask", of })),
      entered: (id, room) => this.#enter(id, room),
      went: (id, room) => this.#leave(id, room),
      changed: (id) => this.#change(id),
      left: (id, room) => this.#endGrace(id, room),
    });
    this.#announcer = new Announcer({
      id: this.id,
      users: () => memberships().ids,
      stateOf: (id) => this.#stateOf(id),
      send: (body) => this.#send(body),
      hasOthers: () => this.#peers.size > 0,
    });
    this.names = new Names({
      broker: {
        claim: (...args) => broker.claim(...args),
        release: (...args) => broker.release(...args),
      },
      sessionOf: (id) => memberships().get(id),
      ids: () => memberships().ids,
      roomsElsewhere: (id) => this.#peers.roomsOf(id),
      hasOlderName: (id, room, named) =>
        Iterator.from(this.#peers.statesOf(id)).some((state) =>
          state.rooms.has(room) && named !== undefined && isLater(named, state.named)
        ),
    });
  }

  /** The number of instances that are known to live, with this one. */
  get count(): number {
    return 1 + this.#peers.countLiving(this.#options.elapsed());
  }

  /** The number of users who are in a room at other instances. */
  countIn(room: string): number {
    return this.#peers.countIn(room);
  }

  /** The rooms in which a user is at other instances. */
  roomsOf(id: string): ReadonlySet<string> {
    return this.#peers.roomsOf(id);
  }

  userOf(id: string): User | undefined {
    const state = this.#peers.userOf(id);
    return state && { id, name: state.name, ...state.isAdmin && { role: "admin" } };
  }

  /** The place of the name that a user has at another instance. */
  stampOf(id: string): Stamp | undefined {
    return this.#peers.userOf(id)?.named;
  }

  nextStamp(): Stamp {
    this.#time = Math.min(this.#time + 1, MAX_NUMBER);
    return { time: this.#time, by: this.id };
  }

  changed(id: string): void {
    this.#announcer.note(id);
  }

  went(id: string, room: string, isByCommand: boolean): void {
    if (isByCommand) this.#announcer.noteLeft(id, room);
    this.names.release(id, room);
  }

  /** Takes the signal of an instance. */
  receive(body: string): void {
    if (body.startsWith(this.#prefix)) return;
    const signal = parseSignal(body);
    if (signal === undefined) return;
    const isMeant = signal.kind === "ask" && (signal.of === this.id || signal.of === EVERYBODY);
    if (isMeant) this.#announcer.ask();
    this.#peers.receive(signal, this.#options.elapsed());
  }

  /** Gives a room that comes into memory its members at other instances. */
  fill(room: Room): void {
    for (const id of this.#peers.usersIn(room.name)) this.#enterRoom(id, room);
  }

  /** The broker has lost something: the names are claimed again. */
  lost(): void {
    this.names.lost();
    this.names.sweep();
  }

  /** Runs the periodic work. To be called every 100 ms or so. */
  tick(now: number): void {
    if (!this.#hasAsked) {
      this.#hasAsked = true;
      this.#send(encodeSignal(this.id, { kind: "ask", of: EVERYBODY }));
    }
    this.#announcer.tick(now);
    this.#peers.tick(now, this.#options.broker.status().problem !== undefined);
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    this.names.sweep();
  }

  /** Says that this instance ends. */
  close(): void {
    this.#send(encodeSignal(this.id, { kind: "bye" }));
  }

  #send(body: string): void {
    this.#options.broker.signal({ kind: "node", body });
  }

  #stateOf(id: string): Announced | undefined {
    const session = this.#options.memberships().get(id);
    if (session === undefined) return undefined;
    const { user: { name, role }, named = { time: 0, by: this.id }, rooms } = session;
    const names = Array.from(rooms, (room) => room.name);
    return { name, named, isAdmin: role === "admin", rooms: new Set(names) };
  }

  #enter(id: string, name: string): void {
    const room = this.#options.rooms().get(name);
    if (room !== undefined) this.#enterRoom(id, room);
  }

  #enterRoom(id: string, room: Room): void {
    const user = this.#options.memberships().userOf(id);
    if (user === undefined) return;
    room.presence.enterElsewhere(room.rules.userIn(user));
    this.#options.mark(room);
  }

  #leave(id: string, name: string): void {
    const room = this.#options.rooms().get(name);
    if (room === undefined) return;
    room.presence.leaveElsewhere(id);
    this.#options.mark(room);
  }

  /** A user has another state at another instance: the name that was given last counts. */
  #change(id: string): void {
    const { memberships, rooms, mark } = this.#options;
    const latest = this.#peers.userOf(id);
    if (latest === undefined) return;
    this.#time = Math.max(this.#time, latest.named.time);
    const session = memberships().get(id);
    if (session !== undefined && isLater(latest.named, session.named)) {
      memberships().rename(session, latest.name, true, latest.named);
      this.names.note(id);
      this.names.sweep();
    }
    const user = session?.user ?? this.userOf(id);
    if (user === undefined) return;
    for (const name of this.#peers.roomsOf(id)) {
      const room = rooms().get(name);
      const member = room?.presence.get(id);
      if (room === undefined || member === undefined) continue;
      const inRoom = room.rules.userIn(user);
      if (member.name !== user.name) room.presence.rename(inRoom);
      else if (member.role !== inRoom.role) room.presence.setUser(inRoom);
      else continue;
      mark(room);
    }
  }

  #endGrace(id: string, name: string): void {
    const room = this.#options.rooms().get(name);
    if (room !== undefined) this.#options.memberships().endGrace(id, room);
  }
}
