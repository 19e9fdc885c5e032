/**
 * A broker that keeps messages in Deno KV: the instances of an app on Deno Deploy share one.
 *
 * @module
 */

import { delay, eventLoop } from "../runtime/timers.ts";
import {
  type Broker,
  type BrokerStatus,
  checkOps,
  CLAIM_MS,
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
import { type Kv, KvCalls } from "./kv/calls.ts";
import { KvClaims } from "./kv/claims.ts";
import { KvFeed } from "./kv/feed.ts";
import { documentAt, receiptKey } from "./kv/keys.ts";
import { KvListener } from "./kv/listener.ts";
import { type Event, readDocument, readReceipt } from "./kv/records.ts";
import { openRoom, readAfter, readDocuments, readMessage, readPage } from "./kv/reads.ts";
import { readText } from "./kv/rows.ts";
import { KvSignals } from "./kv/signals.ts";
import { beginLife, type Life } from "./kv/start.ts";
import { KvUpkeep, type KvUpkeepOptions } from "./kv/upkeep.ts";
import { KvWriter } from "./kv/writer.ts";
import type { Epochs, Positions } from "./positions.ts";
import { Receipts, RECEIPTS_KEPT_MS } from "./receipts.ts";

/** Options of a {@linkcode KvBroker}. */
export interface KvOptions extends Pick<KvUpkeepOptions, "keepDays" | "keepBytes"> {
  /** Is closed with the broker. */
  readonly kv: Kv;
  readonly receiptBytes: number;
  /** Between two looks at the KV, in case that a watch has missed something, in milliseconds. */
  readonly pollMs: number;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  /** The time that a call of KV may take, in milliseconds. */
  readonly callMs?: number;
  /** The time without a sign of life after which the claims of an instance end. */
  readonly claimMs?: number;
  /** Is told when KV does not answer any more, and when it does again. */
  readonly onProblem?: (problem: string | undefined) => void;
}

/** The part for calls of the time in which a server has to stop, in milliseconds. */
const CLOSING_MS = 1_000;

/** Orders by a key that each commit replaces, keeps in KV, and reaches all instances that use it. */
export class KvBroker implements Broker {
  readonly isStore = true;
  readonly #options: KvOptions;
  readonly #calls: KvCalls;
  readonly #receipts: Receipts<Receipt>;
  readonly #feed: KvFeed;
  readonly #writer: KvWriter;
  readonly #signals: KvSignals;
  readonly #claims: KvClaims;
  readonly #upkeep: KvUpkeep;
  readonly #listener: KvListener;
  #positions: Positions;
  #subscriber: Subscriber | undefined;
  #isClosed = false;

  private constructor(
    options: KvOptions,
    calls: KvCalls,
    { head, positions, bell }: Life,
  ) {
    const { now, receiptBytes, kv, pollMs } = options;
    this.#options = options;
    this.#calls = calls;
    this.#positions = positions;
    this.#receipts = new Receipts(RECEIPTS_KEPT_MS, receiptBytes, eventLoop.now);
    const lost = () => this.#subscriber?.lost();
    this.#feed = new KvFeed(head, {
      ...{ calls, lost },
      tell: (event) => this.#tell(event),
      seen: (position) => this.#positions.epochs.see(position),
      wentBack: () => this.#beginAnew(),
    });
    this.#writer = new KvWriter({
      ...{ calls, now },
      feed: this.#feed,
      positions: () => this.#positions,
      receipts: this.#receipts,
    });
    const tell = (signal: Signal) => this.#subscriber?.signalled(signal);
    this.#signals = new KvSignals(bell, { calls, tell });
    this.#claims = new KvClaims({ calls, lost, claimMs: options.claimMs ?? CLAIM_MS });
    this.#upkeep = new KvUpkeep({ ...options, calls, feed: this.#feed, writer: this.#writer });
    this.#listener = new KvListener({
      ...{ calls, kv, pollMs, feed: this.#feed, signals: this.#signals },
    });
  }

  /**
   * A broker of a KV, which is made ready if it is used for the first time.
   *
   * @throws {Unavailable} if the KV does not answer; it is closed then
   */
  static async open(options: KvOptions): Promise<KvBroker> {
    const { kv, callMs = 3_000, onProblem = () => {} } = options;
    let isOpen = false;
    const calls = new KvCalls({
      ...{ kv, callMs },
      onProblem: (problem) => isOpen && onProblem(problem),
    });
    try {
      const life = await beginLife(calls, options.now());
      isOpen = true;
      return new KvBroker(options, calls, life);
    } catch (error) {
      calls.close();
      kv.close();
      throw error;
    }
  }

  /** The last position of each life of an instance. */
  get epochs(): Epochs {
    return this.#positions.epochs;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  async publish(ops: readonly Op[]): Promise<Outcome[]> {
    checkOps(ops);
    this.#checkReady();
    this.#receipts.sweep(eventLoop.now);
    return await this.#writer.publish(ops);
  }

  async receipt(user: string, ref: string): Promise<Receipt | undefined> {
    this.#checkOpen();
    return this.#receipts.find(user, ref) ??
      readReceipt((await this.#calls.get(receiptKey(user, ref))).value);
  }

  async get(room: string, id: string): Promise<Message | undefined> {
    this.#checkOpen();
    return await readMessage(this.#calls, room, id);
  }

  async document(key: string): Promise<Document | undefined> {
    this.#checkOpen();
    const text = await readText(this.#calls, documentAt(key));
    return text === undefined ? undefined : readDocument(text);
  }

  async documents(room: string): Promise<readonly KeyedDocument[]> {
    this.#checkOpen();
    return await readDocuments(this.#calls, room);
  }

  async open(room: string, limit: number): Promise<OpenedRoom> {
    this.#checkOpen();
    return await openRoom(this.#calls, room, limit, this.#feed.head.position);
  }

  async after(room: string, position: string, limit: number): Promise<LogPart> {
    this.#checkOpen();
    return await readAfter(this.#calls, room, position, limit, this.#feed.head.position);
  }

  async page(room: string, bound: PageBound, limit: number): Promise<MessagePage> {
    this.#checkOpen();
    return await readPage(this.#calls, room, bound, limit);
  }

  vouches(position: string): boolean {
    return this.#positions.epochs.vouches(position);
  }

  signal(signal: Signal): void {
    this.#signals.signal(signal);
  }

  async catchUp(): Promise<void> {
    this.#checkOpen();
    await this.#feed.catchUp();
  }

  async claim(
    user: string,
    rooms: readonly string[],
    skeletons: readonly string[],
  ): Promise<boolean> {
    this.#checkReady();
    return await this.#claims.claim(user, rooms, skeletons);
  }

  release(user: string, rooms: readonly string[]): void {
    this.#claims.release(user, rooms);
  }

  status(): BrokerStatus {
    this.#receipts.sweep(eventLoop.now);
    const { size: receipts, bytes: receiptBytes } = this.#receipts;
    return { problem: this.#calls.problem, receipts, receiptBytes };
  }

  /** Drops now what is too old or too much. Resolves when there is no more of it. */
  async upkeep(): Promise<void> {
    await this.#upkeep.run();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#upkeep.stop();
    const told = this.#signals.close();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, CLOSING_MS);
    await Promise.race([this.#writer.idle, late.promise]);
    await Promise.race([this.#claims.close().catch(() => {}), late.promise]);
    await Promise.race([told, late.promise]);
    clearTimeout(timer);
    this.#calls.close();
    this.#listener.close();
    // Calls that were given up are answered before later ones find nobody.
    await delay(0);
    this.#subscriber = undefined;
    this.#options.kv.close();
  }

  #tell(event: Event): void {
    if ("message" in event) {
      this.#subscriber?.published(event.room, event.message);
    } else if ("document" in event) {
      this.#subscriber?.documented(event.key, event.document);
    } else {
      this.#writer.forgetRoom(event.room);
      this.#subscriber?.dropped(event.room, event.floor);
    }
  }

  /** Begins another life, where the KV is an older or an empty one. */
  async #beginAnew(): Promise<void> {
    let lost: string;
    let life: Life;
    do {
      lost = this.#feed.head.position;
      life = await beginLife(this.#calls, this.#options.now(), lost);
      // Meanwhile a commit may have been told that was done before.
    } while (lost !== this.#feed.head.position);
    this.#positions = life.positions;
    this.#receipts.clear();
    this.#writer.reset();
    this.#feed.reset(life.head);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Unavailable("The broker is closed", "no");
  }

  #checkReady(): void {
    this.#checkOpen();
    // The listener asks it again and again.
    if (this.#calls.problem !== undefined) throw new Unavailable(this.#calls.problem, "no");
  }
}
