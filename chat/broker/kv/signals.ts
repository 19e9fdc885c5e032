/**
 * Signals between instances by a KV: posts that are numbered, and kept for some seconds.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import type { Signal } from "../broker.ts";
import type { KvCalls } from "./calls.ts";
import { Changes } from "./changes.ts";
import { BELL, SIGNALS } from "./keys.ts";
import { fromParts } from "./values.ts";

/** Between two posts of an instance, at least, in milliseconds. */
const POST_MS = 200;

/** The time for which a post is kept, and the most that an instance reads which is behind. */
const SIGNAL_MS = 10_000;
const MAX_POSTS = 100;

/**
 * The units of a post. Signals beyond it wait for the next one; beyond the second, they are lost, and
 * beyond the third, those of users who are typing: those of instances would have to be told anew.
 */
const MAX_POST_UNITS = 100_000;
const MAX_WAITING_UNITS = 400_000;
const MAX_TYPING_UNITS = 50_000;

/** Tries of a post while others post too. */
const MAX_TRIES = 10;

/** The content of a post. */
interface Post {
  readonly from: string;
  readonly signals: readonly Signal[];
}

/** Options of {@linkcode KvSignals}. */
export interface KvSignalsOptions {
  readonly calls: KvCalls;
  readonly tell: (signal: Signal) => void;
}

/** Tells every instance the signals of all, each at most once. */
export class KvSignals {
  readonly #options: KvSignalsOptions;
  readonly #id = crypto.randomUUID();
  /** Signals as JSON, by what makes an earlier one void. */
  readonly #waiting = new Map<string, string>();
  #waitingUnits = 0;
  #lastKey = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #posting: Promise<void> | undefined;
  #postedAt = -Infinity;
  /** The number of the last post that was read. */
  #seen: number;
  /** The number of the newest post that is known of. */
  #rung: number;
  #reading: Promise<void> | undefined;
  #isClosed = false;

  /** @param bell its value in KV now */
  constructor(bell: unknown, options: KvSignalsOptions) {
    this.#options = options;
    this.#seen = this.#rung = numberIn(bell);
  }

  /** Tells a signal here, and to the others with the next post. */
  signal(signal: Signal): void {
    queueMicrotask(() => {
      if (!this.#isClosed) this.#options.tell(signal);
    });
    if (this.#isClosed) return;
    const json = JSON.stringify(signal);
    const maxUnits = signal.kind === "typing" ? MAX_TYPING_UNITS : MAX_WAITING_UNITS;
    if (this.#waitingUnits + json.length > maxUnits) return;
    const key = signal.kind === "typing"
      ? `${signal.room}:${signal.user.id}`
      : String(++this.#lastKey);
    this.#waitingUnits += json.length - (this.#waiting.get(key)?.length ?? 0);
    this.#waiting.set(key, json);
    this.#schedule();
  }

  /** To be called with the bell as it is. Reads the posts that are new. */
  ring(bell: unknown): void {
    // It may be older than what is known: a watch and a look at the KV overtake each other.
    this.#rung = Math.max(this.#rung, numberIn(bell));
    if (this.#rung <= this.#seen || this.#isClosed) return;
    this.#reading ??= this.#readAll().finally(() => this.#reading = undefined);
  }

  /** Resolves when what waits is posted, or can't be: the last signal says that the instance ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#posting;
    while (this.#waiting.size > 0) await this.#post().catch(() => {});
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#posting !== undefined || this.#isClosed) return;
    const delayMs = Math.max(0, this.#postedAt + POST_MS - eventLoop.now);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#postedAt = eventLoop.now;
      // A post that can't be made now is lost.
      this.#posting = this.#post().catch(() => {}).finally(() => {
        this.#posting = undefined;
        if (this.#waiting.size > 0) this.#schedule();
      });
    }, delayMs);
  }

  async #post(): Promise<void> {
    const { calls } = this.#options;
    const text = this.#take();
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const seen = this.#seen;
      const { value, versionstamp } = await calls.get(BELL);
      const number = numberIn(value) + 1;
      // A KV that was emptied or put back counts on from there.
      if (number <= seen) this.#seen = this.#rung = number - 1;
      const changes = new Changes();
      changes.set(BELL, number);
      changes.setText([...SIGNALS, number], text, SIGNAL_MS);
      const done = await calls.commit((atomic) => {
        atomic.check({ key: BELL, versionstamp });
        changes.applyTo(atomic);
      });
      if (done === undefined) continue;
      // Its own post need not be read.
      if (this.#seen === number - 1) this.#seen = number;
      return;
    }
  }

  /** The text of a post with the signals that wait, or some of them. */
  #take(): string {
    const signals: string[] = [];
    let units = 0;
    for (const [key, json] of this.#waiting) {
      if (signals.length > 0 && units + json.length > MAX_POST_UNITS) break;
      this.#waiting.delete(key);
      this.#waitingUnits -= json.length;
      units += json.length;
      signals.push(json);
    }
    return `{"from":${JSON.stringify(this.#id)},"signals":[${signals}]}`;
  }

  /** Reads what is new, and what has come meanwhile. What can't be read now is lost. */
  async #readAll(): Promise<void> {
    while (this.#seen < this.#rung && !this.#isClosed) await this.#read(this.#rung).catch(() => {});
  }

  async #read(number: number): Promise<void> {
    const first = Math.max(this.#seen + 1, number - MAX_POSTS + 1);
    this.#seen = number;
    const parts: unknown[][] = [];
    const take = ({ key, value }: Deno.KvEntry<unknown>) => {
      const index = Number(key[SIGNALS.length]) - first;
      (parts[index] ??= [])[Number(key[SIGNALS.length + 1])] = value;
      return true;
    };
    await this.#options.calls.list([...SIGNALS, first], [...SIGNALS, number + 1], take);
    for (const each of parts) {
      const text = each && fromParts(each);
      if (text === undefined || this.#isClosed) continue;
      const { from, signals }: Post = JSON.parse(text);
      if (from !== this.#id) { for (const signal of signals) this.#options.tell(signal); }
    }
  }
}

function numberIn(bell: unknown): number {
  return typeof bell === "number" ? bell : 0;
}
