/**
 * The hub: all connections, and what becomes of their commands.
 *
 * @module
 */

import type { Receipt } from "./broker/receipts.ts";
import {
  type Address,
  Addresses,
  type AddressRefusal,
  PLACE_RETRY_MS,
} from "./limits/addresses.ts";
import type { Bus } from "./broker/bus.ts";
import { CLOCK_TOLERANCE_MS, Commands } from "./commands/commands.ts";
import type { Config } from "./config/config.ts";
import { type Closing, Connection, type Transport } from "./connection.ts";
import { refusal } from "./protocol/errors.ts";
import { type Gauges, Metrics } from "./metrics/metrics.ts";
import { Ids, positionAt } from "./broker/ids.ts";
import { EventLoopLag } from "./limits/event_loop_lag.ts";
import type { Logger } from "./runtime/logger.ts";
import { CloseCode, type ErrorEvent, type User } from "./protocol/types.ts";
import { Publisher } from "./commands/publisher.ts";
import type { Room } from "./room/room.ts";
import { Rooms } from "./room/rooms.ts";
import type { Timers } from "./runtime/timers.ts";
import { Scheduler } from "./scheduler.ts";
import { Users } from "./room/users.ts";

/** What a hub is made of. */
export interface HubOptions {
  readonly config: Config;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly timers: Timers;
  /** The time of day, in milliseconds since 1970. Only messages have it. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Whether the process takes so much memory that nobody is to be let in. */
  readonly isShortOfMemory: () => boolean;
}

/** Why a connection is refused before it is made, and when to try again. */
export interface Refusal {
  readonly reason: AddressRefusal["reason"] | "draining" | "memory" | "full";
  readonly retryMs: number;
}

/** How often deadlines are looked at, in milliseconds. */
const TICK_MS = 100;

/** What only needs to be looked at once a second. */
const TICKS_PER_SWEEP = 10;

/** Closes after which an address may be kept out. */
const VIOLATIONS: readonly number[] = [CloseCode.BAD_COMMANDS, CloseCode.FLOODING];

/** Clients come back after a restart spread over this time, in milliseconds. */
const RETRY_MS = { min: 500, max: 5000 };

/** The connections of one instance, and the rooms that they are in. */
export class Hub {
  /** What has happened so far. */
  readonly metrics = new Metrics();
  readonly #options: HubOptions;
  readonly #connections = new Set<Connection>();
  /** Those whose socket is not gone: one that was closed stays for as long as its peer likes. */
  readonly #sockets = new Set<Connection>();
  /** Places that were taken for connections which are not made yet. */
  #reserved = 0;
  /** Sockets that never opened, and that the runtime may keep for ever. */
  #ghosts = 0;
  readonly #addresses: Addresses;
  /** The latest connections, the oldest first, and when each must have said `hello`. */
  readonly #greetings = new Map<Connection, number>();
  readonly #users = new Users();
  readonly #rooms: Rooms;
  readonly #absent = new Set<Room>();
  readonly #scheduler: Scheduler;
  readonly #ids: Ids;
  readonly #publisher: Publisher;
  readonly #commands: Commands;
  readonly #stopTicking: () => void;
  #ticks = 0;
  readonly #lag: EventLoopLag;
  /** Whether it was told that the clock is behind the ids that were made by it. */
  #clockTold = false;
  #draining = false;

  constructor(options: HubOptions) {
    const { config, timers, bus, now } = options;
    this.#options = options;
    this.#lag = new EventLoopLag(TICK_MS, timers.now);
    this.#addresses = new Addresses(config);
    const start = now();
    const ids = this.#ids = new Ids(start);
    this.#rooms = new Rooms(positionAt(start), { ...config, metrics: this.metrics });
    this.#scheduler = new Scheduler({
      timers,
      rooms: this.#rooms,
      resume: (connection) => this.#resume(connection),
      close: (connection, closing) => this.close(connection, closing),
      lagMs: (at) => this.#lag.at(at),
      flushSeconds: this.metrics.flushSeconds,
    });
    const shared = {
      config,
      bus,
      ids,
      rooms: this.#rooms,
      scheduler: this.#scheduler,
      metrics: this.metrics,
      timers,
      now,
    };
    this.#publisher = new Publisher(shared);
    this.#commands = new Commands({
      ...shared,
      logger: options.logger,
      users: this.#users,
      publisher: this.#publisher,
      lag: this.#lag,
    });
    this.#stopTicking = timers.every(TICK_MS, () => this.tick());
  }

  /** The number of connections. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  get #socketCount(): number {
    return this.#sockets.size + this.#reserved;
  }

  /** The number of rooms. */
  get roomCount(): number {
    return this.#rooms.size;
  }

  /** The number of users with a connection, or within the grace period. */
  get userCount(): number {
    return this.#users.size;
  }

  /** Whether the server is going away. */
  get draining(): boolean {
    return this.#draining;
  }

  /** How things stand, for those who watch the server. Looks at every room and connection. */
  gauges(): Gauges {
    let [members, messagesKept, waitingCursors, queuedBytes] = [0, 0, 0, 0];
    for (const room of this.#rooms) {
      members += room.presence.count;
      messagesKept += room.log.size;
      waitingCursors += room.countWaiting();
    }
    for (const connection of this.#connections) queuedBytes += connection.queuedBytes;
    return {
      connections: this.#connections.size,
      sockets: this.#socketCount,
      abandonedSockets: this.#ghosts,
      rooms: this.#rooms.size,
      users: this.#users.size,
      members,
      messagesKept,
      queuedBytes,
      waitingConnections: this.#scheduler.heldCount,
      waitingCursors,
      historyBytes: this.#rooms.bytes,
      receipts: this.#publisher.receiptCount,
      receiptBytes: this.#publisher.receiptBytes,
      messageBudgets: this.#commands.budgetCount,
      addresses: this.#addresses.size,
      draining: Number(this.#draining),
    };
  }

  /** Why one more connection from an address must be refused, if it must. */
  refuse(address: string): Refusal | undefined {
    const { config, timers, isShortOfMemory } = this.#options;
    if (this.#draining) return { reason: "draining", retryMs: PLACE_RETRY_MS };
    if (isShortOfMemory()) return { reason: "memory", retryMs: PLACE_RETRY_MS };
    if (this.#socketCount >= config.maxConnections) {
      return { reason: "full", retryMs: PLACE_RETRY_MS };
    }
    return this.#addresses.refuse(address, timers.now);
  }

  /** {@linkcode Addresses.takeRequest} */
  takeRequest(address: string): number {
    return this.#addresses.takeRequest(address, this.#options.timers.now);
  }

  /**
   * Takes a place for a connection of an address that is not refused. It must be given to
   * {@linkcode Hub.connect}, {@linkcode Hub.release} or {@linkcode Hub.abandon}.
   */
  reserve(from: string): Address {
    this.#reserved++;
    return this.#addresses.enter(from, this.#options.timers.now);
  }

  /** Gives a place back that no connection was made of. */
  release(place: Address): void {
    this.#reserved--;
    this.#addresses.leave(place);
  }

  /**
   * Gives a place back whose socket never opened. The runtime may keep such a socket, so the address
   * has a budget of them.
   */
  abandon(place: Address): void {
    this.#ghosts++;
    this.#options.logger("warn", "socket_abandoned", { address: place.name, ghosts: this.#ghosts });
    place.spendAbandoned();
    this.release(place);
  }

  /** The runtime has let go of a socket that was abandoned. */
  recover(): void {
    this.#ghosts--;
  }

  /** Makes a connection of a place that was taken. It must say `hello` in time. */
  connect(transport: Transport, address: Address): Connection {
    const { config, timers: { now } } = this.#options;
    this.#reserved--;
    const connection = new Connection(transport, this.#scheduler, config, { address, now });
    this.#connections.add(connection);
    this.#sockets.add(connection);
    this.metrics.connectionsOpened++;
    this.#greetings.set(connection, now + config.helloMs);
    if (this.#draining) this.#sendAway(connection);
    return connection;
  }

  /** Handles a frame of a client. */
  receive(connection: Connection, frame: unknown): void {
    if (connection.closed) return;
    const { now } = this.#options.timers;
    const admitted = connection.admit(frame, now, this.#lag.at(now));
    if (typeof admitted !== "string") return this.close(connection, admitted);
    const postponed = connection.postpone(admitted, now);
    if (typeof postponed === "object") return this.close(connection, postponed);
    if (!postponed) this.#handle(connection, admitted, now);
  }

  /**
   * Closes a connection, and forgets it at once: the peer may never answer the close. Its place is
   * not free before it does, or the server would fill with sockets that nobody counts.
   */
  close(connection: Connection, closing: Closing): void {
    if (connection.closed) return;
    const { logger, timers: { now } } = this.#options;
    const { address } = connection;
    logger("debug", "connection_closed", { ...closing, address: address.name });
    if (VIOLATIONS.includes(closing.code)) {
      const blockedMs = address.recordViolation(now);
      if (blockedMs > 0) logger("warn", "address_blocked", { address: address.name, blockedMs });
    }
    connection.close(closing);
    this.#forget(connection, closing.code);
  }

  /** The socket of a connection is gone. May be called again. */
  disconnect(connection: Connection): void {
    connection.end();
    this.#forget(connection, "client");
    if (this.#sockets.delete(connection)) this.#addresses.leave(connection.address);
  }

  #forget(connection: Connection, code: keyof Metrics["closes"]): void {
    if (!this.#connections.delete(connection)) return;
    this.metrics.closes[code]++;
    this.#greetings.delete(connection);
    this.#scheduler.forget(connection);
    const { session } = connection;
    if (session === undefined) return;
    for (const [name, cursor] of connection.cursors) {
      const room = this.#rooms.get(name);
      if (room === undefined) continue;
      room.remove(cursor);
      room.presence.lose(session.user.id, this.#options.timers.now);
      if (room.presence.hasAbsent) this.#absent.add(room);
    }
    this.#users.leave(session);
  }

  /** {@linkcode Publisher.broadcast} */
  broadcast(room: string, user: User, text: string, ref: string): Receipt | ErrorEvent {
    return this.#publisher.broadcast(room, user, text, ref);
  }

  /** Does what time asks for. Called by a timer. */
  tick(): void {
    const { now } = this.#options.timers;
    this.metrics.eventLoopDelaySeconds.observe(this.#lag.beat(now) / 1000);
    // What came in time, but while the server was blocked, is handled only after this.
    const dueAt = now - this.#lag.at(now);
    for (const [connection, deadline] of this.#greetings) {
      if (deadline > dueAt) break;
      this.#greetings.delete(connection);
      if (connection.session !== undefined) continue;
      this.close(connection, { code: CloseCode.HELLO_TIMEOUT, reason: 'No "hello" in time' });
    }
    for (const room of this.#absent) this.#expire(room, dueAt);
    if (++this.#ticks % TICKS_PER_SWEEP === 0) this.#sweep(now);
    this.#scheduler.markOwed();
  }

  /** Lets nobody in any more, and sends everyone away. */
  drain(): void {
    this.#draining = true;
    this.sendAway();
  }

  /** Sends everyone away: they are told when to come back, each at another time. */
  sendAway(): void {
    // What was acked within this turn is to reach the others before their goodbye.
    this.#scheduler.flush();
    for (const connection of this.#connections) this.#sendAway(connection);
  }

  #sendAway(connection: Connection): void {
    const spread = this.#options.random() * (RETRY_MS.max - RETRY_MS.min);
    connection.reply({ type: "bye", retryMs: Math.round(RETRY_MS.min + spread) });
    this.close(connection, { code: CloseCode.GOING_AWAY, reason: "The server is going away" });
  }

  /** Stops everything that runs by itself. */
  stop(): void {
    this.#stopTicking();
    this.#scheduler.stop();
    this.#options.bus.close();
  }

  #resume(connection: Connection): void {
    const { timers } = this.#options;
    for (
      let frame = connection.resume(timers.now);
      frame !== undefined;
      frame = connection.resume(timers.now)
    ) this.#handle(connection, frame, timers.now);
  }

  #handle(connection: Connection, frame: string, now: number): void {
    const outcome = connection.read(frame, now);
    if ("error" in outcome) {
      this.#refuse(connection, outcome.error);
      if (outcome.closing !== undefined) this.close(connection, outcome.closing);
      return;
    }
    const { command } = outcome;
    try {
      const error = this.#commands.carryOut(connection, command, now);
      if (error !== undefined) return this.#refuse(connection, error);
      this.metrics.commands[command.type]++;
    } catch (cause) {
      this.#options.logger("error", "command_failed", { type: command.type, error: String(cause) });
      const error = refusal("internal", "The server failed; try again", command.ref);
      this.#refuse(connection, error);
    }
  }

  #refuse(connection: Connection, error: ErrorEvent): void {
    this.metrics.errors[error.code]++;
    connection.reply(error);
  }

  #expire(room: Room, now: number): void {
    const gone = room.presence.expire(now);
    if (!room.presence.hasAbsent) this.#absent.delete(room);
    if (gone.length === 0) return;
    for (const id of gone) this.#users.leaveRoom(id, room);
    this.#scheduler.mark(room);
    this.#rooms.release(room);
  }

  #sweep(now: number): void {
    for (const connection of this.#connections) {
      if (!connection.isStuck(now, this.#lag.at(now))) continue;
      this.close(connection, { code: CloseCode.SLOW_CONSUMER, reason: "Reads nothing" });
    }
    this.#commands.sweep(now);
    this.#publisher.sweep(now);
    this.#addresses.sweep(now);
    this.#watchClock();
  }

  /** Tells the log once when the clock was set back behind messages that were said. */
  #watchClock(): void {
    const behindMs = this.#ids.newestTime - this.#options.now();
    if (behindMs >= CLOCK_TOLERANCE_MS && !this.#clockTold) {
      this.#options.logger("warn", "clock_behind", { behindMs, toldBy: "own messages" });
    }
    this.#clockTold = behindMs >= CLOCK_TOLERANCE_MS;
  }
}
