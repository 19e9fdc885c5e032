/**
 * Fake hub: a hub whose time, turns, chance and sockets the test controls.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Broker } from "../../chat/broker/broker.ts";
import { memoryBounds, MemoryBroker, type MemoryOptions } from "../../chat/broker/memory.ts";
import { broadcast, type Receipt } from "../../chat/commands/message.ts";
import { type Config, parseConfig } from "../../chat/config/config.ts";
import type { AnswerLate, Connection, Transport } from "../../chat/connection.ts";
import { Hub } from "../../chat/hub.ts";
import { Address } from "../../chat/limits/addresses.ts";
import type { ErrorEvent, JoinedEvent, ServerEvent, User } from "../../chat/protocol/types.ts";
import type { Room } from "../../chat/room/room.ts";
import type { Timers } from "../../chat/runtime/timers.ts";
import { readFrame } from "../fuzz/oracle_events.ts";

/** No limit, where a configuration has a rate. */
export const UNLIMITED = { burst: 0, perSecond: 0 };

/** An address without limits. */
export function unlimitedAddress(): Address {
  return new Address("192.0.2.1", { connectionsPerAddress: Infinity, messageRate: UNLIMITED }, 0);
}

const DAY_MS = 86_400_000;

/** Ids only grow within a process, so each clock starts on a later day than the last one. */
let startedDays = 0;

/** Resolves when everything has happened that waits for nothing but promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Flushes a room in one turn, whatever the number of its cursors. */
export function flush(room: Room, now: number): void {
  for (const _ of room.flush(now, { spend: () => false }));
}

/** Timers that run when the test says so. */
export class FakeTimers implements Timers {
  now: number;
  #soon: (() => void)[] = [];
  readonly #intervals = new Set<{ intervalMs: number; callback: () => void; due: number }>();

  constructor(now: number = Date.UTC(2030, 0) + ++startedDays * DAY_MS) {
    this.now = now;
  }

  /** Whether something is to be done at the end of the turn. */
  get hasWork(): boolean {
    return this.#soon.length > 0;
  }

  /** The number of intervals that have not been stopped. */
  get intervalCount(): number {
    return this.#intervals.size;
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  every(intervalMs: number, callback: () => void): () => void {
    const interval = { intervalMs, callback, due: this.now + intervalMs };
    this.#intervals.add(interval);
    return () => this.#intervals.delete(interval);
  }

  /** Ends the turn of the event loop. */
  endTurn(): void {
    for (const callback of this.#soon.splice(0)) callback();
  }

  /** Ends the turn of the event loop, and those after it until nothing is left to do. */
  turn(): void {
    while (this.#soon.length > 0) this.endTurn();
  }

  /** Lets time pass, and all intervals run that come due. */
  pass(ms: number): void {
    const end = this.now + ms;
    this.turn();
    for (let next = this.#next(); next !== undefined && next.due <= end; next = this.#next()) {
      this.now = next.due;
      next.due += next.intervalMs;
      next.callback();
      this.turn();
    }
    this.now = end;
  }

  /** Lets time pass in which nothing runs: the event loop is blocked. */
  block(ms: number): void {
    this.now += ms;
    for (const interval of this.#intervals) interval.due = Math.max(interval.due, this.now);
  }

  #next(): { intervalMs: number; callback: () => void; due: number } | undefined {
    return [...this.#intervals].sort((a, b) => a.due - b.due)[0];
  }
}

/** A socket whose peer reads when the test says so. */
export class FakeTransport implements Transport {
  /** All frames that were sent. */
  readonly frames: string[] = [];
  /** Bytes that the peer has not taken: they pile up while it does not read. */
  bufferedAmount = 0;
  reading = true;
  /** Whether `send` throws. */
  broken = false;
  closing: { readonly code: number; readonly reason: string } | undefined;

  send(frame: string): void {
    if (this.broken) throw new Error("Broken pipe");
    this.frames.push(frame);
    if (!this.reading) this.bufferedAmount += frame.length;
  }

  /** Answers a frame that comes after the hub has closed the connection. */
  answerLate: AnswerLate = () => undefined;

  close(code: number, reason: string, answer?: AnswerLate): void {
    this.closing = { code, reason };
    if (answer !== undefined) this.answerLate = answer;
  }

  /** The peer takes nothing from now on. */
  stall(): void {
    this.reading = false;
  }

  /** The peer takes what there is, and whatever comes if it goes on reading. */
  take({ goesOn = true } = {}): void {
    this.bufferedAmount = 0;
    this.reading = goesOn;
  }
}

/** A hub without a network or a clock. */
export class FakeHub {
  readonly hub: Hub;
  readonly config: Config;
  readonly timers: FakeTimers;
  readonly broker: Broker;
  readonly #settle: () => Promise<void>;
  /** The events that were logged, and their lines. */
  readonly logged: string[] = [];
  readonly lines: string[] = [];
  /** How far the clock is from where it should be. */
  clockError = 0;

  constructor(
    settings: Partial<Config> = {},
    {
      timers = new FakeTimers(),
      createBroker = (options) => new MemoryBroker(options),
      settle = settled,
      random = () => 0.5,
      isShortOfMemory = () => false,
    }: {
      readonly timers?: FakeTimers;
      /** Left out, the broker keeps messages in memory. */
      readonly createBroker?: (options: MemoryOptions) => Broker;
      /** Resolves when the broker has done what it was asked for. */
      readonly settle?: () => Promise<void>;
      readonly random?: () => number;
      readonly isShortOfMemory?: () => boolean;
    } = {},
  ) {
    this.#settle = settle;
    this.config = { ...parseConfig({}), ...settings };
    this.timers = timers;
    const now = () => timers.now + this.clockError;
    this.broker = createBroker({
      ...memoryBounds(this.config),
      now,
      elapsed: () => timers.now,
    });
    this.hub = new Hub({
      config: this.config,
      broker: this.broker,
      timers,
      random,
      isShortOfMemory,
      now,
      logger: (level, event, fields) => {
        this.logged.push(event);
        this.lines.push(JSON.stringify({ level, event, ...fields }));
      },
    });
  }

  /** Posts a message from within the server. */
  broadcast(
    room: string,
    user: User,
    text: string,
    ref: string,
  ): Promise<Receipt | ErrorEvent> {
    return broadcast(this.hub.context, user, { room, text, ref }, this.timers.now);
  }

  /** Lets the broker do what it was asked for, and ends the turns of the event loop until then. */
  async turn(): Promise<void> {
    for (await this.#settle(); this.timers.hasWork; await this.#settle()) this.timers.turn();
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.turn();
    this.timers.pass(ms);
    await this.turn();
  }

  /** A client that has said nothing yet. */
  connect(
    address = "192.0.2.1",
    { proxyUser }: { readonly proxyUser?: string | undefined } = {},
  ): FakeClient {
    return new FakeClient(this, address, proxyUser);
  }

  /** A client that has said `hello`. The same name is the same user, unless a key is given. */
  async client(name: string, key: string = keyOf(name)): Promise<FakeClient> {
    const client = this.connect();
    client.user = only(await client.ask({ type: "hello", name, key }), "welcome").you;
    return client;
  }

  /** A client that is in a room, and has read all that it was told so far. */
  async member(name: string, room = "lobby"): Promise<FakeClient> {
    const client = await this.client(name);
    await client.join(room);
    return client;
  }
}

/** A client, and what it has been told. */
export class FakeClient {
  readonly transport = new FakeTransport();
  readonly connection: Connection;
  user: User = { id: "", name: "" };
  readonly hub: FakeHub;
  #framesRead = 0;
  #refs = 0;

  constructor(fake: FakeHub, address: string, proxyUser: string | undefined) {
    this.hub = fake;
    this.connection = fake.hub.connect(this.transport, fake.hub.reserve(address), proxyUser);
  }

  /** The code with which the server closed the connection, if it did. */
  get closeCode(): number | undefined {
    return this.transport.closing?.code;
  }

  /** Sends a frame as it is. */
  sendFrame(frame: string | ArrayBuffer): void {
    this.hub.hub.receive(this.connection, frame);
  }

  /** Sends a command. It is answered at the end of the turn. */
  send(command: Readonly<Record<string, unknown>>): void {
    this.sendFrame(JSON.stringify(command));
  }

  /** Ends the turn, and returns the frames that came since the last reading. */
  async readFrames(): Promise<string[]> {
    await this.hub.turn();
    const frames = this.transport.frames.slice(this.#framesRead);
    this.#framesRead = this.transport.frames.length;
    return frames;
  }

  /** Ends the turn, and returns the events that came since the last reading. */
  async read(): Promise<ServerEvent[]> {
    return (await this.readFrames()).flatMap(readFrame);
  }

  /** {@linkcode FakeClient.read}, and of that what has a type. */
  async readOf<Type extends ServerEvent["type"]>(type: Type): Promise<EventOf<Type>[]> {
    return ofType(await this.read(), type);
  }

  /** Sends a command and reads. */
  ask(command: Readonly<Record<string, unknown>>): Promise<ServerEvent[]> {
    this.send(command);
    return this.read();
  }

  /** Joins a room, and drops what else there is to read. */
  async join(room: string, since?: string): Promise<JoinedEvent> {
    return only(await this.ask({ type: "join", room, since }), "joined");
  }

  /** Says something, with a `ref` of its own. */
  say(text: string, room = "lobby"): void {
    this.send({ type: "send", ref: `${this.user.id}-${++this.#refs}`, room, text });
  }

  /** The network is gone. */
  drop(): void {
    this.hub.hub.disconnect(this.connection);
  }
}

/** An event of one type. */
export type EventOf<Type extends ServerEvent["type"]> = Extract<ServerEvent, { type: Type }>;

/** The events of one type. */
export function ofType<Type extends ServerEvent["type"]>(
  events: readonly ServerEvent[],
  type: Type,
): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

/** The only event of a type. */
export function only<Type extends ServerEvent["type"]>(
  events: readonly ServerEvent[],
  type: Type,
): EventOf<Type> {
  const [event, ...others] = ofType(events, type);
  if (event !== undefined && others.length === 0) return event;
  throw new TypeError(`Expected one "${type}" event, got ${JSON.stringify(events)}`);
}

/** The texts of messages, or of those among events. */
export function textsOf(events: readonly (ServerEvent | { readonly text: string })[]): string[] {
  return events.flatMap((event) => "text" in event ? [event.text] : []);
}

/** The events in a frame, whatever they are. */
export function decode(frame: string): ServerEvent[] {
  return JSON.parse(frame);
}

/** The secret of a user. */
export function keyOf(name: string): string {
  return `the key of ${name}`.padEnd(16, "-");
}
