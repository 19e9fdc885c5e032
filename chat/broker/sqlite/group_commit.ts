/**
 * The calls of a turn of the event loop, which share one transaction.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import { setImmediate } from "node:timers";
import { type Op, type Outcome, Unavailable } from "../broker.ts";
import { CommitError } from "./database.ts";
import { isFull, isLocked, messageOf } from "./folder.ts";
import type { Written } from "./writer.ts";

/** Rows of one transaction: from here on the CPU is the limit and not the disk. 4 ms. */
const MAX_ROWS = 100;

/** The time for which another process may lock the database before calls fail, and between tries. */
const LOCKED_MS = 2_000;
const RETRY_MS = 5;

/** What a {@linkcode GroupCommit} needs. */
export interface GroupCommitOptions {
  /** Writes the ops of some calls; all or nothing. */
  write(calls: readonly (readonly Op[])[]): Written;
  /** Tells subscribers what was written, before callers hear of it. */
  written(written: Written): void;
  /** Whether calls have failed and nothing was written since: then none waits for a lock. */
  isFailing(): boolean;
  /** Takes note of why nothing could be written. */
  failed(error: unknown): void;
}

/** A call that waits for its transaction. */
interface Call {
  readonly ops: readonly Op[];
  resolve(outcomes: Outcome[]): void;
  reject(error: Unavailable): void;
}

/** Collects calls, and writes them at the end of the turn. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #calls: Call[] = [];
  #isScheduled = false;
  /** Since when another process has locked the database. */
  #lockedAt = Infinity;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Whether no call waits. */
  get isIdle(): boolean {
    return this.#calls.length === 0;
  }

  /** Takes ops for the transaction of this turn. */
  add(ops: readonly Op[]): Promise<Outcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>();
    this.#calls.push({ ops, resolve, reject });
    this.#schedule();
    return promise;
  }

  #schedule(delayMs = 0): void {
    if (this.#isScheduled || this.isIdle) return;
    this.#isScheduled = true;
    const commit = () => {
      this.#isScheduled = false;
      try {
        this.#commit();
      } finally {
        this.#schedule();
      }
    };
    if (delayMs === 0) setImmediate(commit);
    else setTimeout(commit, delayMs);
  }

  #commit(): void {
    const calls = this.#take();
    let written: Written;
    try {
      written = this.#options.write(calls.map(({ ops }) => ops));
      this.#lockedAt = Infinity;
    } catch (error) {
      return this.#fail(calls, error);
    }
    try {
      this.#options.written(written);
    } finally {
      calls.forEach(({ resolve }, i) => resolve(written.outcomes[i] ?? []));
    }
  }

  /** As many calls as one transaction takes; one at least. */
  #take(): Call[] {
    let rows = 0;
    const end = this.#calls.findIndex(({ ops }, i) => (rows += ops.length) > MAX_ROWS && i > 0);
    return this.#calls.splice(0, end === -1 ? this.#calls.length : end);
  }

  #fail(calls: readonly Call[], error: unknown): void {
    const now = eventLoop.now;
    if (isLocked(error) && !this.#options.isFailing()) {
      this.#lockedAt = Math.min(this.#lockedAt, now);
      if (now - this.#lockedAt < LOCKED_MS) {
        this.#calls.unshift(...calls);
        return this.#schedule(RETRY_MS);
      }
      this.#lockedAt = Infinity;
    }
    // A transaction that found no space for its end has none in the file.
    const kept = error instanceof CommitError && !isFull(error) ? "unknown" : "no";
    const reason = new Unavailable(`Cannot write: ${messageOf(error)}`, kept, { cause: error });
    this.#options.failed(error);
    for (const { reject } of calls) reject(reason);
  }
}
