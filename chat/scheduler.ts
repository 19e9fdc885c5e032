/**
 * Scheduler of deliveries: at the end of a turn of the event loop, a few in each.
 *
 * @module
 */

import type { Histogram } from "./metrics/exposition.ts";
import type { Room, SendBudget } from "./room/room.ts";
import type { Timers } from "./runtime/timers.ts";

/**
 * Sends in one turn of the event loop. The runtime copies a frame for each socket, and writes the
 * copies after the turn: a few copies stay in the processor's cache. Measured in floods of frames of
 * 15 kB, compared with all sends in one turn: 1.35 times the deliveries to 1,000 connections, and 1.1
 * times to 200; with 64 sends in a turn only 1.05 times.
 */
const SENDS_PER_TURN = 16;

/** A connection, as far as it is scheduled. */
export interface Flushable {
  /** Sends what waits. Returns whether something was sent. */
  flush(): boolean;
}

/** Flushes the rooms and connections that have something to send, a few in each turn. */
export class Scheduler {
  readonly #timers: Timers;
  readonly #flushSeconds: Histogram;
  readonly #dirtyRooms = new Set<Room>();
  /** Rooms that have delivered changes of presence too recently to deliver others. */
  readonly #owing = new Set<Room>();
  readonly #pending = new Set<Flushable>();
  /** The flush that has begun and not ended. It yields when the budget of a turn is spent. */
  #flushing: Generator<void, void> | undefined;
  #scheduled = false;
  #sends = 0;
  readonly #budget: SendBudget = { spend: () => ++this.#sends % SENDS_PER_TURN === 0 };

  /** @param flushSeconds where the duration of each flush is counted */
  constructor(timers: Timers, flushSeconds: Histogram) {
    this.#timers = timers;
    this.#flushSeconds = flushSeconds;
  }

  /** Flushes a room that has something to deliver, at the end of the turn. */
  mark(room: Room): void {
    this.#dirtyRooms.add(room);
    this.#schedule();
  }

  /** Flushes a connection that has answers to send, at the end of the turn. */
  pending(connection: Flushable): void {
    this.#pending.add(connection);
    this.#schedule();
  }

  forget(connection: Flushable): void {
    this.#pending.delete(connection);
  }

  /** Delivers everything now. */
  flush(): void {
    // The flush that has begun does not deliver what came after it began.
    for (const _ of this.#flushing ?? []);
    this.#flushing = undefined;
    for (const _ of this.#flushAll());
  }

  /** Marks the rooms that can deliver their changes of presence by now. */
  markOwed(): void {
    const { now } = this.#timers;
    for (const room of this.#owing) if (room.isPresenceDue(now)) this.mark(room);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#timers.soon(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const { now } = this.#timers;
    this.#sends = 0;
    this.#flushing ??= this.#flushAll();
    try {
      if (this.#flushing.next().done) this.#flushing = undefined;
    } finally {
      // Also when a room could not be flushed: the others must not wait for their next message.
      const waiting = this.#dirtyRooms.size + this.#pending.size;
      if (this.#flushing !== undefined || waiting > 0) this.#schedule();
    }
    this.#flushSeconds.observe((this.#timers.now - now) / 1000);
  }

  /** Flushes what is dirty or pending now. What comes meanwhile is left to the next flush. */
  *#flushAll(): Generator<void, void> {
    const { now } = this.#timers;
    for (const room of takeAll(this.#dirtyRooms)) {
      yield* room.flush(now, this.#budget);
      if (room.owesPresence) this.#owing.add(room);
      else this.#owing.delete(room);
    }
    for (const connection of takeAll(this.#pending)) {
      if (connection.flush() && this.#budget.spend()) yield;
    }
  }
}

/** Removes and gives the items of a set one by one, without those that are added meanwhile. */
function* takeAll<T>(set: Set<T>): Generator<T, void> {
  let left = set.size;
  for (const item of set) {
    if (left-- === 0) return;
    set.delete(item);
    yield item;
  }
}
