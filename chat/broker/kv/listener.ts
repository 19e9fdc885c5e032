/**
 * Listener at a KV: a watch on its doorbells, and a look at them at times.
 *
 * @module
 */

import type { Kv, KvCalls } from "./calls.ts";
import type { KvFeed } from "./feed.ts";
import { jitter } from "./jitter.ts";
import { BELL, HEAD } from "./keys.ts";
import { readHead } from "./records.ts";
import type { KvSignals } from "./signals.ts";

/** Between two looks while KV does not answer, at most. */
const PROBLEM_POLL_MS = 1_000;

/** The time after which a watch that has ended is begun again, on average. */
const WATCH_AGAIN_MS = 2_000;

/** Options of a {@linkcode KvListener}. */
export interface KvListenerOptions {
  readonly calls: KvCalls;
  readonly kv: Pick<Kv, "watch">;
  readonly feed: KvFeed;
  readonly signals: KvSignals;
  /** A watch reaches no other process on a local file, and it may end without a word. */
  readonly pollMs: number;
}

/** Has the feed and the signals read when there is something new. */
export class KvListener {
  readonly #options: KvListenerOptions;
  #reader: ReadableStreamDefaultReader<readonly Deno.KvEntryMaybe<unknown>[]> | undefined;
  #watchTimer: ReturnType<typeof setTimeout> | undefined;
  #pollTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: KvListenerOptions) {
    this.#options = options;
    this.#watch();
    this.#pollLater();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#watchTimer);
    clearTimeout(this.#pollTimer);
    // Not awaited: a KV that hangs would hold up the end.
    this.#reader?.cancel().catch(() => {});
  }

  async #watch(): Promise<void> {
    try {
      this.#reader = this.#options.kv.watch<unknown[]>([HEAD, BELL]).getReader();
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done || this.#isClosed) break;
        this.#take(value);
      }
    } catch {
      // The next look at the KV tells its problem.
    }
    this.#reader = undefined;
    if (this.#isClosed) return;
    const delayMs = WATCH_AGAIN_MS / 2 + jitter(WATCH_AGAIN_MS);
    this.#watchTimer = setTimeout(() => this.#watch(), delayMs);
  }

  #pollLater(): void {
    if (this.#isClosed) return;
    const { calls, pollMs } = this.#options;
    const delayMs = calls.problem === undefined ? pollMs : Math.min(pollMs, PROBLEM_POLL_MS);
    this.#pollTimer = setTimeout(() => {
      calls.many([HEAD, BELL]).then((entries) => this.#take(entries), () => {})
        .finally(() => this.#pollLater());
    }, delayMs);
  }

  #take(entries: readonly Deno.KvEntryMaybe<unknown>[]): void {
    const [head, bell] = entries;
    const { feed, signals } = this.#options;
    const stored = head && readHead(head);
    // An older one, too: a KV that was emptied or put back is noticed so.
    if (stored?.versionstamp !== feed.head.versionstamp) feed.catchUp().catch(() => {});
    if (bell !== undefined) signals.ring(bell.value);
  }
}
