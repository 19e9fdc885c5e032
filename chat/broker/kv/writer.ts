/**
 * Writer of a KV: the ops of all calls, in as few commits as their limits allow.
 *
 * @module
 */

import { Semaphore } from "../../limits/semaphore.ts";
import { eventLoop } from "../../runtime/timers.ts";
import { type Op, type Outcome, type Receipt, requestsOf, Unavailable } from "../broker.ts";
import { epochOf, type Positions } from "../positions.ts";
import type { Receipts } from "../receipts.ts";
import type { KvCalls } from "./calls.ts";
import { MAX_BYTES, MAX_CHECKS, MAX_KEY_BYTES, MAX_MUTATIONS } from "./changes.ts";
import type { KvFeed } from "./feed.ts";
import { EPOCHS, HEAD, receiptKey } from "./keys.ts";
import { Race } from "./race.ts";
import type { Event, StoredHead } from "./records.ts";
import { readState, type State } from "./state.ts";
import { Transaction, weightOf } from "./transaction.ts";

/** The rooms of which it is known that they have messages, and the hours that they have. */
const MAX_ROOMS = 10_000;

/** Options of a {@linkcode KvWriter}. */
export interface KvWriterOptions {
  readonly calls: KvCalls;
  readonly feed: KvFeed;
  readonly positions: () => Positions;
  readonly receipts: Receipts<Receipt>;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
}

/** A call, and what became of its ops so far. */
interface Call {
  readonly ops: readonly Op[];
  readonly outcomes: Outcome[];
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** Collects calls, and commits them one after the other. */
export class KvWriter {
  readonly #options: KvWriterOptions;
  /** Commits of one instance only get into each other's way. */
  readonly #commits = new Semaphore(1);
  readonly #calls: Call[] = [];
  /** The last hour that each room with messages is marked with. */
  readonly #rooms = new Map<string, number>();
  #running: Promise<void> | undefined;

  constructor(options: KvWriterOptions) {
    this.#options = options;
  }

  /** Resolves when no call waits. */
  get idle(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  publish(ops: readonly Op[]): Promise<Outcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>();
    this.#calls.push({ ops, outcomes: [], resolve, reject });
    // The calls of a turn share a commit.
    this.#running ??= new Promise<void>(eventLoop.soon).then(() => this.#run());
    return promise;
  }

  /** A room may have no messages any more. */
  forgetRoom(room: string): void {
    this.#rooms.delete(room);
  }

  /** Forgets everything that was read. */
  reset(): void {
    this.#rooms.clear();
  }

  /**
   * Commits what a function does, which may be called several times: each time when others were
   * faster. A transaction that has changed nothing is not committed.
   *
   * @throws {Unavailable} if it could not be committed in time
   */
  commit<Result>(
    carryOut: (begin: (transaction: BeginOptions) => Transaction, tries: Try) => Promise<
      { readonly transaction: Transaction | undefined; readonly result: Result }
    >,
  ): Promise<Result> {
    return this.#commits.run(() => this.#commit(carryOut));
  }

  async #commit<Result>(carryOut: Parameters<typeof this.commit<Result>>[0]): Promise<Result> {
    const { calls, feed, receipts, now } = this.#options;
    const race = new Race("Other instances write all the time");
    let hasKnownRefs = false;
    for (;;) {
      const { head } = feed;
      const begin = ({ state }: BeginOptions) =>
        new Transaction({
          ...{ head, state, receipts, positions: this.#options.positions(), now: now() },
          isMarked: (room, hour) => this.#rooms.get(room) === hour,
        });
      const tried: Try = { hasKnownRefs, checked: [] };
      const { transaction, result } = await carryOut(begin, tried);
      if (transaction === undefined || transaction.changes.isEmpty) return result;
      const { changes, events } = transaction;
      const next = transaction.end();
      const epoch = epochOf(head.position);
      if (epoch !== epochOf(next.position)) changes.set([...EPOCHS, epoch], head.position);
      feed.write(changes, next.position, events);
      changes.set(HEAD, next);
      const versionstamp = await calls.commit((atomic) => {
        atomic.check({ key: HEAD, versionstamp: head.versionstamp });
        for (const key of tried.checked) atomic.check({ key, versionstamp: null });
        changes.applyTo(atomic);
      });
      if (versionstamp !== undefined) {
        this.#confirm(transaction);
        await this.#tell(head, { ...next, versionstamp }, events);
        return result;
      }
      await feed.catchUp();
      if (feed.head.versionstamp === head.versionstamp) hasKnownRefs = true;
      await race.next();
    }
  }

  /** Tells what was committed. It is kept, so nothing may fail. */
  async #tell(was: StoredHead, head: StoredHead, events: readonly Event[]): Promise<void> {
    const { feed } = this.#options;
    try {
      await feed.committed(was, head, events);
    } catch {
      feed.reset(head);
    }
  }

  #confirm({ receipts, marks }: Transaction): void {
    for (const { request: { user, ref, address }, receipt } of receipts) {
      this.#options.receipts.remember(user, ref, receipt, address);
    }
    for (const [room, hour] of marks) {
      if (this.#rooms.size >= MAX_ROOMS) this.#rooms.clear();
      this.#rooms.set(room, hour);
    }
  }

  async #run(): Promise<void> {
    while (this.#calls.length > 0) {
      const parts = this.#take();
      try {
        const ops = parts.flatMap((part) => part.ops);
        const outcomes = await this.commit((begin, tried) => this.#carryOut(ops, begin, tried));
        let start = 0;
        for (const { call, ops } of parts) {
          call.outcomes.push(...outcomes.slice(start, start += ops.length));
        }
      } catch (error) {
        this.#fail(parts.map(({ call }) => call), error);
      }
      while (this.#calls[0] !== undefined) {
        const { ops, outcomes, resolve } = this.#calls[0];
        if (outcomes.length < ops.length) break;
        this.#calls.shift();
        resolve(outcomes);
      }
    }
    // In the same turn: nothing may be added in between.
    this.#running = undefined;
  }

  async #carryOut(
    ops: readonly Op[],
    begin: (options: BeginOptions) => Transaction,
    tried: Try,
  ): Promise<{ transaction: Transaction; result: Outcome[] }> {
    const { calls, feed } = this.#options;
    const requests = ops.flatMap(requestsOf);
    // Checks alone do as long as no ref is known: they take no time.
    let withReceipts = tried.hasKnownRefs || requests.length > MAX_CHECKS;
    for (;;) {
      const state = await readState(calls, ops, this.#rooms, withReceipts);
      const transaction = begin({ state });
      const result = ops.map((op) => transaction.apply(op));
      const isClear = withReceipts || result.every(({ as }) => as === "kept" || as === "known");
      if (!isClear) {
        withReceipts = true;
        continue;
      }
      if (!withReceipts) {
        tried.checked = transaction.receipts.map(({ request: { user, ref } }) =>
          receiptKey(user, ref)
        );
      }
      const isBehind = result.some((each) =>
        each.as === "known" && each.position > feed.head.position
      );
      if (isBehind) await feed.catchUp();
      return { transaction, result };
    }
  }

  /** As many ops as a commit takes, of the first calls. */
  #take(): { readonly call: Call; readonly ops: Op[] }[] {
    const parts: { call: Call; ops: Op[] }[] = [];
    const sum = { mutations: 0, bytes: 0, keyBytes: 0, checks: 0 };
    for (const call of this.#calls) {
      const ops: Op[] = [];
      parts.push({ call, ops });
      for (const op of call.ops.slice(call.outcomes.length)) {
        const { mutations, bytes, keyBytes, checks } = weightOf(op);
        sum.mutations += mutations;
        sum.bytes += bytes;
        sum.keyBytes += keyBytes;
        sum.checks += checks;
        const isFull = sum.mutations > MAX_MUTATIONS || sum.bytes > MAX_BYTES ||
          sum.keyBytes > MAX_KEY_BYTES || sum.checks > MAX_CHECKS;
        const isFirst = parts.length === 1 && ops.length === 0;
        if (isFull && !isFirst) return parts.filter(({ ops }) => ops.length > 0);
        ops.push(op);
      }
    }
    return parts;
  }

  /** Rejects calls, and those behind them too if nothing answers. */
  #fail(failed: readonly Call[], error: unknown): void {
    const reason = error instanceof Unavailable
      ? error
      : new Unavailable(`Cannot write: ${error}`, "unknown", { cause: error });
    const isSilent = this.#options.calls.problem !== undefined;
    const ended = isSilent ? [...this.#calls] : failed;
    for (const call of ended) {
      this.#calls.splice(this.#calls.indexOf(call), 1);
      const isTried = failed.includes(call) && reason.kept === "unknown";
      // Ops that an earlier commit kept stay: their refs are known.
      const kept = isTried || call.outcomes.some(({ as }) => as === "kept") ? "unknown" : "no";
      call.reject(new Unavailable(reason.message, kept, { cause: error }));
    }
  }
}

/** The state with which a transaction begins. */
export interface BeginOptions {
  readonly state: State;
}

/** One try of a commit. */
export interface Try {
  /** True if a ref may be known: an earlier try has failed, and no other commit was the reason. */
  readonly hasKnownRefs: boolean;
  /** Keys that must not exist. */
  checked: Deno.KvKey[];
}
