/**
 * The hub: all connections of one instance, and the parts of the server that they share.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Broker } from "./broker/broker.ts";
import { type Context, keepDaysOf } from "./commands/context.ts";
import type { Config } from "./config/config.ts";
import { contextGauges, createContext, sweepContext } from "./context.ts";
import {
  BANNED,
  BROKEN,
  type Closing,
  EXPIRED,
  GOING_AWAY,
  SILENT,
  SLOW,
  VIOLATIONS,
} from "./closings.ts";
import {
  type AnswerLate,
  Connection,
  type ConnectionOptions,
  type Transport,
} from "./connection.ts";
import { refuseQueue, refuserOf, retryMs } from "./departure.ts";
import { Executor } from "./executor.ts";
import { EventStreams } from "./event_streams.ts";
import { type Address, Addresses } from "./limits/addresses.ts";
import { Backpressure } from "./limits/backpressure.ts";
import { EventLoopLag } from "./limits/event_loop_lag.ts";
import { refusePlace } from "./limits/places.ts";
import { type Gauges, Metrics } from "./metrics/metrics.ts";
import { encodeEvent } from "./protocol/encode.ts";
import type { Logger } from "./runtime/logger.ts";
import type { Timers } from "./runtime/timers.ts";
import { Requests } from "./requests.ts";
import { Scheduler } from "./scheduler.ts";

/** What a hub is made with. */
export interface HubOptions {
  readonly config: Config;
  /** Orders and keeps messages. */
  readonly broker: Broker;
  readonly logger: Logger;
  readonly timers: Timers;
  /** The time of day, such as `Date.now`. Only messages and their ids have it. */
  readonly now: () => number;
  /** Returns a number from 0 up to 1, such as `Math.random`. */
  readonly random: () => number;
  /** Whether to refuse new connections for lack of memory. `main.ts` takes it from `MemoryWatch`. */
  readonly isShortOfMemory: () => boolean;
}

/** How often deadlines are checked, in milliseconds. */
const TICK_MS = 100;

/** The other checks run once a second. */
const TICKS_PER_SWEEP = 10;

/** The connections of one instance, and the rooms that they are in. */
export class Hub {
  readonly metrics = new Metrics();
  readonly addresses: Addresses;
  readonly requests: Requests;
  /** Whether the server is going away. */
  draining = false;
  readonly #options: HubOptions;
  readonly #connections = new Set<Connection>();
  /** Connections whose socket is not gone: a closed one stays for as long as its peer likes. */
  readonly #sockets = new Set<Connection>();
  /** Places of sockets that have not opened yet. */
  #reserved = 0;
  /** Sockets that never opened. The runtime may keep them for ever. */
  #abandoned = 0;
  /** When each new connection must have said `hello`, in this order. */
  readonly #helloDeadlines = new Map<Connection, number>();
  readonly #scheduler: Scheduler;
  readonly #backpressure: Backpressure<Connection>;
  /** One for all connections, since each of them keeps it. */
  readonly #connectionOptions: ConnectionOptions;
  /** The parts of the server that commands work on, for those who come without a connection. */
  readonly context: Context;
  readonly streams: EventStreams;
  readonly #executor: Executor;
  readonly #stopTicking: () => void;
  #ticks = 0;
  /** The tick at which clients are sent away at last while the server drains. */
  #awayAt = Infinity;
  /** Resolves when a server that drains has sent its clients away. */
  readonly #sentAway = Promise.withResolvers<void>();

  constructor(options: HubOptions) {
    const { config, timers } = options;
    this.#options = options;
    this.addresses = new Addresses(config);
    this.requests = new Requests({ ...options, addresses: this.addresses });
    this.#scheduler = new Scheduler(timers, this.metrics.flushSeconds);
    this.context = createContext({
      ...options,
      metrics: this.metrics,
      lag: new EventLoopLag(TICK_MS, timers.now),
      mark: (room) => this.#scheduler.mark(room),
      banned: (id, event) => this.#ban(id, event),
      changed: (room, kicked) => this.streams.review(room, kicked),
    });
    this.#executor = new Executor({
      context: this.context,
      timers,
      isDraining: () => this.draining,
      close: (connection, closing) => this.close(connection, closing),
      idle: () => {
        if (this.draining) this.sendAway();
      },
    });
    this.#backpressure = new Backpressure<Connection>({
      ...config,
      timers,
      lagMs: (now) => this.context.lag.at(now),
      resume: (connection) => this.#resume(connection),
      evict: (connection) => this.close(connection, SLOW),
    });
    this.#connectionOptions = {
      config,
      backpressure: this.#backpressure,
      scheduler: this.#scheduler,
      failed: (connection) => this.close(connection, BROKEN),
    };
    this.streams = new EventStreams({
      ...{ config, timers, context: this.context },
      mark: (room) => this.#scheduler.mark(room),
    });
    this.#stopTicking = timers.every(TICK_MS, () => this.tick());
  }

  get connectionCount(): number {
    return this.#connections.size + this.streams.size;
  }

  get #socketCount(): number {
    return this.#sockets.size + this.#reserved;
  }

  get roomCount(): number {
    return this.context.rooms.size;
  }

  /** The number of users with a connection, or within the grace period. */
  get userCount(): number {
    return this.context.memberships.userCount;
  }

  /** For how many days messages are kept, 0 for ever; `undefined` without a store. */
  get keepDays(): number | undefined {
    return keepDaysOf(this.context);
  }

  /** Why no message can be kept, if so. */
  get problem(): string | undefined {
    return this.#options.broker.status().problem;
  }

  /** The values of the gauges. Looks at every room and connection. */
  gauges(): Gauges {
    return {
      ...contextGauges(this.context),
      connections: this.connectionCount,
      sockets: this.#socketCount,
      abandonedSockets: this.#abandoned,
      queuedBytes: this.#connections.values().reduce((sum, each) => sum + each.queuedBytes, 0) +
        this.streams.queuedBytes,
      waitingConnections: this.#backpressure.heldCount + this.streams.heldCount,
      addresses: this.addresses.size,
      draining: Number(this.draining),
    };
  }

  /** The refusal of one more connection from an address, if it must be refused. */
  refuse(address: string): { reason: keyof Metrics["refusals"]; retryMs: number } | undefined {
    const { config: { maxConnections: max }, timers, isShortOfMemory } = this.#options;
    const taken = this.#socketCount;
    return refusePlace({ isDraining: this.draining, isShortOfMemory, taken, max }) ??
      this.addresses.refuse(address, timers.now);
  }

  /**
   * Takes a place for a connection of an address that is not refused. It must be given to
   * {@linkcode Hub.connect}, {@linkcode Hub.release} or {@linkcode Hub.abandon}.
   *
   * @param isProxied whether the request has passed a proxy that is not trusted
   */
  reserve(name: string, isProxied = false): Address {
    this.#reserved++;
    const address = this.addresses.enter(name, this.#options.timers.now);
    address.isProxied ||= isProxied;
    return address;
  }

  /** Frees a place of an address that no connection was made for. */
  release(address: Address): void {
    this.#reserved--;
    this.addresses.leave(address);
  }

  /**
   * Frees a place of an address whose socket never opened. The runtime may keep such a socket, so the
   * address has a budget of them.
   */
  abandon(address: Address): void {
    this.#abandoned++;
    this.#options.logger("warn", "socket_abandoned", {
      address: address.name,
      abandoned: this.#abandoned,
    });
    address.budgets.abandoned.spend(1);
    this.release(address);
  }

  /** The runtime has freed a socket that was abandoned. */
  recover(): void {
    this.#abandoned--;
  }

  /**
   * Makes a connection for a place that was taken. Its client must say `hello` in time.
   *
   * @param proxyUser the user whom a trusted proxy has named
   */
  connect(transport: Transport, address: Address, proxyUser?: string): Connection {
    const { config, timers: { now } } = this.#options;
    this.#reserved--;
    const options = this.#connectionOptions;
    const connection = new Connection(transport, address, now, options, proxyUser);
    this.#connections.add(connection);
    this.#sockets.add(connection);
    this.metrics.connectionsOpened++;
    this.#helloDeadlines.set(connection, now + config.helloMs);
    if (this.draining) this.#sendAway(connection, 1);
    return connection;
  }

  /** Takes a frame of a client, and carries out its command unless that has to wait. */
  receive(connection: Connection, frame: string | ArrayBuffer): void {
    const bytes = Buffer.byteLength(frame);
    this.metrics.framesReceived++;
    this.metrics.receivedBytes += bytes;
    if (connection.closed) return;
    const { now } = this.#options.timers;
    const closing = connection.admit(frame, bytes, now, this.context.lag.at(now));
    if (closing !== undefined) return this.close(connection, closing);
    // Behind frames that wait it waits, too.
    if (connection.queue.length === 1) this.#executor.carryOut(connection, now);
  }

  /** Ends the connections of a user with an event that says why, and the streams. */
  #ban(id: string, event: string): void {
    this.streams.ban(id);
    for (const connection of this.#connections) {
      if (connection.session?.user.id !== id) continue;
      connection.reply(event);
      this.close(connection, BANNED);
    }
  }

  /** Catches up a connection that was held, and carries out its commands. */
  #resume(connection: Connection): void {
    const { now } = this.#options.timers;
    if (!connection.catchUp(now)) return this.close(connection, SLOW);
    this.#executor.carryOut(connection, now);
  }

  /**
   * Closes a connection, and forgets it at once: the peer may never answer the close. Its place is
   * not free before the peer does, or there would be sockets that nothing counts.
   */
  close(connection: Connection, closing: Closing, answerLate?: AnswerLate): void {
    if (connection.closed) return;
    const { logger, timers: { now } } = this.#options;
    const { address } = connection;
    logger("debug", "connection_closed", { ...closing, address: address.name });
    if (VIOLATIONS.includes(closing.code)) {
      const blockedMs = address.recordViolation(now);
      if (blockedMs > 0) logger("warn", "address_blocked", { address: address.name, blockedMs });
    }
    connection.close(closing, answerLate);
    this.#forget(connection, closing.code);
  }

  /** The socket of a connection is gone. May be called again. */
  disconnect(connection: Connection): void {
    connection.end();
    this.#forget(connection, "client");
    if (this.#sockets.delete(connection)) this.addresses.leave(connection.address);
  }

  #forget(connection: Connection, code: keyof Metrics["closes"]): void {
    if (!this.#connections.delete(connection)) return;
    this.metrics.closes[code]++;
    this.#helloDeadlines.delete(connection);
    this.#scheduler.forget(connection);
    this.#backpressure.forget(connection);
    this.context.memberships.disconnect(connection, this.#options.timers.now);
  }

  /** Runs the periodic checks. Called by a timer. */
  tick(): void {
    const { now } = this.#options.timers;
    const { lag, memberships } = this.context;
    this.metrics.eventLoopDelaySeconds.observe(lag.beat(now) / 1000);
    // What came in time, but while the server was blocked, is handled only after this.
    const dueAt = now - lag.at(now);
    for (const [connection, deadline] of this.#helloDeadlines) {
      if (deadline > dueAt) break;
      this.#helloDeadlines.delete(connection);
      if (connection.session === undefined) this.close(connection, SILENT);
    }
    memberships.expire(dueAt);
    this.context.instances?.tick(now);
    this.streams.tick();
    if (++this.#ticks % TICKS_PER_SWEEP === 0) this.#sweep(now);
    if (this.#ticks === this.#awayAt) this.sendAway();
    this.#scheduler.markOwed();
  }

  #sweep(now: number): void {
    this.#backpressure.sweep(this.#connections);
    this.streams.sweep();
    this.addresses.sweep(now);
    if (this.#options.config.tokenSecret !== "") this.#expire();
    sweepContext(this.context, now);
  }

  /** Ends the connections whose tokens have expired. */
  #expire(): void {
    const now = this.#options.now();
    for (const connection of this.#connections) {
      if (connection.expiresAt > now) continue;
      connection.reply(encodeEvent({ type: "bye", retryMs: 0 }));
      this.close(connection, EXPIRED);
    }
  }

  /**
   * Refuses new connections and commands from now on, and sends all clients away when the commands
   * that were begun are answered, in a second at last. Resolves when they were sent away.
   */
  drain(): Promise<void> {
    this.draining = true;
    this.#awayAt = this.#ticks + TICKS_PER_SWEEP;
    for (const connection of this.#connections) refuseQueue(this.context, connection);
    if (this.#executor.isIdle) this.sendAway();
    return this.#sentAway.promise;
  }

  /** Closes all connections, and spreads the times at which clients are to come back. */
  sendAway(): void {
    // Messages that were acked must reach the others before their `bye`.
    this.#scheduler.flush();
    const clients = this.#connections.size + this.streams.size;
    for (const connection of this.#connections) this.#sendAway(connection, clients);
    this.streams.sendAway(() => retryMs(clients, this.#options.random()));
    if (this.draining) this.#sentAway.resolve();
  }

  /** @param clients the number of those that are sent away at once */
  #sendAway(connection: Connection, clients: number): void {
    const ms = retryMs(clients, this.#options.random());
    connection.reply(encodeEvent({ type: "bye", retryMs: ms }));
    this.close(connection, GOING_AWAY, refuserOf(this.context, connection, this.#backpressure));
  }

  /** Stops everything that runs by itself. Resolves when the broker is closed. */
  stop(): Promise<void> {
    this.#stopTicking();
    this.#backpressure.stop();
    this.streams.stop();
    this.context.instances?.close();
    return this.#options.broker.close();
  }
}
