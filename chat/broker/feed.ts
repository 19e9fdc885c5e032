/**
 * Feed of rooms: opens rooms, and puts what a broker publishes into their logs.
 *
 * @module
 */

import { encodeEvent } from "../protocol/encode.ts";
import { Semaphore } from "../limits/semaphore.ts";
import type { OpenedLog } from "../room/log.ts";
import type { Room } from "../room/room.ts";
import type { Rooms } from "../room/rooms.ts";
import type { RoomDocument } from "../room/rules.ts";
import {
  type Broker,
  type Document,
  type KeyedDocument,
  MAX_PAGE,
  type Message,
  readDocumentKey,
  type Signal,
  type Subscriber,
} from "./broker.ts";
import { CatchUps } from "./catch_ups.ts";

/** What a feed works on. */
export interface FeedOptions {
  readonly broker: Broker;
  readonly rooms: Rooms;
  /** The messages that a room holds, and those that are read of it when it is opened. */
  readonly historySize: number;
  readonly openSize: number;
  /** Called with each room that has something to deliver. */
  readonly mark: (room: Room) => void;
  /** Called when documents of a room have changed, and with those that belong to no room. */
  readonly changed?: (room: Room) => void;
  readonly changedServer?: (document: RoomDocument) => void;
  /** Called when documents that belong to no room are to be read again. */
  readonly lostServer?: () => void;
  /** Called with what an instance tells the others. */
  readonly nodeSignalled?: (body: string) => void;
  /** Called with the position of each message, and with each failure to read. */
  readonly published: (position: string) => void;
  /** Called with what is said in a room in memory, at any instance. */
  readonly appended?: (room: Room, message: Message) => void;
  readonly failed: (cause: unknown) => void;
}

/** The rooms that are read at a time after a loss: a channel that loses posts would lose more of all. */
const MAX_READING = 16;

/** The most time that a room is given to read what it has missed, in milliseconds. */
const CATCH_UP_MS = 5_000;

/** What is told of a room that is behind, until its log is read. */
class Buffer {
  #messages: Message[] = [];
  /** Whether the log is being read. */
  isReading = false;
  /** Whether it must be read, or once more. */
  isLost = false;
  floor: string | undefined;
  /** Resolves when the log was read, or could not be. */
  read = Promise.resolve();
  /** The documents that were told meanwhile, by name. */
  readonly documents = new Map<string, RoomDocument>();

  /** Adds a message. Of too many none is kept: they are read again. */
  add(message: Message, maxMessages: number): void {
    if (this.#messages.push(message) <= maxMessages) return;
    this.#messages = [];
    this.isLost = true;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }
}

/** Keeps the logs of all rooms in memory equal to the ends of those that a broker has. */
export class Feed implements Subscriber {
  readonly #options: FeedOptions;
  /** Of the rooms that are behind, by name. */
  readonly #buffers = new Map<string, Buffer>();
  readonly #opening = new Map<string, Promise<Room | undefined>>();
  readonly #extending = new Map<Room, Promise<void>>();
  readonly #reads = new Semaphore(MAX_READING);
  readonly #catchUps: CatchUps;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#catchUps = new CatchUps(async () => await options.broker.catchUp?.());
    options.broker.subscribe(this);
  }

  /** Whether a room is in memory, or is being opened. */
  has(name: string): boolean {
    return this.#opening.has(name) || this.#options.rooms.get(name) !== undefined;
  }

  /**
   * The room of a name: at once if it is in memory, else when its log was read; none if there is no
   * place for another one.
   *
   * @param maker the address that asks for it; left out: the server itself
   */
  use(name: string, maker?: string): Room | Promise<Room | undefined> | undefined {
    const { rooms } = this.#options;
    if (rooms.get(name) !== undefined) return rooms.use(name, maker);
    let opening = this.#opening.get(name);
    if (opening === undefined) {
      opening = this.#open(name, maker).finally(() => this.#opening.delete(name));
      this.#opening.set(name, opening);
    }
    return opening;
  }

  published(name: string, message: Message): void {
    const { rooms, historySize, published } = this.#options;
    published(message.position);
    const buffer = this.#buffers.get(name);
    if (buffer !== undefined) return buffer.add(message, historySize);
    const room = rooms.get(name);
    if (room === undefined) return;
    this.#append(room, [message]);
    this.#options.appended?.(room, message);
  }

  documented(key: string, { position, body }: Document): void {
    const { room: roomName, name } = readDocumentKey(key);
    const document = { name, position, body };
    if (roomName === "") return this.applyServer(document);
    this.#buffers.get(roomName)?.documents.set(name, document);
    const room = this.#options.rooms.get(roomName);
    if (room !== undefined) this.apply(room, [document]);
  }

  /** Gives a room its documents as they are now. */
  apply(room: Room, documents: readonly RoomDocument[]): void {
    let isNews = false;
    for (const document of documents) if (room.applyDocument(document)) isNews = true;
    if (isNews) this.#options.mark(room);
    this.#options.changed?.(room);
  }

  /** Takes a document that belongs to no room, as it is now. */
  applyServer(document: RoomDocument): void {
    this.#options.changedServer?.(document);
  }

  signalled(signal: Signal): void {
    if (signal.kind === "node") return this.#options.nodeSignalled?.(signal.body);
    const { kind: type, room: name, user } = signal;
    const room = this.#options.rooms.get(name);
    if (room === undefined) return;
    room.notify(encodeEvent({ type, room: name, user }), user.id);
    this.#options.mark(room);
  }

  lost(): void {
    this.#options.lostServer?.();
    for (const buffer of this.#buffers.values()) buffer.isLost = true;
    const rooms = [...this.#options.rooms].sort((a, b) => b.presence.count - a.presence.count);
    for (const room of rooms) this.#catchUp(room);
  }

  dropped(name: string, floor: string): void {
    const buffer = this.#buffers.get(name);
    if (buffer !== undefined) buffer.floor = floor;
    const room = this.#options.rooms.get(name);
    // A full room that drops as much as its broker is past it already.
    if (room !== undefined && floor > room.log.keptFloor) this.#trim(room, floor);
  }

  /** Reads what could not be read before. To be called every second or so. */
  retry(): void {
    for (const [name, { isReading }] of this.#buffers) {
      const room = this.#options.rooms.get(name);
      if (isReading) continue;
      if (room !== undefined) this.#catchUp(room);
      else this.#buffers.delete(name);
    }
  }

  async #open(name: string, maker: string | undefined): Promise<Room | undefined> {
    const { rooms, openSize } = this.#options;
    const buffer = new Buffer();
    buffer.isReading = true;
    this.#buffers.set(name, buffer);
    try {
      const room = rooms.use(name, maker, await this.#readEnd(name, openSize));
      if (room === undefined) return undefined;
      this.#release(name, buffer);
      this.apply(room, [...buffer.documents.values()]);
      if (buffer.isLost) this.#catchUp(room);
      else this.#drain(room, buffer);
      return room;
    } finally {
      this.#release(name, buffer);
    }
  }

  /**
   * Reads as many messages of a room as it holds, where it was opened with fewer. Those of 1,000 rooms to
   * which everybody comes back at once would take twice the time.
   */
  extend(room: Room): Promise<void> {
    let extending = this.#extending.get(room);
    if (extending === undefined) {
      extending = this.#extend(room).finally(() => this.#extending.delete(room));
      this.#extending.set(room, extending);
    }
    return extending;
  }

  async #extend(room: Room): Promise<void> {
    const { rooms, historySize } = this.#options;
    const { messages, head, memoryFloor } = await this.#readEnd(room.name, historySize);
    // Memory may have dropped what came after they were read.
    if (rooms.get(room.name) !== room || head < room.log.memoryFloor) return;
    rooms.extend(room, messages, memoryFloor);
  }

  async #readEnd(name: string, limit: number): Promise<OpenedLog & { memoryFloor: string }> {
    // One more, for the newest position up to which messages are missing.
    const opened = await this.#options.broker.open(name, limit + 1);
    const { messages, head, floor, lostUntil = "", more } = opened;
    const documents = roomDocuments(opened.documents);
    if (!more && messages.length <= limit) {
      return { messages, head, floor, lostUntil, memoryFloor: floor, documents };
    }
    const [first, ...others] = messages;
    const memoryFloor = first?.position ?? head;
    return { messages: others, head, floor, lostUntil, memoryFloor, documents };
  }

  /**
   * Resolves when the log of a room has what anybody at any instance was told to be kept, or that can't
   * be known now.
   */
  async caughtUp(name: string): Promise<void> {
    try {
      await this.#catchUps.run();
    } catch (cause) {
      return this.#options.failed(cause);
    }
    await this.reading(name);
  }

  /**
   * Resolves when the log of a room, which is to be read again after a loss, was read, or can't be read
   * now; until then it may have what the broker has lost. None if it is up to date, or the broker has a
   * problem.
   */
  reading(name: string): Promise<void> | undefined {
    const { broker, rooms } = this.#options;
    const buffer = this.#buffers.get(name);
    const room = rooms.get(name);
    if (buffer === undefined || room === undefined) return undefined;
    if (broker.status().problem !== undefined) return undefined;
    if (!buffer.isReading) this.#catchUp(room);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CATCH_UP_MS);
    return Promise.race([buffer.read, promise]).finally(() => clearTimeout(timer));
  }

  /** Has the log of a room read that has missed something. */
  #catchUp(room: Room): void {
    const buffer = this.#buffers.get(room.name) ?? new Buffer();
    buffer.isLost = true;
    if (buffer.isReading) return;
    buffer.isReading = true;
    this.#buffers.set(room.name, buffer);
    buffer.read = this.#reads.run(() => this.#read(room, buffer));
  }

  /** Reads what the log of a room has missed. */
  async #read(room: Room, buffer: Buffer): Promise<void> {
    const { rooms, failed } = this.#options;
    const { name } = room;
    try {
      while (buffer.isLost && rooms.get(name) === room) {
        buffer.isLost = false;
        await this.#readRest(room);
      }
      this.#release(name, buffer);
      if (rooms.get(name) === room) this.#drain(room, buffer);
    } catch (cause) {
      buffer.isLost = true;
      failed(cause);
    } finally {
      buffer.isReading = false;
    }
  }

  async #readRest(room: Room): Promise<void> {
    const { broker, rooms } = this.#options;
    this.apply(room, roomDocuments(await broker.documents(room.name)));
    for (let more = true; more;) {
      const part = await broker.after(room.name, room.log.head, MAX_PAGE);
      if (rooms.get(room.name) !== room) return;
      const { lostUntil = "", floor } = part;
      if (lostUntil > room.log.head) await this.#lose(room, lostUntil);
      else if (floor > room.log.head) this.#trim(room, floor);
      // Without messages and members it is dropped.
      if (rooms.get(room.name) !== room) return;
      this.#append(room, part.messages);
      more = part.more;
    }
  }

  /** Has a room forget what the broker has lost, and keep what it has. */
  async #lose(room: Room, until: string): Promise<void> {
    const { rooms, openSize } = this.#options;
    const { messages, floor, memoryFloor } = await this.#readEnd(room.name, openSize);
    if (rooms.get(room.name) !== room) return;
    rooms.lose(room, until, { messages, memoryFloor });
    this.#trim(room, floor);
  }

  /** Nothing more is to be buffered: the room of the name may have another buffer by now. */
  #release(name: string, buffer: Buffer): void {
    if (this.#buffers.get(name) === buffer) this.#buffers.delete(name);
  }

  #drain(room: Room, { messages, floor }: Buffer): void {
    this.#append(room, messages);
    if (floor !== undefined) this.#trim(room, floor);
  }

  #trim(room: Room, floor: string): void {
    this.#options.rooms.trim(room, floor);
    this.#options.mark(room);
  }

  /** Appends what is new of some messages. */
  #append(room: Room, messages: readonly Message[]): void {
    if (messages.length === 0) return;
    for (const message of messages) this.#options.rooms.append(room, message);
    this.#options.mark(room);
  }
}

/** Documents of a room by their names there. */
export function roomDocuments(documents: readonly KeyedDocument[]): RoomDocument[] {
  return documents.map(({ key, position, body }) => (
    { name: readDocumentKey(key).name, position, body }
  ));
}
