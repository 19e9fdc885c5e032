/**
 * When things are delivered: once per turn of the event loop, and to the slow when they have read.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Agenda, Closing, Connection } from "./connection.ts";
import type { Histogram } from "./metrics.ts";
import { CloseCode } from "./protocol.ts";
import type { Room } from "./room.ts";

/** How often slow connections are looked at, in milliseconds. */
const DRAIN_INTERVAL_MS = 20;

/** Time that passes, and what is run when it has; replaced in tests. */
export interface Timers {
  /** Milliseconds since some moment. Never set back, unlike the time of day. */
  readonly now: number;
  /** Once, at the end of this turn of the event loop. */
  soon(callback: () => void): void;
  /** Again and again. Returns what stops it. */
  every(intervalMs: number, callback: () => void): () => void;
}

/** The event loop's own timers. */
export const eventLoop: Timers = {
  get now(): number {
    return performance.now();
  },
  soon(callback) {
    // Measured: by far the best of setImmediate, queueMicrotask, setTimeout(0) and a channel. It
    // runs after all frames that came in this turn, and before the next are read.
    setImmediate(callback);
  },
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  },
};

/** What the scheduler asks of the hub. */
export interface SchedulerOptions {
  readonly timers: Timers;
  /** Carries out the frames that a connection had to let wait, as far as it can take answers. */
  readonly resume: (connection: Connection) => void;
  readonly rooms: { get(name: string): Room | undefined };
  readonly close: (connection: Connection, closing: Closing) => void;
  /** How long what is handled now may have waited for the server, in milliseconds. */
  readonly lateMs: (now: number) => number;
  /** Where the time of each flush is counted. */
  readonly flushSeconds: Histogram;
}

/** Flushes dirty rooms and connections once a turn, and drains slow connections. */
export class Scheduler implements Agenda {
  readonly #options: SchedulerOptions;
  readonly #dirtyRooms = new Set<Room>();
  readonly #pending = new Set<Connection>();
  /** Slow connections, and since when they have taken nothing. */
  readonly #held = new Map<Connection, number>();
  #scheduled = false;
  #stopDraining: (() => void) | undefined;

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

  /** Delivers everything that can be delivered now. */
  flush(): void {
    this.#scheduled = false;
    const { timers, flushSeconds } = this.#options;
    const { now } = timers;
    for (const room of this.#dirtyRooms) {
      room.flush(now);
      if (!room.owesPresence) this.#dirtyRooms.delete(room);
    }
    for (const connection of this.#pending) connection.flush();
    this.#pending.clear();
    flushSeconds.observe((timers.now - now) / 1000);
  }

  /** Flushes the rooms whose presence was too fresh to be told at the last flush. */
  flushOwed(): void {
    if (this.#dirtyRooms.size > 0) this.flush();
  }

  /** Gives slow connections what they can take, and gives up those that are stuck. */
  drain(): void {
    const { now } = this.#options.timers;
    const lateMs = this.#options.lateMs(now);
    for (const [connection, since] of this.#held) {
      switch (connection.decide(now - lateMs - since)) {
        case "evict":
          this.#options.close(connection, SLOW);
          break;
        case "send":
          this.#held.set(connection, now);
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
    let behind = false;
    for (const [name, cursor] of connection.cursors) {
      const standing = this.#options.rooms.get(name)?.catchUp(cursor);
      if (standing === "lost") return this.#options.close(connection, SLOW);
      if (standing === "behind") behind = true;
    }
    this.#options.resume(connection);
    if (!behind && connection.backlog.length === 0) this.#held.delete(connection);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.timers.soon(() => this.flush());
  }
}

const BROKEN: Closing = { code: CloseCode.INTERNAL_ERROR, reason: "Cannot be sent to" };
const SLOW: Closing = { code: CloseCode.SLOW_CONSUMER, reason: "Read too slowly" };
