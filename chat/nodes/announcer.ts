/**
 * Announcer: what an instance tells the others of its users, and how often.
 *
 * @module
 */

import {
  type Announced,
  chunk,
  encodeChanges,
  encodePart,
  encodeSignal,
  encodeUser,
} from "./signals.ts";

/** The time between two beats of an instance, in milliseconds. */
export const BEAT_MS = 2_000;

/** The least time between two signals with changes, and between the ends of two snapshots. */
const CHANGES_MS = 250;
const SNAPSHOT_MS = 1_000;

/** The parts of a snapshot that are sent at a time: 512 KiB at most. */
const PARTS_AT_ONCE = 8;

/** Parts of an {@linkcode Announcer}. */
export interface AnnouncerOptions {
  /** The id of this instance. */
  readonly id: string;
  /** The users of this instance, and one of them as it is now. */
  readonly users: () => Iterable<string>;
  readonly stateOf: (id: string) => Announced | undefined;
  readonly send: (body: string) => void;
  /** Returns true if another instance is known. */
  readonly hasOthers: () => boolean;
}

/** Collects changes, and sends them a few times a second. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  /** The number of the last changes that were sent. */
  #change = 0;
  readonly #changed = new Set<string>();
  /** The users of whom others may know. */
  readonly #told = new Set<string>();
  /** As JSON. */
  readonly #left = new Set<string>();
  #changesAt = -Infinity;
  #beatAt = -Infinity;
  #snapshots = 0;
  #isAsked = false;
  /** The parts of the snapshot that are yet to be sent. */
  #parts: string[] = [];
  #snapshotAt = -Infinity;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** A user may have another state. */
  note(id: string): void {
    this.#changed.add(id);
  }

  /** A user has left a room by a command. */
  noteLeft(id: string, room: string): void {
    this.#left.add(JSON.stringify([id, room]));
    this.#changed.add(id);
  }

  /** Somebody needs the state of this instance. Those who ask meanwhile share one answer. */
  ask(): void {
    this.#isAsked = true;
  }

  /** Sends what is due. To be called every 100 ms or so. */
  tick(now: number): void {
    const { id, send } = this.#options;
    if (this.#changed.size > 0 && now - this.#changesAt >= CHANGES_MS) {
      this.#changesAt = now;
      this.#sendChanges();
    }
    if (now - this.#beatAt >= BEAT_MS) {
      this.#beatAt = now;
      send(encodeSignal(id, { kind: "beat", change: this.#change }));
    }
    if (this.#isAsked && this.#parts.length === 0 && now - this.#snapshotAt >= SNAPSHOT_MS) {
      this.#isAsked = false;
      this.#parts = this.#encodeSnapshot();
    }
    for (const part of this.#parts.splice(0, PARTS_AT_ONCE)) {
      this.#snapshotAt = now;
      send(part);
    }
  }

  #sendChanges(): void {
    const { id, stateOf, send, hasOthers } = this.#options;
    const users: string[] = [];
    for (const user of this.#changed) {
      const state = stateOf(user);
      if (state !== undefined) this.#told.add(user);
      else if (!this.#told.delete(user)) continue;
      users.push(encodeUser({ id: user, state }, id));
    }
    const left = [...this.#left];
    this.#changed.clear();
    this.#left.clear();
    // Instances that are not known here find by the number that something is missing.
    if (!hasOthers()) {
      this.#change++;
      return;
    }
    for (const list of chunk(users)) send(encodeChanges(id, ++this.#change, list, []));
    // After the states, which no longer have the rooms.
    for (const list of chunk(left)) send(encodeChanges(id, ++this.#change, [], list));
  }

  #encodeSnapshot(): string[] {
    const { id, users, stateOf } = this.#options;
    const told = this.#told;
    const states = function* () {
      for (const user of users()) {
        const state = stateOf(user);
        if (state === undefined) continue;
        told.add(user);
        yield encodeUser({ id: user, state }, id);
      }
    };
    const lists = [...chunk(states())];
    if (lists.length === 0) lists.push([]);
    const snapshot = ++this.#snapshots;
    const parts = lists.length;
    return lists.map((list, part) =>
      encodePart(id, { change: this.#change, snapshot, part, parts }, list)
    );
  }
}
