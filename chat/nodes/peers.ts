/**
 * Peers: the other instances and their users, as far as their signals tell of them.
 *
 * @module
 */

import { isLater } from "../room/stamp.ts";
import { type Announced, type NodeSignal, type UserState } from "./signals.ts";

/** The silence after which an instance is taken for gone, in milliseconds. */
export const SILENT_MS = 6_000;

/** The time after which an instance is asked again. */
const ASK_AGAIN_MS = 3_000;

/** A longer time without a tick is one in which this instance stood still, and heard nobody. */
const STANDSTILL_MS = 1_000;

/** The most instances that are known, and the most signals of one that wait for its snapshot. */
const MAX_PEERS = 256;
const MAX_WAITING = 256;

type Changes = Extract<NodeSignal, { kind: "changes" }>;
type Part = Extract<NodeSignal, { kind: "part" }>;

/** Another instance. */
interface Peer {
  readonly id: string;
  heardAt: number;
  /** The number of the last changes that are known with all before them; -1: nothing is known. */
  change: number;
  /** True if changes are missing, until a snapshot comes. */
  isBehind: boolean;
  askedAt: number;
  /** The changes that came meanwhile. */
  waiting: Changes[];
  /** The parts of the newest snapshot, by their places. */
  parts: Map<number, Part>;
  readonly users: Map<string, Announced>;
}

/** Parts of {@linkcode Peers}. */
export interface PeersOptions {
  /** The time for which a user stays whose instance is gone. */
  readonly graceMs: number;
  /** Asks an instance for its state. */
  readonly ask: (id: string) => void;
  /** A user is in a room at another instance now, and was at none, or the other way round. */
  readonly entered: (id: string, room: string) => void;
  readonly went: (id: string, room: string) => void;
  /** The state of a user at another instance is another one. */
  readonly changed: (id: string) => void;
  /** A user has left a room by a command at another instance. */
  readonly left: (id: string, room: string) => void;
}

/** The other instances. Times are milliseconds of this instance alone. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Peer>();
  /** The states of users, by the instances that have told them. */
  readonly #users = new Map<string, Map<string, Announced>>();
  /** By room, the users there and the numbers of instances by which they are. */
  readonly #rooms = new Map<string, Map<string, number>>();
  #tickedAt: number | undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** The number of instances that are known and not silent. */
  countLiving(now: number): number {
    return this.#peers.values().filter(({ heardAt }) => now - heardAt < SILENT_MS).toArray().length;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** The user's states at other instances. */
  statesOf(id: string): Iterable<Announced> {
    return this.#users.get(id)?.values() ?? [];
  }

  /** The state with the name that was given last, of a user who is at another instance. */
  userOf(id: string): Announced | undefined {
    let latest: Announced | undefined;
    for (const state of this.statesOf(id)) {
      if (isLater(state.named, latest?.named)) latest = state;
    }
    return latest;
  }

  /** The rooms in which a user is at other instances. */
  roomsOf(id: string): Set<string> {
    const rooms = new Set<string>();
    for (const state of this.statesOf(id)) for (const room of state.rooms) rooms.add(room);
    return rooms;
  }

  /** The ids of the users who are in a room at other instances. */
  usersIn(room: string): Iterable<string> {
    return this.#rooms.get(room)?.keys() ?? [];
  }

  countIn(room: string): number {
    return this.#rooms.get(room)?.size ?? 0;
  }

  /** Takes a signal of another instance. */
  receive(signal: NodeSignal, now: number): void {
    const peer = this.#peers.get(signal.from) ?? this.#meet(signal, now);
    if (peer === undefined) return;
    peer.heardAt = now;
    switch (signal.kind) {
      case "bye":
        peer.heardAt = now - SILENT_MS;
        return;
      case "beat":
        if (signal.change > peer.change) this.#fallBehind(peer, now);
        return;
      case "changes":
        return this.#takeChanges(peer, signal, now);
      case "part":
        return this.#takePart(peer, signal, now);
    }
  }

  /**
   * Forgets the instances that are gone, and asks again those that did not answer.
   *
   * @param isDeaf true if nobody can be heard now, which says nothing of the others
   */
  tick(now: number, isDeaf = false): void {
    const stoodMs = now - (this.#tickedAt ?? now);
    this.#tickedAt = now;
    for (const peer of this.#peers.values()) {
      if (isDeaf || stoodMs > STANDSTILL_MS) peer.heardAt = Math.min(now, peer.heardAt + stoodMs);
      const silentMs = now - peer.heardAt;
      if (silentMs >= SILENT_MS + this.#options.graceMs) this.#forget(peer);
      else if (peer.isBehind && now - peer.askedAt >= ASK_AGAIN_MS) this.#ask(peer, now);
    }
  }

  #meet({ from, kind }: NodeSignal, now: number): Peer | undefined {
    if (kind === "bye" || this.#peers.size >= MAX_PEERS) return undefined;
    const peer: Peer = {
      ...{ id: from, heardAt: now, change: 0, isBehind: false, askedAt: -Infinity },
      ...{ waiting: [], parts: new Map(), users: new Map() },
    };
    this.#peers.set(from, peer);
    return peer;
  }

  #takeChanges(peer: Peer, changes: Changes, now: number): void {
    if (changes.change <= peer.change) return;
    if (!peer.isBehind && changes.change === peer.change + 1) return this.#apply(peer, changes);
    // Of too many none is kept: a later snapshot has them.
    if (peer.waiting.length >= MAX_WAITING) peer.waiting = [];
    peer.waiting.push(changes);
    this.#fallBehind(peer, now);
  }

  #takePart(peer: Peer, part: Part, now: number): void {
    if (!peer.isBehind || part.change < peer.change) return;
    const [first] = peer.parts.values();
    if (first !== undefined && first.snapshot > part.snapshot) return;
    if (first?.snapshot !== part.snapshot || first.parts !== part.parts) peer.parts = new Map();
    peer.parts.set(part.part, part);
    // The others are on their way.
    peer.askedAt = now;
    if (peer.parts.size < part.parts) return;
    const users = [...peer.parts.values()].flatMap(({ users }) => users);
    peer.parts = new Map();
    const ids = new Set(users.map(({ id }) => id));
    for (const id of [...peer.users.keys()]) if (!ids.has(id)) this.#set(peer, id, undefined);
    this.#setAll(peer, users);
    peer.change = part.change;
    peer.isBehind = false;
    const waiting = peer.waiting.toSorted((a, b) => a.change - b.change);
    peer.waiting = [];
    for (const changes of waiting) this.#takeChanges(peer, changes, now);
  }

  #fallBehind(peer: Peer, now: number): void {
    if (peer.isBehind) return;
    peer.isBehind = true;
    this.#ask(peer, now);
  }

  #ask(peer: Peer, now: number): void {
    peer.askedAt = now;
    this.#options.ask(peer.id);
  }

  #apply(peer: Peer, { change, users, left }: Changes): void {
    peer.change = change;
    this.#setAll(peer, users);
    for (const [id, room] of left) this.#options.left(id, room);
  }

  #setAll(peer: Peer, users: readonly UserState[]): void {
    for (const { id, state } of users) this.#set(peer, id, state);
  }

  /** Gives a user another state at an instance; none: the user is not there any more. */
  #set(peer: Peer, id: string, state: Announced | undefined): void {
    const before = peer.users.get(id);
    if (before === undefined && state === undefined) return;
    const states = this.#users.get(id) ?? new Map<string, Announced>();
    if (state === undefined) {
      peer.users.delete(id);
      states.delete(peer.id);
    } else {
      peer.users.set(id, state);
      states.set(peer.id, state);
    }
    if (states.size === 0) this.#users.delete(id);
    else this.#users.set(id, states);
    this.#options.changed(id);
    for (const room of state?.rooms ?? []) if (!before?.rooms.has(room)) this.#enter(id, room);
    for (const room of before?.rooms ?? []) if (!state?.rooms.has(room)) this.#leave(id, room);
  }

  #enter(id: string, room: string): void {
    const users = this.#rooms.get(room) ?? new Map<string, number>();
    this.#rooms.set(room, users);
    const count = users.get(id) ?? 0;
    users.set(id, count + 1);
    if (count === 0) this.#options.entered(id, room);
  }

  #leave(id: string, room: string): void {
    const users = this.#rooms.get(room);
    const count = users?.get(id);
    if (users === undefined || count === undefined) return;
    if (count > 1) {
      users.set(id, count - 1);
      return;
    }
    users.delete(id);
    if (users.size === 0) this.#rooms.delete(room);
    this.#options.went(id, room);
  }

  #forget(peer: Peer): void {
    this.#peers.delete(peer.id);
    for (const id of [...peer.users.keys()]) this.#set(peer, id, undefined);
  }
}
