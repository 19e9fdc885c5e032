/**
 * A broker that is held by another isolate of this process.
 *
 * @module
 */

import { eventLoop } from "../runtime/timers.ts";
import {
  type Broker,
  type BrokerStatus,
  checkOps,
  type Document,
  type Found,
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
import { Epochs } from "./positions.ts";
import {
  type Farewell,
  type FeedEvent,
  type FeedPost,
  type Hello,
  type Life,
  type Method,
  type Port,
  type Reply,
  type Request,
  type SignalPost,
  SILENCE_MS,
} from "./remote_messages.ts";

/** The times of a {@linkcode RemoteBroker}, in milliseconds. */
export interface RemoteOptions {
  /** After how long a call is posted again. */
  readonly againMs?: number;
  /** After how long a call fails. */
  readonly deadlineMs?: number;
}

/** A call that has no answer yet. */
interface Call {
  readonly request: Omit<Request, "oldest">;
  readonly startedAt: number;
  postedAt: number;
  resolve(result: unknown): void;
  reject(error: Unavailable): void;
}

/** Orders and keeps where the other broker does, and reaches the isolates of this process. */
export class RemoteBroker implements Broker {
  isStore = false;
  readonly #port: Port;
  readonly #againMs: number;
  readonly #deadlineMs: number;
  readonly #id = crypto.randomUUID();
  readonly #calls = new Map<number, Call>();
  readonly #timer: ReturnType<typeof setInterval>;
  search?: NonNullable<Broker["search"]>;
  #subscriber: Subscriber | undefined;
  #epochs = new Epochs();
  #lastCall = 0;
  /** The life of the other broker, and the number of the last post of its events. */
  #life: string | undefined;
  #feed = 0;
  /** The number of this client's life there, and whether it is being asked for. */
  #lifeHere: Life | undefined;
  #isAsking = false;
  /** The last claim or release of each user that has no answer yet. */
  readonly #claims = new Map<string, Promise<unknown>>();
  #problem: string | undefined;
  #heardAt = eventLoop.now;
  #isClosed = false;

  private constructor(port: Port, { againMs = 1_000, deadlineMs = 15_000 }: RemoteOptions) {
    this.#port = port;
    this.#againMs = againMs;
    this.#deadlineMs = deadlineMs;
    port.onmessage = ({ data }) => this.#take(data);
    this.#timer = setInterval(() => this.#look(), againMs / 2);
  }

  /**
   * The broker that a `ServedBroker` has at the other end of a port.
   *
   * @param port is closed with the broker
   * @throws {Unavailable} if nothing answers
   */
  static async connect(port: Port, options: RemoteOptions = {}): Promise<RemoteBroker> {
    const broker = new RemoteBroker(port, options);
    try {
      await broker.#hello();
    } catch (error) {
      await broker.close();
      throw error;
    }
    return broker;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  async publish(ops: readonly Op[]): Promise<Outcome[]> {
    checkOps(ops);
    const outcomes = await this.#call<Outcome[]>("publish", ops);
    for (const outcome of outcomes) if ("position" in outcome) this.#epochs.see(outcome.position);
    return outcomes;
  }

  receipt(user: string, ref: string): Promise<Receipt | undefined> {
    return this.#call("receipt", user, ref);
  }

  get(room: string, id: string): Promise<Message | undefined> {
    return this.#call("get", room, id);
  }

  document(key: string): Promise<Document | undefined> {
    return this.#call("document", key);
  }

  documents(room: string): Promise<readonly KeyedDocument[]> {
    return this.#call("documents", room);
  }

  async open(room: string, limit: number): Promise<OpenedRoom> {
    const opened = await this.#call<OpenedRoom>("open", room, limit);
    this.#epochs.see(opened.head);
    return opened;
  }

  async after(room: string, position: string, limit: number): Promise<LogPart> {
    const part = await this.#call<LogPart>("after", room, position, limit);
    this.#epochs.see(part.head);
    return part;
  }

  page(room: string, bound: PageBound, limit: number): Promise<MessagePage> {
    return this.#call("page", room, bound, limit);
  }

  /** All events before the answer were posted before it: what was lost on the way is known by then. */
  catchUp(): Promise<void> {
    return this.#call("catchUp");
  }

  claim(user: string, rooms: readonly string[], skeletons: readonly string[]): Promise<boolean> {
    return this.#claimInOrder(user, () => this.#call("claim", user, rooms, skeletons));
  }

  release(user: string, rooms: readonly string[]): void {
    this.#claimInOrder(user, () => this.#call("release", user, rooms)).catch(() => {});
  }

  vouches(position: string): boolean {
    return this.#epochs.vouches(position);
  }

  /** Comes back by the other broker, as to everybody. */
  signal(signal: Signal): void {
    if (!this.#isClosed) this.#port.postMessage({ to: "broker", signal });
  }

  status(): BrokerStatus {
    const isSilent = eventLoop.now - this.#heardAt > SILENCE_MS;
    const problem = isSilent ? "The broker does not answer" : this.#problem;
    return { problem, receipts: 0, receiptBytes: 0 };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const [number, { request, reject }] of this.#calls) {
      if (request.method !== "alive") continue;
      this.#calls.delete(number);
      reject(new Unavailable("The broker is closed", "no"));
    }
    const calls = Array.from(this.#calls.values(), (call) =>
      new Promise<void>((done) => {
        const { resolve, reject } = call;
        call.resolve = (result) => (resolve(result), done());
        call.reject = (error) => (reject(error), done());
      }));
    await Promise.all(calls);
    clearInterval(this.#timer);
    this.#subscriber = undefined;
    this.#port.postMessage({ to: "broker", from: this.#id, isLast: true } satisfies Farewell);
    this.#port.close();
  }

  /** Calls of a user's claims one after the other: one that is posted again must not overtake. */
  #claimInOrder<Result>(user: string, call: () => Promise<Result>): Promise<Result> {
    const result = (this.#claims.get(user) ?? Promise.resolve()).then(call, call);
    this.#claims.set(user, result);
    const forget = () => {
      if (this.#claims.get(user) === result) this.#claims.delete(user);
    };
    result.then(forget, forget);
    return result;
  }

  /** Gives a sign of life, without which claims end, and finds out if they have. */
  async #beat(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const life = await this.#call<Life>("alive");
      const isFirst = this.#lifeHere === undefined;
      if (life === this.#lifeHere) return;
      this.#lifeHere = life;
      if (!isFirst) this.#subscriber?.lost();
    } catch {
      // It is asked again soon.
    } finally {
      this.#isAsking = false;
    }
  }

  async #hello(): Promise<void> {
    this.#beat();
    const { epochs, hasSearch, isStore } = await this.#call<Hello>("hello");
    this.isStore = isStore;
    for (const [, last] of epochs) this.#epochs.see(last);
    if (!hasSearch) return;
    this.search = (rooms, text, before, limit) =>
      this.#call<{ found: Found[]; more: boolean }>("search", rooms, text, before, limit);
  }

  #call<Result>(method: Method, ...args: readonly unknown[]): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new Unavailable("The broker is closed", "no"));
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const call = ++this.#lastCall;
    const now = eventLoop.now;
    this.#calls.set(call, {
      request: { to: "broker", from: this.#id, call, method, args },
      startedAt: now,
      postedAt: now,
      resolve: (result) => resolve(result as Result),
      reject,
    });
    this.#post(call);
    return promise;
  }

  #post(number: number): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    const [oldest = number] = this.#calls.keys();
    call.postedAt = eventLoop.now;
    this.#port.postMessage({ ...call.request, oldest });
  }

  /** Posts again what has no answer, and gives up what had none for long. */
  #look(): void {
    const now = eventLoop.now;
    if (!this.#isClosed) this.#beat();
    for (const [number, { request, startedAt, postedAt, reject }] of this.#calls) {
      if (now - startedAt > this.#deadlineMs) {
        this.#calls.delete(number);
        const isChange = request.method === "publish" || request.method === "claim";
        const kept = isChange ? "unknown" : "no";
        reject(new Unavailable("The broker does not answer", kept));
      } else if (now - postedAt > this.#againMs) {
        this.#post(number);
      }
    }
  }

  #take(data: unknown): void {
    if (!isPost(data) || (data.to !== "all" && data.to !== this.#id)) return;
    if ("signal" in data) return this.#subscriber?.signalled(data.signal);
    this.#heardAt = eventLoop.now;
    const events = "events" in data ? data.events : [];
    this.#follow(data.life, data.feed, events.length > 0);
    for (const event of events) this.#tell(event);
    if ("events" in data) this.#problem = data.problem;
    if (!("call" in data)) return;
    const call = this.#calls.get(data.call);
    if (call === undefined) return;
    this.#calls.delete(data.call);
    const { result, error } = data;
    if (error === undefined) call.resolve(result);
    else call.reject(new Unavailable(error.message, error.kept));
  }

  /** Says so when posts of events are missing before a post. */
  #follow(life: string, feed: number, hasEvents: boolean): void {
    if (life !== this.#life) {
      const isFirst = this.#life === undefined;
      this.#life = life;
      this.#feed = feed;
      if (isFirst) return;
      // Another broker: nothing is known of its past yet.
      this.#epochs = new Epochs();
      this.#hello().catch(() => {});
      this.#subscriber?.lost();
      return;
    }
    const isComplete = feed === this.#feed + (hasEvents ? 1 : 0);
    // An answer that is given again may be older than what has come meanwhile.
    if (feed <= this.#feed && !hasEvents) return;
    this.#feed = feed;
    if (!isComplete) this.#subscriber?.lost();
  }

  #tell(event: FeedEvent): void {
    switch (event.tell) {
      case "published":
        this.#epochs.see(event.message.position);
        return this.#subscriber?.published(event.room, event.message);
      case "documented":
        this.#epochs.see(event.document.position);
        return this.#subscriber?.documented(event.key, event.document);
      case "dropped":
        return this.#subscriber?.dropped(event.room, event.floor);
      case "lost":
        return this.#subscriber?.lost();
    }
  }
}

/** Whether it is a post of a served broker, by its form: the isolates of a process trust each other. */
function isPost(value: unknown): value is FeedPost | Reply | SignalPost {
  return typeof value === "object" && value !== null && "to" in value &&
    ("signal" in value || ("life" in value && "feed" in value));
}
