/**
 * Calls of `publish`, batch by batch.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import { type Op, type Outcome, Unavailable } from "../broker.ts";

/**
 * Ops of a batch, where so many units of a body count as another one: of more, Redis does nothing else for
 * some milliseconds.
 */
const MAX_BATCH = 64;
const OP_UNITS = 4_096;

/** Options of a {@linkcode Publisher}. */
export interface PublisherOptions {
  /** The milliseconds after which a call fails. */
  readonly deadlineMs: number;
  /** Writes the ops of some calls; all or nothing. Rejects with `Unavailable`. */
  write(ops: readonly Op[], deadlineMs: number): Promise<Written>;
}

/** The outcomes of a batch. */
export interface Written {
  readonly outcomes: readonly Outcome[];
  /** Resolves when all of it was told here, or `lost` came since. */
  heard(deadlineMs: number): Promise<void>;
}

/** A call that waits for its batch. */
interface Call {
  readonly ops: readonly Op[];
  readonly deadlineAt: number;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/**
 * Writes one batch at a time, so that calls take effect in their order, whatever Redis says to one. Those
 * that come meanwhile are the next batch.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #calls: Call[] = [];
  #isRunning = false;
  #pending = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Resolves when no call waits. */
  get idle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  async add(ops: readonly Op[]): Promise<Outcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>();
    const deadlineAt = eventLoop.now + this.#options.deadlineMs;
    this.#calls.push({ ops, deadlineAt, resolve, reject });
    this.#pending++;
    if (!this.#isRunning) this.#run();
    try {
      return await promise;
    } finally {
      if (--this.#pending === 0) this.#idle?.resolve();
    }
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // With the other calls of this turn.
    await new Promise<void>((resolve) => eventLoop.soon(resolve));
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      await this.#write(batch);
    }
    this.#isRunning = false;
  }

  /** As many calls as one batch takes; one at least. */
  #take(): Call[] {
    const now = eventLoop.now;
    this.#calls = this.#calls.filter((call) => {
      if (call.deadlineAt > now) return true;
      call.reject(new Unavailable("Redis does not answer in time", "no"));
      return false;
    });
    let weight = 0;
    const end = this.#calls.findIndex(({ ops }, i) => {
      for (const op of ops) weight += 1 + ("body" in op ? op.body.length / OP_UNITS : 0);
      return weight > MAX_BATCH && i > 0;
    });
    return this.#calls.splice(0, end === -1 ? this.#calls.length : end);
  }

  async #write(batch: readonly Call[]): Promise<void> {
    const [{ deadlineAt } = { deadlineAt: 0 }] = batch;
    try {
      const ops = batch.flatMap((call) => call.ops);
      const written = await this.#options.write(ops, Math.max(1, deadlineAt - eventLoop.now));
      // The next batch does not wait for it.
      this.#settle(batch, written).catch((error) => this.#reject(batch, error));
    } catch (error) {
      this.#reject(batch, error);
    }
  }

  async #settle(batch: readonly Call[], { outcomes, heard }: Written): Promise<void> {
    const [{ deadlineAt } = { deadlineAt: 0 }] = batch;
    await heard(Math.max(1, deadlineAt - eventLoop.now));
    let start = 0;
    for (const { ops, resolve } of batch) resolve(outcomes.slice(start, start += ops.length));
  }

  #reject(batch: readonly Call[], error: unknown): void {
    for (const { reject } of batch) reject(error);
  }
}
