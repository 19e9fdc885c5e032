/**
 * A broker that also serves the hubs of other isolates.
 *
 * @module
 */

import { eventLoop } from "../runtime/timers.ts";
import { setImmediate } from "node:timers";
import {
  type Broker,
  type BrokerStatus,
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
import { Claims } from "./claims.ts";
import { HeldClaims } from "./held_claims.ts";
import {
  BEAT_MS,
  type Farewell,
  type FeedEvent,
  type FeedPost,
  type Hello,
  type Life,
  type Method,
  METHODS,
  type Port,
  type Reply,
  type Request,
  type SignalPost,
  type SignalRequest,
} from "./remote_messages.ts";

/** How long after its last call a client is forgotten. */
const FORGET_MS = 60_000;

/** The hub of this isolate, among those that claim names. */
const HERE = "";

/** A broker that knows the epochs of its past: all do that keep messages themselves. */
export interface ServableBroker extends Broker {
  readonly epochs: Iterable<readonly [epoch: string, last: string]>;
}

/** What a client has asked, as long as it may ask again. */
interface Client {
  readonly calls: Map<number, Reply | undefined>;
  heardAt: number;
  /** Another one once its claims were forgotten. */
  life: Life;
}

/**
 * Stands before a broker, for the hub of this isolate, and answers the {@linkcode RemoteBroker}s at
 * some ports. Events are numbered, so that a port which loses posts is noticed, and calls are answered
 * again until the answer has come. No hub trims the broker: the rings of the others may hold more.
 */
export class ServedBroker implements Broker {
  readonly isStore: boolean;
  readonly #broker: ServableBroker;
  readonly #ports: readonly Port[];
  readonly #life = crypto.randomUUID();
  readonly #clients = new Map<string, Client>();
  readonly #claims: Claims | HeldClaims;
  readonly #claimMs: number;
  readonly #beat: ReturnType<typeof setInterval>;
  readonly search?: NonNullable<Broker["search"]>;
  #subscriber: Subscriber | undefined;
  #feed = 0;
  #events: FeedEvent[] = [];
  /** The newest floors, by room: a full room gets another one with each message. */
  readonly #floors = new Map<string, string>();
  #lives = 0;
  #isClosed = false;

  /**
   * @param ports are closed with the broker
   * @param options `claimMs`: how long the claims of a silent client hold
   */
  constructor(
    broker: ServableBroker,
    ports: readonly Port[],
    { claimMs = CLAIM_MS }: { readonly claimMs?: number } = {},
  ) {
    this.#claimMs = claimMs;
    this.#broker = broker;
    this.isStore = broker.isStore;
    const { claim, release } = broker;
    this.#claims = claim && release
      ? new HeldClaims({ claim: claim.bind(broker), release: release.bind(broker) })
      : new Claims();
    this.#ports = ports;
    if (broker.search !== undefined) this.search = broker.search.bind(broker);
    broker.subscribe(this.#tap());
    for (const port of ports) port.onmessage = ({ data }) => void this.#take(port, data);
    this.#beat = setInterval(() => this.#flush(true), BEAT_MS);
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  publish(ops: readonly Op[]): Promise<Outcome[]> {
    return this.#broker.publish(ops);
  }

  receipt(user: string, ref: string): Promise<Receipt | undefined> {
    return this.#broker.receipt(user, ref);
  }

  get(room: string, id: string): Promise<Message | undefined> {
    return this.#broker.get(room, id);
  }

  document(key: string): Promise<Document | undefined> {
    return this.#broker.document(key);
  }

  documents(room: string): Promise<readonly KeyedDocument[]> {
    return this.#broker.documents(room);
  }

  open(room: string, limit: number): Promise<OpenedRoom> {
    return this.#broker.open(room, limit);
  }

  after(room: string, position: string, limit: number): Promise<LogPart> {
    return this.#broker.after(room, position, limit);
  }

  page(room: string, bound: PageBound, limit: number): Promise<MessagePage> {
    return this.#broker.page(room, bound, limit);
  }

  vouches(position: string): boolean {
    return this.#broker.vouches(position);
  }

  signal(signal: Signal): void {
    this.#broker.signal(signal);
  }

  /** Only a broker that others write to, too, may be behind: everybody here was told of something by it. */
  async catchUp(): Promise<void> {
    this.#checkOpen();
    await this.#broker.catchUp?.();
  }

  async claim(
    user: string,
    rooms: readonly string[],
    skeletons: readonly string[],
  ): Promise<boolean> {
    this.#checkOpen();
    return await this.#claims.claim(HERE, user, rooms, skeletons);
  }

  release(user: string, rooms: readonly string[]): void {
    this.#claims.release(HERE, user, rooms);
  }

  status(): BrokerStatus {
    return this.#broker.status();
  }

  async close(): Promise<void> {
    await this.#broker.close();
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    clearInterval(this.#beat);
    for (const port of this.#ports) port.close();
  }

  /** Tells the hub of this isolate, and everybody else. */
  #tap(): Subscriber {
    return {
      published: (room, message) => {
        this.#add({ tell: "published", room, message });
        this.#subscriber?.published(room, message);
      },
      documented: (key, document) => {
        this.#add({ tell: "documented", key, document });
        this.#subscriber?.documented(key, document);
      },
      dropped: (room, floor) => {
        this.#floors.set(room, floor);
        this.#flushLater();
        this.#subscriber?.dropped(room, floor);
      },
      lost: () => {
        this.#add({ tell: "lost" });
        this.#subscriber?.lost();
      },
      signalled: (signal) => {
        this.#post({ to: "all", signal } satisfies SignalPost);
        this.#subscriber?.signalled(signal);
      },
    };
  }

  #add(event: FeedEvent): void {
    this.#events.push(event);
    this.#flushLater();
  }

  /** One post a turn: many small ones are lost sooner. */
  #flushLater(): void {
    if (this.#events.length + this.#floors.size === 1) setImmediate(() => this.#flush());
  }

  #flush(isBeat = false): void {
    for (const [room, floor] of this.#floors) this.#events.push({ tell: "dropped", room, floor });
    this.#floors.clear();
    if (this.#isClosed || (this.#events.length === 0 && !isBeat)) return;
    if (this.#events.length > 0) this.#feed++;
    const events = this.#events;
    this.#events = [];
    const { problem } = this.#broker.status();
    const [life, feed] = [this.#life, this.#feed];
    this.#post({ to: "all", life, feed, events, problem } satisfies FeedPost);
    if (isBeat) this.#forget();
  }

  #post(message: FeedPost | SignalPost): void {
    if (this.#isClosed) return;
    for (const port of this.#ports) port.postMessage(message);
  }

  async #take(port: Port, data: unknown): Promise<void> {
    if (isSignalRequest(data)) return this.#broker.signal(data.signal);
    if (isFarewell(data)) return this.#claims.drop(data.from);
    if (!isRequest(data)) return;
    const { from, call, oldest } = data;
    const client = this.#clientOf(from);
    for (const number of client.calls.keys()) if (number < oldest) client.calls.delete(number);
    if (call < oldest) return;
    if (client.calls.has(call)) {
      const reply = client.calls.get(call);
      if (reply !== undefined) port.postMessage({ ...reply, feed: this.#feed });
      return;
    }
    client.calls.set(call, undefined);
    const answer = await this.#answer(data);
    if (this.#isClosed) return;
    this.#flush();
    const reply: Reply = { to: from, call, life: this.#life, feed: this.#feed, ...answer };
    client.calls.set(call, reply);
    port.postMessage(reply);
  }

  async #answer(
    { from, method, args }: Request,
  ): Promise<Pick<Reply, "result" | "error">> {
    try {
      return { result: await this.#call(from, method, args) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { error: { message, kept: error instanceof Unavailable ? error.kept : "unknown" } };
    }
  }

  #call(from: string, method: Method, args: readonly unknown[]): unknown {
    switch (method) {
      case "hello": {
        const hasSearch = this.#broker.search !== undefined;
        return {
          epochs: [...this.#broker.epochs],
          hasSearch,
          isStore: this.isStore,
        } satisfies Hello;
      }
      case "alive":
        return this.#clientOf(from).life;
      case "catchUp":
        return this.catchUp();
      case "claim": {
        const [user, rooms, skeletons] = args as Parameters<NonNullable<Broker["claim"]>>;
        return this.#claims.claim(from, user, rooms, skeletons);
      }
      case "release": {
        const [user, rooms] = args as Parameters<NonNullable<Broker["release"]>>;
        return this.#claims.release(from, user, rooms);
      }
    }
    const run: unknown = this.#broker[method];
    if (typeof run !== "function") throw new Unavailable(`This broker has no ${method}()`, "no");
    return Reflect.apply(run, this.#broker, args);
  }

  #clientOf(id: string): Client {
    const client = this.#clients.get(id) ??
      { calls: new Map(), heardAt: 0, life: ++this.#lives };
    client.heardAt = eventLoop.now;
    this.#clients.set(id, client);
    return client;
  }

  #forget(): void {
    for (const [id, client] of this.#clients) {
      const silentMs = eventLoop.now - client.heardAt;
      if (silentMs > this.#claimMs) {
        client.life = ++this.#lives;
        this.#claims.drop(id);
      }
      if (silentMs > FORGET_MS) this.#clients.delete(id);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Unavailable("The broker is closed", "no");
  }
}

function isRequest(value: unknown): value is Request {
  return isToBroker(value) && "method" in value && METHODS.some((each) => each === value.method) &&
    "args" in value && Array.isArray(value.args);
}

function isSignalRequest(value: unknown): value is SignalRequest {
  return isToBroker(value) && "signal" in value;
}

function isFarewell(value: unknown): value is Farewell {
  return isToBroker(value) && "isLast" in value && "from" in value;
}

function isToBroker(value: unknown): value is { to: "broker" } {
  return typeof value === "object" && value !== null && "to" in value && value.to === "broker";
}
