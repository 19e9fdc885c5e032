/**
 * Reader of the feed and of the signals.
 *
 * @module
 */

import { delay } from "../../runtime/timers.ts";
import { type Document, type Message, type Signal, Unavailable } from "../broker.ts";
import type { RedisClient } from "./client.ts";
import { FeedCursor, type Joined } from "./feed_cursor.ts";
import { listIn, textIn } from "./replies.ts";
import type { Reply } from "./resp.ts";
import { problemOf } from "./session.ts";
import { SIGNAL_STREAMS, signalIn } from "./signals.ts";

/** Entries that are read at a time, of 64 KiB each or one large op. */
const COUNT = 16;

/** The time that Redis waits for an entry, in milliseconds: a connection that is silent for longer is dead. */
const BLOCK_MS = 500;
const DEADLINE_MS = 3_000;

/** The age beyond which nobody is said to be typing, by the clock of Redis, in milliseconds. */
const TYPING_MS = 5_000;

/** Between two tries without a connection, in milliseconds. */
const RETRY_MS = 50;

/** The key of the feed, below the prefix. */
const FEED = ":feed";

/** The keys of all streams that are read. */
export function streamsOf(prefix: string): string[] {
  return [FEED, SIGNAL_STREAMS.node, SIGNAL_STREAMS.typing].map((key) => prefix + key);
}

/** Options of a {@linkcode FeedReader}. */
export interface FeedReaderOptions {
  readonly client: RedisClient;
  readonly prefix: string;
  published(room: string, message: Message): void;
  documented(key: string, document: Document): void;
  dropped(room: string, floor: string): void;
  signalled(signal: Signal): void;
  /** Tells that entries will never be heard. Not called while rooms can't be read. */
  lost(): void;
  canRead(): boolean;
  /** An entry of a life of the store that was not joined was read. */
  strayed(): void;
}

/** A caller that waits for an entry. */
interface Waiting {
  readonly number: number;
  readonly timer: ReturnType<typeof setTimeout>;
  resolve(): void;
}

/** Reads until it is closed. */
export class FeedReader {
  readonly #options: FeedReaderOptions;
  readonly #cursor = new FeedCursor();
  readonly #waiting = new Set<Waiting>();
  readonly #running: Promise<void>;
  /** True if entries were missed, and nobody was told yet. Until then nothing later is told. */
  #owesLoss = false;
  /** The time of the last signal when the store was joined, by the clock of Redis. */
  #joinedAt = 0;
  #isClosed = false;

  constructor(options: FeedReaderOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** The life of the store that was joined last. */
  get epoch(): string | undefined {
    return this.#cursor.epoch;
  }

  /** The number of the last entry that was heard, or is given up. */
  get number(): number {
    return this.#cursor.number;
  }

  /** To be called each time that the store was joined. */
  join(joined: Joined): void {
    this.#joinedAt = timeOfId(joined.lastSignalId);
    if (this.#cursor.join(joined)) this.#lose();
  }

  /** To be called when rooms can be read again. */
  settle(): void {
    if (!this.#owesLoss || !this.#options.canRead()) return;
    this.#owesLoss = false;
    this.#options.lost();
    this.#settle(Infinity);
  }

  /**
   * Resolves when an entry was told, or `lost` was since.
   *
   * @throws {Unavailable} after a deadline
   */
  heard(epoch: string, number: number, deadlineMs: number): Promise<void> {
    const isPast = epoch !== this.#cursor.epoch || number <= this.#cursor.number;
    if (isPast && !this.#owesLoss) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#waiting.delete(waiting);
      reject(new Unavailable("The feed of Redis does not come in time", "unknown"));
    }, deadlineMs);
    const waiting = { number, timer, resolve };
    this.#waiting.add(waiting);
    return promise;
  }

  /** Resolves when the client, which is to be closed then, has no call of it any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#settle(Infinity);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { client, prefix } = this.#options;
    const streams = streamsOf(prefix);
    while (!this.#isClosed) {
      const { id, signalId, typingId } = this.#cursor;
      const ids = [id, signalId, typingId];
      try {
        const reply = await client.call(
          ["XREAD", "COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", ...streams, ...ids],
          DEADLINE_MS,
        );
        // The store may have been joined meanwhile: then it is read from there.
        if (reply !== null && id === this.#cursor.id) this.#take(reply);
      } catch (error) {
        // The client tells of its connection itself.
        if (!(error instanceof Unavailable)) this.#fail(error);
        if (!this.#isClosed) await delay(RETRY_MS);
      }
    }
  }

  /** An entry may have been told in part: rooms are to be read again, on another connection. */
  #fail(error: unknown): void {
    this.#owesLoss = true;
    this.#options.client.reconnect(problemOf(error));
  }

  #take(reply: Reply): void {
    for (const stream of listIn(reply)) {
      const [name, entries] = listIn(stream);
      const key = textIn(name);
      for (const entry of listIn(entries)) {
        const [id, fields] = listIn(entry);
        if (key.endsWith(FEED)) this.#takeEntry(textIn(id), listIn(fields));
        else this.#takeSignal(key.endsWith(SIGNAL_STREAMS.typing), textIn(id), listIn(fields));
      }
    }
    if (!this.#owesLoss) this.#settle(this.#cursor.number);
  }

  #takeSignal(isTyping: boolean, id: string, fields: readonly Reply[]): void {
    if (isTyping) this.#cursor.typingId = id;
    else this.#cursor.signalId = id;
    const signal = signalIn(fields);
    if (signal === undefined) return;
    // An instance that was cut off finds signals of some minutes.
    const isStale = signal.kind === "typing" && timeOfId(id) < this.#joinedAt - TYPING_MS;
    if (!isStale) this.#options.signalled(signal);
  }

  #takeEntry(id: string, [epoch, number, ...events]: readonly Reply[]): void {
    const taken = this.#cursor.take(textIn(epoch), Number(textIn(number)));
    this.#cursor.id = id;
    if (taken === "other") return this.#options.strayed();
    if (taken === "old") return;
    if (taken === "hole") this.#lose();
    if (this.#owesLoss) return;
    for (let i = 0; i + 3 < events.length; i += 4) {
      this.#tell(textIn(events[i]), textIn(events[i + 1]), textIn(events[i + 2]), events[i + 3]);
    }
  }

  #tell(kind: string, a: string, b: string, reply: Reply | undefined): void {
    const body = textIn(reply);
    switch (kind) {
      case "m": {
        const id = b.slice(0, 26);
        const position = b.length > 26 ? b.slice(26) : id;
        return this.#options.published(a, { id, position, body });
      }
      case "d":
        return this.#options.documented(a, { position: b, body });
      case "x":
        return this.#options.dropped(a, b);
    }
  }

  #lose(): void {
    this.#owesLoss = true;
    this.settle();
  }

  #settle(number: number): void {
    for (const waiting of this.#waiting) {
      if (waiting.number > number) continue;
      clearTimeout(waiting.timer);
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }
}

/** The time in the id of an entry, in milliseconds. */
function timeOfId(id: string): number {
  return Number(id.slice(0, Math.max(0, id.indexOf("-"))));
}
