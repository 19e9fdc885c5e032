/**
 * A broker that keeps messages in the memory of this instance and nowhere else.
 *
 * @module
 */

import { eventLoop } from "../runtime/timers.ts";
import type { Config } from "../config/config.ts";
import { levelFor } from "../limits/level.ts";
import {
  type Broker,
  type BrokerStatus,
  checkOps,
  type Document,
  type DocumentOp,
  type Effect,
  type KeyedDocument,
  type LogPart,
  MAX_PAGE,
  type Message,
  type MessagePage,
  type Op,
  type OpenedRoom,
  ORIGIN,
  type Outcome,
  type PageBound,
  type Receipt,
  requestsOf,
  type Signal,
  type Subscriber,
  Unavailable,
} from "./broker.ts";
import { MemoryDocuments } from "./memory_documents.ts";
import { MemoryRoom } from "./memory_room.ts";
import { Epochs, Positions } from "./positions.ts";
import { Receipts, RECEIPTS_KEPT_MS } from "./receipts.ts";

/** The bounds of a {@linkcode MemoryBroker}, and its clocks. */
export interface MemoryOptions {
  /** Messages kept of a room: as many as its ring holds. */
  readonly roomSize: number;
  /** Bytes of memory for the messages of all rooms. */
  readonly maxBytes: number;
  readonly receiptBytes: number;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since some moment, never set back. */
  readonly elapsed?: () => number;
}

/** The bounds that fit the memory of a hub's rooms, which is the first to be bounded. */
export function memoryBounds(
  { historySize, historyBytes, receiptBytes }: Pick<
    Config,
    "historySize" | "historyBytes" | "receiptBytes"
  >,
): Pick<MemoryOptions, "roomSize" | "maxBytes" | "receiptBytes"> {
  return { roomSize: historySize, maxBytes: 2 * historyBytes, receiptBytes };
}

/** The share of `maxBytes` that is freed when it is exceeded. */
const FREED_SHARE = 1 / 32;

/**
 * Orders here, keeps what the rings of the hub keep, and reaches this instance.
 *
 * `body` and `id` of a message are the strings that the ring holds, so what is kept twice takes
 * memory once. The hub says with `trim` what its rings have dropped; `maxBytes` holds whatever it
 * says, and the rooms that take most lose their oldest for it.
 */
export class MemoryBroker implements Broker {
  readonly isStore: boolean = false;
  readonly #options: MemoryOptions;
  readonly #now: () => number;
  readonly #elapsed: () => number;
  readonly #rooms = new Map<string, MemoryRoom>();
  readonly #documents: MemoryDocuments;
  readonly #receipts: Receipts<Receipt>;
  readonly #positions: Positions;
  /** The newest position that a room which is not held can't vouch for. */
  #floor: string;
  #bytes = 0;
  #subscriber: Subscriber | undefined;
  #isClosed = false;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#now = options.now;
    this.#elapsed = options.elapsed ?? (() => eventLoop.now);
    this.#receipts = new Receipts(RECEIPTS_KEPT_MS, options.receiptBytes, this.#elapsed());
    this.#positions = new Positions(new Epochs(), this.#now());
    this.#floor = this.#positions.start;
    this.#documents = new MemoryDocuments((room) => this.#rooms.has(room));
  }

  /** The last position of each life of the broker: this is the only one. */
  get epochs(): Epochs {
    return this.#positions.epochs;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  async publish(ops: readonly Op[]): Promise<Outcome[]> {
    checkOps(ops);
    // Not inside the caller's call; in the order of calls, as microtasks are.
    await Promise.resolve();
    this.#checkOpen();
    this.#receipts.sweep(this.#elapsed());
    this.#documents.sweep(this.#now());
    const outcomes = ops.map((op) => this.#apply(op));
    if (this.#bytes > this.#options.maxBytes) this.#free();
    return outcomes;
  }

  // deno-lint-ignore require-await
  async receipt(user: string, ref: string): Promise<Receipt | undefined> {
    this.#checkOpen();
    return this.#receipts.find(user, ref);
  }

  // deno-lint-ignore require-await
  async get(room: string, id: string): Promise<Message | undefined> {
    this.#checkOpen();
    return this.#rooms.get(room)?.get(id);
  }

  // deno-lint-ignore require-await
  async document(key: string): Promise<Document | undefined> {
    this.#checkOpen();
    return this.#documents.get(key);
  }

  // deno-lint-ignore require-await
  async documents(room: string): Promise<readonly KeyedDocument[]> {
    this.#checkOpen();
    return this.#documents.of(room);
  }

  // deno-lint-ignore require-await
  async open(name: string, limit: number): Promise<OpenedRoom> {
    this.#checkOpen();
    const room = this.#room(name);
    const messages = room.newest(limit);
    const { floor } = room;
    const documents = this.#documents.of(name);
    const more = messages.length < room.size;
    return { messages, head: this.#headOf(room), floor, more, documents };
  }

  // deno-lint-ignore require-await
  async after(name: string, position: string, limit: number): Promise<LogPart> {
    this.#checkOpen();
    const most = Math.min(limit, MAX_PAGE);
    const room = this.#room(name);
    const messages = room.after(position, most + 1);
    const more = messages.length > most;
    if (more) messages.pop();
    return { messages, more, floor: room.floor, head: this.#headOf(room) };
  }

  // deno-lint-ignore require-await
  async page(name: string, bound: PageBound, limit: number): Promise<MessagePage> {
    this.#checkOpen();
    return this.#room(name).page(bound, Math.min(limit, MAX_PAGE));
  }

  vouches(position: string): boolean {
    return this.#positions.epochs.vouches(position);
  }

  signal(signal: Signal): void {
    queueMicrotask(() => this.#subscriber?.signalled(signal));
  }

  trim(name: string, floor: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    this.#change(name, room, () => room.trim(floor));
  }

  status(): BrokerStatus {
    this.#receipts.sweep(this.#elapsed());
    const { size: receipts, bytes: receiptBytes } = this.#receipts;
    return { problem: undefined, receipts, receiptBytes };
  }

  async close(): Promise<void> {
    // What was published before is done first.
    await Promise.resolve();
    this.#isClosed = true;
    this.#subscriber = undefined;
  }

  #apply(op: Op): Outcome {
    const requests = requestsOf(op);
    for (const request of requests) {
      const { user, ref, address } = request;
      const known = this.#receipts.find(user, ref);
      if (known !== undefined) {
        return request === op ? { as: "known", ...known } : { as: "conflict" };
      }
      if (!this.#receipts.hasPlace(address)) return { as: "full" };
    }
    const effect = this.#carryOut(op);
    if (typeof effect === "string") return { as: effect };
    const receipt = { room: op.room, ...effect };
    for (const { user, ref, address } of requests) {
      this.#receipts.remember(user, ref, receipt, address);
    }
    return { as: "kept", ...receipt };
  }

  #carryOut(op: Op): Effect | "conflict" | "missing" | "full" {
    switch (op.op) {
      case "send": {
        const position = this.#next();
        this.#append(op.room, { id: position, position, body: op.body });
        return { id: position, position };
      }
      case "document":
        return this.#set(op);
    }
    const { room, id } = op;
    const old = this.#rooms.get(room)?.get(id);
    if (old === undefined) return "missing";
    if (old.position !== op.was) return "conflict";
    if (op.op === "note") return { id, position: old.position };
    const position = this.#next();
    this.#append(room, { id, position, body: op.body });
    return { id, position };
  }

  #set(op: DocumentOp): Effect | "conflict" | "full" {
    const { key, was, body } = op;
    if ((this.#documents.get(key)?.position ?? ORIGIN) !== was) return "conflict";
    if (!this.#documents.hasPlace(op)) return "full";
    const document = { position: this.#next(), body };
    this.#documents.set(op, document.position, this.#now());
    this.#subscriber?.documented(key, document);
    return { id: key, position: document.position };
  }

  #next(): string {
    const position = this.#positions.next(this.#now());
    this.#positions.confirm(position);
    return position;
  }

  #append(name: string, message: Message): void {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = new MemoryRoom(this.#floor);
      this.#rooms.set(name, room);
      this.#documents.noteFull(name);
    }
    const log = room;
    const { floor } = log;
    this.#change(name, log, () => {
      log.append(message);
      log.dropWhile(() => log.size > this.#options.roomSize);
    });
    this.#subscriber?.published(name, message);
    if (log.floor > floor) this.#subscriber?.dropped(name, log.floor);
  }

  /** Counts the bytes of a change, and forgets a room that it has left empty. */
  #change(name: string, room: MemoryRoom, change: () => void): void {
    const before = room.bytes;
    change();
    this.#bytes += room.bytes - before;
    if (room.size > 0) return;
    this.#rooms.delete(name);
    this.#documents.noteEmpty(name, this.#now());
    if (room.head > this.#floor) this.#floor = room.head;
  }

  /** Takes their oldest messages from the rooms that hold most. */
  #free(): void {
    const wanted = this.#options.maxBytes * (1 - FREED_SHARE);
    const level = levelFor(Array.from(this.#rooms.values(), ({ bytes }) => bytes), wanted);
    for (const [name, room] of this.#rooms) {
      if (room.bytes <= level) continue;
      this.#change(name, room, () => room.dropWhile(() => room.bytes > level));
      this.#subscriber?.dropped(name, room.floor);
    }
  }

  #room(name: string): MemoryRoom {
    return this.#rooms.get(name) ?? new MemoryRoom(this.#floor);
  }

  #headOf(room: MemoryRoom): string {
    return room.size === 0 ? this.#positions.newest : room.head;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Unavailable("The broker is closed", "no");
  }
}
