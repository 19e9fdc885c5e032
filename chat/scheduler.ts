/**
 * When things are delivered: at the end of a turn of the event loop, some in each, and to the slow
 * when they have read.
 *
 * @module
 */

import type { Timers } from "./runtime/timers.ts";
import type { Agenda, Closing, Connection } from "./connection.ts";
import type { Histogram } from "./metrics/exposition.ts";
import { CloseCode } from "./protocol/types.ts";
import type { Room, SendBudget } from "./room/room.ts";

/**
 * Connections that are sent to in one turn of the event loop. The runtime copies a frame for each
 * socket, and writes the copies after the turn: those of a few stay in the processor's cache.
 * Measured in floods of frames of 15 kB: 1.35 times the deliveries to 1,000 connections that there
 * are with all in one turn, and 1.1 times to 200; with 64 in a turn only 1.05 times.
 */
const SENDS_PER_TURN = 16;

/** How often slow connections are looked at, in milliseconds. */
const DRAIN_INTERVAL_MS = 20;

/** What the scheduler asks of the hub. */
export interface SchedulerOptions {
  readonly timers: Timers;
  /** Carries out the frames that a connection had to let wait, as far as it can take answers. */
  readonly resume: (connection: Connection) => void;
  readonly rooms: { get(name: string): Room | undefined };
  readonly close: (connection: Connection, closing: Closing) => void;
  /** How long what is handled now may have waited for the server, in milliseconds. */
  readonly lagMs: (now: number) => number;
  /** Where the time of each flush is counted. */
  readonly flushSeconds: Histogram;
}

/** Flushes dirty rooms and connections a few at a time, and drains slow connections. */
export class Scheduler implements Agenda {
  readonly #options: SchedulerOptions;
  readonly #dirtyRooms = new Set<Room>();
  /** Rooms that have told of who came and went too recently to tell it again. */
  readonly #owing = new Set<Room>();
  readonly #pending = new Set<Connection>();
  /** The flush that is under way. It yields when a turn has had its share. */
  #flushing: Generator<void, void> | undefined;
  /** Slow connections, and since when they have taken nothing. */
  readonly #held = new Map<Connection, number>();
  #scheduled = false;
  #stopDraining: (() => void) | undefined;
  #sends = 0;
  readonly #budget: SendBudget = { spend: () => ++this.#sends % SENDS_PER_TURN === 0 };

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** The number of connections that have to wait. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** The room has something to tell. */
  mark(room: Room): void {
    this.#dirtyRooms.add(room);
    this.#schedule();
  }

  pending(connection: Connection): void {
    this.#pending.add(connection);
    this.#schedule();
  }

  held(connection: Connection): void {
    if (this.#held.has(connection)) return;
    this.#held.set(connection, this.#options.timers.now);
    this.#stopDraining ??= this.#options.timers.every(DRAIN_INTERVAL_MS, () => this.drain());
  }

  moved(connection: Connection): void {
    if (this.#held.has(connection)) this.#held.set(connection, this.#options.timers.now);
  }

  failed(connection: Connection): void {
    this.#options.close(connection, BROKEN);
  }

  /** Forgets a connection that is over. */
  forget(connection: Connection): void {
    this.#pending.delete(connection);
    this.#held.delete(connection);
  }

  /** Delivers at once everything that can be delivered. */
  flush(): void {
    // What has come since a flush began is not in it.
    for (const _ of this.#flushing ?? []);
    this.#flushing = undefined;
    for (const _ of this.#flushAll());
  }

  /** Marks the rooms whose presence was too fresh to be told at the last flush. */
  markOwed(): void {
    const { now } = this.#options.timers;
    for (const room of this.#owing) if (room.isPresenceDue(now)) this.mark(room);
  }

  /** Gives slow connections what they can take, and gives up those that are stuck. */
  drain(): void {
    const { now } = this.#options.timers;
    const lagMs = this.#options.lagMs(now);
    // Those who must wait again are added again.
    for (const [connection, since] of [...this.#held]) {
      // Its address was given much just now: the others first.
      if (connection.address.mustPause(this.#options.timers.now)) continue;
      switch (connection.decide(now - lagMs - since)) {
        case "evict":
          this.#options.close(connection, SLOW);
          break;
        case "send":
          this.#held.delete(connection);
          this.#catchUp(connection);
      }
    }
    if (this.#held.size > 0) return;
    this.stop();
  }

  /** Stops what runs by itself. */
  stop(): void {
    this.#stopDraining?.();
    this.#stopDraining = undefined;
  }

  #catchUp(connection: Connection): void {
    const before = connection.sentUnits;
    for (const [name, cursor] of connection.cursors) {
      const standing = this.#options.rooms.get(name)?.catchUp(cursor);
      if (standing === "lost") return this.#options.close(connection, SLOW);
    }
    connection.address.spendSlice(connection.sentUnits - before, this.#options.timers.now);
    this.#options.resume(connection);
    if (connection.backlog.length > 0) this.held(connection);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.timers.soon(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const { timers, flushSeconds } = this.#options;
    const { now } = timers;
    this.#sends = 0;
    this.#flushing ??= this.#flushAll();
    try {
      if (this.#flushing.next().done) this.#flushing = undefined;
    } finally {
      // Also when a room could not be flushed: the others are not to wait for their next message.
      const waiting = this.#dirtyRooms.size + this.#pending.size;
      if (this.#flushing !== undefined || waiting > 0) this.#schedule();
    }
    flushSeconds.observe((timers.now - now) / 1000);
  }

  /** Flushes what is to be flushed now. What comes meanwhile is left to the next time. */
  *#flushAll(): Generator<void, void> {
    const { now } = this.#options.timers;
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

/** Takes out what is in a set now, one by one, and nothing that is added meanwhile. */
function* takeAll<T>(set: Set<T>): Generator<T, void> {
  let left = set.size;
  for (const item of set) {
    if (left-- === 0) return;
    set.delete(item);
    yield item;
  }
}

const BROKEN: Closing = { code: CloseCode.INTERNAL_ERROR, reason: "Cannot be sent to" };
const SLOW: Closing = { code: CloseCode.SLOW_CONSUMER, reason: "Read too slowly" };
