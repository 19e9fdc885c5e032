/**
 * Event streams of one instance: their heartbeats, their deadlines, and their ends.
 *
 * @module
 */

import { type Caller, refuseLockedOut } from "./commands/caller.ts";
import type { Context } from "./commands/context.ts";
import type { Config } from "./config/config.ts";
import { BANNED, type Closing, EXPIRED, GOING_AWAY, SLOW } from "./closings.ts";
import { EventStream, type EventStreamOptions, type StreamBody } from "./event_stream.ts";
import { Backpressure } from "./limits/backpressure.ts";
import type { Metrics } from "./metrics/metrics.ts";
import {
  encodeStreamBye,
  encodeStreamGap,
  encodeStreamPosition,
  HEARTBEAT,
} from "./protocol/event_stream.ts";
import type { StreamStart } from "./room/log.ts";
import type { Room } from "./room/room.ts";
import type { Timers } from "./runtime/timers.ts";

/** Parts of {@linkcode EventStreams}. */
export interface EventStreamsOptions {
  readonly config: Pick<Config, "heartbeatMs" | "sendBufferBytes" | "stuckMs">;
  readonly context: Context;
  readonly timers: Timers;
  /** Called with each room that has something to deliver. */
  readonly mark: (room: Room) => void;
}

/** All event streams. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #streams = new Set<EventStream>();
  readonly #byRoom = new Map<Room, Set<EventStream>>();
  /** The time at which each stream is due for a heartbeat, in this order. */
  readonly #heartbeats = new Map<EventStream, number>();
  /** Streams whose response is not over: a closed one stays for as long as its peer likes. */
  readonly #responses = new Set<EventStream>();
  readonly #backpressure: Backpressure<EventStream>;
  /** One for all streams, since each of them keeps it. */
  readonly #streamOptions: EventStreamOptions;
  #onEmpty: (() => void) | undefined;

  constructor(options: EventStreamsOptions) {
    const { config, context, timers } = options;
    this.#options = options;
    this.#backpressure = new Backpressure<EventStream>({
      ...config,
      timers,
      lagMs: (now) => context.lag.at(now),
      resume: (stream) => stream.catchUp(timers.now),
      evict: (stream) => this.#close(stream, SLOW.code),
    });
    this.#streamOptions = { backpressure: this.#backpressure, metrics: context.metrics };
  }

  /** The number of those that are not closed. */
  get size(): number {
    return this.#streams.size;
  }

  get heldCount(): number {
    return this.#backpressure.heldCount;
  }

  get queuedBytes(): number {
    return this.#streams.values().reduce((sum, stream) => sum + stream.queuedBytes, 0);
  }

  /**
   * Begins a stream for a caller who may read a room. Nothing may come between reading the log and
   * this.
   */
  open(body: StreamBody, caller: Caller, room: Room, start: StreamStart): EventStream {
    const { config, context, timers, mark } = this.#options;
    const { position, gap } = start;
    const stream = new EventStream(body, caller, room, position, this.#streamOptions);
    context.rooms.pin(room);
    context.metrics.connectionsOpened++;
    this.#streams.add(stream);
    this.#responses.add(stream);
    const inRoom = this.#byRoom.get(room) ?? new Set();
    this.#byRoom.set(room, inRoom.add(stream));
    this.#heartbeats.set(stream, timers.now + config.heartbeatMs);
    // At once: proxies and clients wait for the first bytes of a body.
    stream.deliver(
      (gap === undefined ? "" : encodeStreamGap(gap)) + encodeStreamPosition(position),
    );
    if (position < room.log.head) mark(room);
    return stream;
  }

  /** The response of a stream is over. May be called again. */
  end(stream: EventStream): void {
    if (!stream.closed) this.#close(stream, "client");
    this.#responses.delete(stream);
    if (this.#responses.size === 0) this.#onEmpty?.();
  }

  /** Resolves when the responses of all streams are over. */
  async ended(): Promise<void> {
    if (this.#responses.size === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }

  /** Sends the heartbeats that are due. */
  tick(): void {
    const { config, timers: { now } } = this.#options;
    for (const [stream, dueAt] of this.#heartbeats) {
      if (dueAt > now) break;
      this.#heartbeats.delete(stream);
      this.#heartbeats.set(stream, now + config.heartbeatMs);
      // Events that wait for the client are a sign of life by themselves.
      if (stream.socketBytes === 0) stream.deliver(HEARTBEAT);
    }
  }

  /** Ends the streams that are stuck, and those of tokens that have expired. */
  sweep(): void {
    this.#backpressure.sweep(this.#streams);
    const now = this.#options.context.now();
    for (const stream of this.#streams) {
      if (stream.caller.expiresAt <= now) this.#close(stream, EXPIRED.code, encodeStreamBye(0));
    }
  }

  /** Ends all streams. Clients come back after `retryMs()`. */
  sendAway(retryMs: () => number): void {
    for (const stream of this.#streams) {
      this.#close(stream, GOING_AWAY.code, encodeStreamBye(retryMs()));
    }
  }

  /**
   * Ends the streams of a room whose callers may not read it any more: they were kicked, or the room has
   * another password than when the stream began.
   *
   * @param kicked the users who were kicked just now
   */
  review(room: Room, kicked: readonly string[]): void {
    for (const stream of this.#byRoom.get(room) ?? []) {
      const { caller, passwordHash } = stream;
      const isKicked = kicked.includes(caller.user.id) && !caller.isAdmin;
      const isLockedOut = refuseLockedOut(room, caller, passwordHash) !== undefined;
      if (isKicked || isLockedOut) this.#close(stream, "expelled");
    }
  }

  /** Ends the streams of a user who was banned from the server. */
  ban(id: string): void {
    for (const stream of this.#streams) {
      const { user, isAdmin } = stream.caller;
      if (user.id === id && !isAdmin) this.#close(stream, BANNED.code);
    }
  }

  /** Stops what runs by itself. */
  stop(): void {
    this.#backpressure.stop();
  }

  /** @param last events; without them, what waits for the client is dropped */
  #close(
    stream: EventStream,
    code: Closing["code"] | keyof Metrics["closes"],
    last?: string,
  ): void {
    const { rooms, metrics, logger } = this.#options.context;
    const { cursor, address } = stream;
    const { room } = cursor;
    logger("debug", "stream_closed", { code, address: address.name });
    stream.close(last);
    metrics.closes[code]++;
    this.#streams.delete(stream);
    this.#heartbeats.delete(stream);
    this.#backpressure.forget(stream);
    const inRoom = this.#byRoom.get(room);
    inRoom?.delete(stream);
    if (inRoom?.size === 0) this.#byRoom.delete(room);
    room.remove(cursor);
    rooms.unpin(room);
  }
}
