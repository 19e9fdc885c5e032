/**
 * Calls of Deno KV, each of which ends in time.
 *
 * @module
 */

import { delay } from "../../runtime/timers.ts";
import { Unavailable } from "../broker.ts";
import { jitter } from "./jitter.ts";

/** The keys that one call reads. */
const MAX_READ_KEYS = 10;

/** Entries of a list that come at a time. */
const BATCH = 200;

/** The calls of {@linkcode Deno.Kv} that a broker needs. */
export type Kv = Pick<Deno.Kv, "getMany" | "list" | "atomic" | "watch" | "close">;

/** Between two tries while a file is locked, at most. */
const LOCKED_MS = 20;

type Entry = Deno.KvEntryMaybe<unknown>;

/** Options of {@linkcode KvCalls}. */
export interface KvCallsOptions {
  readonly kv: Kv;
  /** The time that a call may take, in milliseconds. */
  readonly callMs: number;
  /** Is told when KV does not answer any more, and when it does again. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** A KV that answers within a deadline, or says why not. */
export class KvCalls {
  readonly #options: KvCallsOptions;
  readonly #pending = new Set<(error: Unavailable) => void>();
  #problem: string | undefined;
  #isClosed = false;

  constructor(options: KvCallsOptions) {
    this.#options = options;
  }

  /** The reason for which the last call has failed. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** @throws {Unavailable} if there is no answer */
  async get(key: Deno.KvKey): Promise<Entry> {
    const [entry] = await this.many([key]);
    return entry ?? { key, value: null, versionstamp: null };
  }

  /**
   * The entries of any number of keys: of ten at a time as they are at one moment, and of each at one
   * after the call.
   */
  async many(keys: readonly Deno.KvKey[]): Promise<Entry[]> {
    const parts = Array.from(
      { length: Math.ceil(keys.length / MAX_READ_KEYS) },
      (_, i) => keys.slice(i * MAX_READ_KEYS, (i + 1) * MAX_READ_KEYS),
    );
    const read = () => Promise.all(parts.map((part) => this.#options.kv.getMany(part)));
    return (await this.#within("no", read)).flat();
  }

  /**
   * Reads entries in the order of keys.
   *
   * @param take returns false if it needs no more
   */
  list(
    start: Deno.KvKey,
    end: Deno.KvKey,
    take: (entry: Deno.KvEntry<unknown>) => boolean,
    { reverse = false, limit = BATCH }: { reverse?: boolean; limit?: number } = {},
  ): Promise<void> {
    const batchSize = Math.min(limit, BATCH);
    return this.#within("no", async () => {
      let isBegun = false;
      try {
        const list = this.#options.kv.list<unknown>({ start, end }, { reverse, batchSize });
        for await (const entry of list) {
          isBegun = true;
          if (!take(entry)) break;
        }
      } catch (error) {
        // Entries that were taken must not come again.
        if (isBegun) throw new Unavailable(`A list was cut: ${messageOf(error)}`, "no");
        throw error;
      }
    });
  }

  /** All entries below a key, up to a limit. */
  async all(prefix: Deno.KvKey, limit = 10_000): Promise<Deno.KvEntry<unknown>[]> {
    const entries: Deno.KvEntry<unknown>[] = [];
    const [start, end] = below(prefix);
    await this.list(start, end, (entry) => entries.push(entry) < limit, { limit });
    return entries;
  }

  /** Commits. Returns the versionstamp; none if a check has failed. */
  async commit(build: (atomic: Deno.AtomicOperation) => void): Promise<string | undefined> {
    const result = await this.#within("unknown", () => {
      const atomic = this.#options.kv.atomic();
      build(atomic);
      return atomic.commit();
    });
    return result.ok ? result.versionstamp : undefined;
  }

  /** Lets every call fail from now on. */
  close(): void {
    this.#isClosed = true;
    for (const reject of this.#pending) reject(new Unavailable("The broker is closed", "unknown"));
  }

  async #within<Result>(kept: Unavailable["kept"], call: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new Unavailable("The broker is closed", "no");
    const { callMs } = this.#options;
    const failed = Promise.withResolvers<never>();
    let isOver = false;
    const timer = setTimeout(() => {
      failed.reject(new Unavailable(`Deno KV does not answer within ${callMs} ms`, kept));
    }, callMs);
    this.#pending.add(failed.reject);
    try {
      const result = await Promise.race([untilFree(call, () => isOver), failed.promise]);
      this.#note(undefined);
      return result;
    } catch (error) {
      const reason = error instanceof Unavailable
        ? error
        : new Unavailable(`Deno KV fails: ${messageOf(error)}`, kept, { cause: error });
      this.#note(reason.message);
      throw reason;
    } finally {
      isOver = true;
      clearTimeout(timer);
      this.#pending.delete(failed.reject);
    }
  }

  #note(problem: string | undefined): void {
    if (this.#isClosed || (problem === undefined) === (this.#problem === undefined)) return;
    this.#problem = problem;
    this.#options.onProblem(problem);
  }
}

/** Calls again while another process has locked a local file: nothing was done then. */
async function untilFree<Result>(
  call: () => Promise<Result>,
  isOver: () => boolean,
): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isLocked = !(error instanceof Unavailable) &&
        messageOf(error).includes("database is locked");
      if (isOver() || !isLocked) throw error;
      await delay(jitter(LOCKED_MS));
    }
  }
}

/** The first key below a prefix, and the one after all of them. */
export function below(prefix: Deno.KvKey): [start: Deno.KvKey, end: Deno.KvKey] {
  // Of the types of parts, bytes come first and booleans last.
  return [[...prefix, new Uint8Array()], [...prefix, true]];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
