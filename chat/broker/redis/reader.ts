/**
 * Reader of a store.
 *
 * @module
 */

import { Semaphore } from "../../limits/semaphore.ts";
import {
  type Document,
  type KeyedDocument,
  type LogPart,
  type Message,
  type MessagePage,
  type OpenedRoom,
  type PageBound,
  readDocumentKey,
  type Receipt,
  Unavailable,
} from "../broker.ts";
import type { Call } from "./client.ts";
import { unavailable } from "./failures.ts";
import type { FeedReader } from "./feed_reader.ts";
import { receiptIn, requestKey } from "./ops.ts";
import {
  documentIn,
  documentsIn,
  messageIn,
  openRoom,
  readAfter,
  readArguments,
  readPage,
  type ReadRoom,
  roomIn,
} from "./reads.ts";
import { listIn, textIn } from "./replies.ts";
import type { Argument, Reply } from "./resp.ts";
import { runScript, Script } from "./script.ts";
import { READ } from "./scripts/read.ts";

const read = new Script(READ);

/** Rooms that are opened at a time: after a restart there are thousands. */
const OPENING = 8;

/**
 * Pages that Redis is asked for at a time. Each keeps it busy for some milliseconds, and messages that are
 * written wait behind them.
 */
const READING = 4;

/** Options of a {@linkcode Reader}. */
export interface ReaderOptions {
  readonly prefix: string;
  readonly deadlineMs: number;
  readonly call: Call;
  readonly feed: Pick<FeedReader, "epoch" | "heard">;
  /** Joins the store, which has begun another life. */
  join(): Promise<void>;
}

/** Reads what is kept. All methods reject with `Unavailable`. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #opening = new Semaphore(OPENING);
  readonly #reading = new Semaphore(READING);
  #catchingUp: Promise<void> | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async receipt(user: string, ref: string): Promise<Receipt | undefined> {
    const text = await this.#text(["GET", this.#key("receipt", requestKey(user, ref))]);
    return text === undefined ? undefined : receiptIn(text);
  }

  async get(room: string, id: string): Promise<Message | undefined> {
    const text = await this.#text(["HGET", this.#key("bodies", room), id]);
    return text === undefined ? undefined : messageIn(id, text);
  }

  async document(key: string): Promise<Document | undefined> {
    const docs = this.#key("docs", readDocumentKey(key).room);
    const text = await this.#text(["HGET", docs, key]);
    return text === undefined ? undefined : documentIn(text);
  }

  documents(room: string): Promise<readonly KeyedDocument[]> {
    return this.#try(async (call) => documentsIn(await call(["HGETALL", this.#key("docs", room)])));
  }

  open(room: string, limit: number): Promise<OpenedRoom> {
    return this.#opening.run(() => openRoom(this.#read, room, limit));
  }

  after(room: string, position: string, limit: number): Promise<LogPart> {
    return readAfter(this.#read, room, position, limit);
  }

  page(room: string, bound: PageBound, limit: number): Promise<MessagePage> {
    return readPage(this.#read, room, bound, limit);
  }

  /** Resolves when all that is in the feed was told here, or `lost` was since. */
  catchUp(): Promise<void> {
    // Calls of a turn share one question; a question that was asked before tells them nothing.
    this.#catchingUp ??= new Promise((resolve, reject) => {
      setTimeout(() => {
        this.#catchingUp = undefined;
        this.#catchUp().then(resolve, reject);
      });
    });
    return this.#catchingUp;
  }

  #catchUp(): Promise<void> {
    const { prefix } = this.#options;
    return this.#try(async (call) => {
      const state = listIn(await call(["HMGET", `${prefix}:state`, "epoch", "feed"]));
      await this.#hear(textIn(state[0]), Number(textIn(state[1])));
    });
  }

  /** Reads a room. What it returns was told here before, so that no later one of it is. */
  readonly #read: ReadRoom = (...args) =>
    this.#try(async (call) => {
      const run = async () => roomIn(await this.#reading.run(() => this.#run(call, args)));
      let room = await run();
      if (room.epoch !== this.#options.feed.epoch) {
        await this.#options.join();
        room = await run();
      }
      await this.#hear(room.epoch ?? "", room.number);
      return room;
    });

  #run(call: Call, args: Parameters<ReadRoom>): Promise<Reply> {
    return runScript(call, read, this.#options.prefix, readArguments(...args));
  }

  async #hear(epoch: string, number: number): Promise<void> {
    const { feed, join, deadlineMs } = this.#options;
    if (epoch === feed.epoch) await feed.heard(epoch, number, deadlineMs);
    // Then all that came before is lost.
    else await join();
  }

  /** The text that a command returns; none: there is nothing. */
  #text(args: readonly Argument[]): Promise<string | undefined> {
    return this.#try(async (call) => {
      const reply = await call(args);
      return reply === null ? undefined : textIn(reply);
    });
  }

  async #try<Result>(run: (call: Call) => Promise<Result>): Promise<Result> {
    try {
      return await run(this.#options.call);
    } catch (error) {
      const { message } = unavailable(error, "read");
      throw new Unavailable(message, "no", { cause: error });
    }
  }

  #key(kind: string, name: string): string {
    return `${this.#options.prefix}:${kind}:${name}`;
  }
}
