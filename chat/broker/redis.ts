/**
 * A broker that keeps messages in Redis or Valkey, and reaches every instance that uses the same one.
 *
 * @module
 */

import type { RedisUrl } from "../config/redis_url.ts";
import { delay, eventLoop } from "../runtime/timers.ts";
import {
  type Broker,
  type BrokerStatus,
  checkOps,
  type Document,
  type KeyedDocument,
  type LogPart,
  type Message,
  type MessagePage,
  type Op,
  type OpenedRoom,
  type Outcome,
  type PageBound,
  type Receipt,
  type Signal,
  type Subscriber,
  Unavailable,
} from "./broker.ts";
import { epochOf, Epochs } from "./positions.ts";
import { Claims } from "./redis/claims.ts";
import type { Call } from "./redis/client.ts";
import { isReadOnly } from "./redis/failures.ts";
import type { Joined } from "./redis/feed_cursor.ts";
import { FeedReader } from "./redis/feed_reader.ts";
import { Link } from "./redis/link.ts";
import { Publisher, type Written } from "./redis/publisher.ts";
import { Reader } from "./redis/reader.ts";
import { ReplyError } from "./redis/resp.ts";
import { tellSignal } from "./redis/signals.ts";
import { Upkeep, type UpkeepOptions } from "./redis/upkeep.ts";
import { TooFewReplicas, Writer } from "./redis/writer.ts";

/** Options of a {@linkcode RedisBroker}. */
export interface RedisOptions extends Omit<UpkeepOptions, "prefix" | "call"> {
  readonly url: RedisUrl;
  /** Replicas that must have a message before it counts as kept. */
  readonly wait: number;
  readonly receiptBytes: number;
  /** The tag of all keys. Brokers with the same one share everything. */
  readonly tag?: string;
  /** The deadline of a call, in milliseconds. */
  readonly deadlineMs?: number;
  /** Between two signs of life, in milliseconds. */
  readonly beatMs?: number;
  /** Is told when nothing can be kept any more, and when it can again. */
  readonly onProblem?: (problem: string | undefined) => void;
  /** Is told once of a policy by which Redis forgets messages when it is full. */
  readonly onPolicy?: (policy: string) => void;
}

/** The deadline of a call, in milliseconds. */
const DEADLINE_MS = 5_000;

/** Between two signs of life, and while there is a problem, in milliseconds. */
const BEAT_MS = 2_000;
const PROBLEM_BEAT_MS = 500;

/** The time that a start waits for Redis, and a close for each of its steps, in milliseconds. */
const START_MS = 3_000;
const CLOSE_MS = 1_000;

/** Orders and keeps in Redis, and reaches every instance. */
export class RedisBroker implements Broker {
  readonly isStore = true;
  readonly #options: RedisOptions;
  readonly #prefix: string;
  readonly #call: Call;
  readonly #link: Link;
  readonly #feed: FeedReader;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #publisher: Publisher;
  readonly #claims: Claims;
  readonly #upkeep: Upkeep;
  #epochs = new Epochs();
  /** The newest position that was told or kept here. */
  #newest = "";
  #subscriber: Subscriber | undefined;
  /** The number of the last entry in the feed at the last sign of life. */
  #fed = 0;
  /** The reason for which Redis has refused to write. */
  #refusal: string | undefined;
  /** The problem that was told last. */
  #told: string | undefined;
  #isStarting = true;
  #beating: ReturnType<typeof setTimeout> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: RedisOptions) {
    const { deadlineMs = DEADLINE_MS, tag = "parley" } = options;
    const prefix = `{${tag}}`;
    this.#options = options;
    this.#prefix = prefix;
    const link = new Link({
      ...options,
      ...{ prefix, deadlineMs },
      newest: () => this.#newest,
      joined: (joined) => this.#join(joined),
      changed: () => this.#change(),
      warned: (policy) => options.onPolicy?.(policy),
    });
    const call: Call = (args, ms) => link.commands.call(args, ms);
    const join = () => link.join();
    const lost = () => this.#subscriber?.lost();
    this.#link = link;
    this.#call = call;
    this.#feed = new FeedReader({
      ...{ prefix, lost, client: link.feed },
      canRead: () => link.commands.problem === undefined,
      published: (room, message) => {
        this.#see(message.position);
        this.#subscriber?.published(room, message);
      },
      documented: (key, document) => {
        this.#see(document.position);
        this.#subscriber?.documented(key, document);
      },
      dropped: (room, floor) => this.#subscriber?.dropped(room, floor),
      signalled: (signal) => this.#subscriber?.signalled(signal),
      strayed: () => void join().catch(() => {}),
    });
    const feed = this.#feed;
    this.#reader = new Reader({ prefix, deadlineMs, call, feed, join });
    this.#writer = new Writer({
      ...options,
      ...{ prefix, feed, join, client: link.writer },
      kept: (position) => this.#see(position),
    });
    this.#publisher = new Publisher({ deadlineMs, write: (ops, ms) => this.#write(ops, ms) });
    this.#claims = new Claims({ prefix, deadlineMs, call, lost });
    this.#upkeep = new Upkeep({ ...options, prefix, call });
    this.#beatLater(0);
  }

  /**
   * A broker of a Redis. One that can't be reached is tried again and again; until then the broker has a
   * problem.
   *
   * @throws {RedisUnusable} if it is something else than Redis, or too old, or the password is wrong
   */
  static async connect(options: RedisOptions): Promise<RedisBroker> {
    const broker = new RedisBroker(options);
    const end = eventLoop.now + START_MS;
    while (broker.#link.problem !== undefined && eventLoop.now < end) {
      const { unusable } = broker.#link;
      if (unusable !== undefined) {
        await broker.close();
        throw unusable;
      }
      await delay(10);
    }
    broker.#isStarting = false;
    broker.#tellProblem();
    return broker;
  }

  /** The last position of each life of the store. */
  get epochs(): Epochs {
    return this.#epochs;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  async publish(ops: readonly Op[]): Promise<Outcome[]> {
    checkOps(ops);
    this.#checkOpen();
    return ops.length === 0 ? [] : await this.#publisher.add(ops);
  }

  // deno-lint-ignore require-await
  async receipt(user: string, ref: string): Promise<Receipt | undefined> {
    return this.#open().receipt(user, ref);
  }

  // deno-lint-ignore require-await
  async get(room: string, id: string): Promise<Message | undefined> {
    return this.#open().get(room, id);
  }

  // deno-lint-ignore require-await
  async document(key: string): Promise<Document | undefined> {
    return this.#open().document(key);
  }

  // deno-lint-ignore require-await
  async documents(room: string): Promise<readonly KeyedDocument[]> {
    return this.#open().documents(room);
  }

  // deno-lint-ignore require-await
  async open(room: string, limit: number): Promise<OpenedRoom> {
    return this.#open().open(room, limit);
  }

  // deno-lint-ignore require-await
  async after(room: string, position: string, limit: number): Promise<LogPart> {
    return this.#open().after(room, position, limit);
  }

  // deno-lint-ignore require-await
  async page(room: string, bound: PageBound, limit: number): Promise<MessagePage> {
    return this.#open().page(room, bound, limit);
  }

  vouches(position: string): boolean {
    return this.#epochs.vouches(position);
  }

  signal(signal: Signal): void {
    if (this.#closing !== undefined) return;
    tellSignal(this.#call, this.#prefix, signal).catch(() => {});
  }

  // deno-lint-ignore require-await
  async catchUp(): Promise<void> {
    return this.#open().catchUp();
  }

  async claim(
    user: string,
    rooms: readonly string[],
    skeletons: readonly string[],
  ): Promise<boolean> {
    this.#checkOpen();
    return await this.#claims.claim(user, rooms, skeletons);
  }

  release(user: string, rooms: readonly string[]): void {
    if (this.#closing === undefined) this.#claims.release(user, rooms);
  }

  status(): BrokerStatus {
    return { problem: this.#problem, ...this.#writer.receipts };
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#beating);
    this.#upkeep.stop();
    await within(this.#publisher.idle);
    await within(this.#claims.leave());
    this.#subscriber = undefined;
    // The reader ends with what it is reading.
    const read = this.#feed.close();
    await this.#link.close();
    await read;
  }

  async #write(ops: readonly Op[], deadlineMs: number): Promise<Written> {
    try {
      const written = await this.#writer.write(ops, deadlineMs);
      this.#refuse(undefined);
      return written;
    } catch (error) {
      this.#refuse(error);
      throw error;
    }
  }

  #change(): void {
    this.#tellProblem();
    this.#feed.settle();
    // Claims may be about to end.
    if (this.#link.problem === undefined) this.#beatLater(0);
  }

  #join(joined: Joined): void {
    const { epoch, newest, epochs } = joined;
    // The answers of two connections may come in another order than they were given.
    if (epoch !== this.#feed.epoch && newest < this.#newest) return;
    this.#epochs = new Epochs([...epochs, [epoch, newest]]);
    // The feed may have told more since.
    if (epochOf(this.#newest) === epoch) this.#epochs.see(this.#newest);
    if (newest > this.#newest) this.#newest = newest;
    this.#feed.join(joined);
  }

  #see(position: string): void {
    this.#epochs.see(position);
    if (position > this.#newest) this.#newest = position;
  }

  #beatLater(delayMs: number): void {
    if (this.#closing !== undefined) return;
    clearTimeout(this.#beating);
    this.#beating = setTimeout(async () => {
      await this.#beat();
      const { beatMs = BEAT_MS } = this.#options;
      this.#beatLater(this.#problem === undefined ? beatMs : PROBLEM_BEAT_MS);
    }, delayMs);
  }

  async #beat(): Promise<void> {
    if (this.#link.commands.problem !== undefined) return;
    try {
      const { epoch, number, isKeeper } = await this.#claims.beat();
      // An entry that was trimmed before it was read here leaves no hole until another one comes.
      const isBehind = this.#feed.number < this.#fed;
      this.#fed = number;
      if (epoch !== this.#feed.epoch || isBehind) await this.#link.join();
      // Even if Redis is full: it is made less so.
      if (isKeeper) this.#upkeep.work();
      await this.#writer.probe();
      this.#refuse(undefined);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Notes whether Redis takes writes. */
  #refuse(error: unknown): void {
    const cause = error instanceof Unavailable ? error.cause : error;
    if (isReadOnly(cause)) this.#link.reconnect("Redis is a read-only replica");
    const refusal = error instanceof TooFewReplicas
      ? error.message
      : cause instanceof ReplyError
      ? `Redis refuses: ${cause.message}`
      : undefined;
    // Of lost connections the clients tell.
    if (error !== undefined && refusal === undefined) return;
    this.#refusal = refusal;
    this.#tellProblem();
  }

  get #problem(): string | undefined {
    return this.#link.problem ?? this.#refusal;
  }

  #tellProblem(): void {
    const problem = this.#problem;
    if (this.#isStarting || (problem === undefined) === (this.#told === undefined)) return;
    this.#told = problem;
    this.#options.onProblem?.(problem);
  }

  #open(): Reader {
    this.#checkOpen();
    return this.#reader;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new Unavailable("The broker is closed", "no");
  }
}

/** Waits for a promise, but not for long. */
async function within(promise: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_MS));
  await Promise.race([promise.catch(() => {}), deadline]);
  clearTimeout(timer);
}
