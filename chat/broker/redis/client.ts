/**
 * Client of a Redis or Valkey server, which is connected again after each loss.
 *
 * @module
 */

import type { RedisUrl } from "../../config/redis_url.ts";
import { eventLoop } from "../../runtime/timers.ts";
import { Unavailable } from "../broker.ts";
import { Connection } from "./connection.ts";
import { type LivenessOptions, TICK_MS } from "./liveness.ts";
import { login } from "./login.ts";
import type { Argument, Reply } from "./resp.ts";
import { problemOf, Session } from "./session.ts";

/** Sends a command, as {@linkcode RedisClient.call} does. */
export type Call = (args: readonly Argument[], deadlineMs?: number) => Promise<Reply>;

/** Options of a {@linkcode RedisClient}. */
export interface RedisClientOptions extends Partial<LivenessOptions> {
  readonly url: RedisUrl;
  /** The deadline of a call without one of its own, in milliseconds. */
  readonly deadlineMs: number;
  /**
   * Runs on each new connection, after AUTH and SELECT, and before other calls are let through. If it
   * rejects, the connection is closed, and another is made.
   */
  readonly prepare?: (call: Call) => Promise<void>;
  /** Told of each change, and in one outage of each problem once. Must not throw. */
  readonly changed?: (problem: string | undefined) => void;
  /** Certificates in PEM to trust besides those that Deno does. */
  readonly caCerts?: readonly string[];
  /** After how long an attempt to connect is given up, in milliseconds. */
  readonly connectMs?: number;
  /** The most memory of calls without a reply, in bytes. */
  readonly maxBytes?: number;
  /** The most bytes of a reply. */
  readonly maxReplyBytes?: number;
  /** A number from 0 to below 1, for the jitter. */
  readonly random?: () => number;
}

/**
 * An idle connection is pinged after 0.5 s, and a silent one closed after 1.2 s, so that a Redis that
 * stops is noticed within 2 s. Commands that block must come back sooner than `silenceMs`.
 */
const DEFAULTS = {
  pingMs: 500,
  silenceMs: 1200,
  connectMs: 3000,
  maxBytes: 64 * 1_048_576,
  maxReplyBytes: 64 * 1_048_576,
};

const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 2000;

/** The most problems of one outage that are told. */
const MAX_TOLD = 8;

/** The pause before another attempt to connect, after some that failed: with full jitter. */
export function backoffMs(failures: number, random: number): number {
  return random * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 10));
}

/** A number from 0 to below 1, other than those of nodes that lost the connection with this one. */
function randomNumber(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number / 2 ** 32;
}

/** Connects by itself, and again after each loss. */
export class RedisClient {
  readonly #options: RedisClientOptions & typeof DEFAULTS;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #stopTicks: () => void;
  #session: Session | undefined;
  #problem: string | undefined = "Redis was not reached yet";
  /** The problems of this outage that were told. */
  readonly #told = new Set<string>();

  constructor(options: RedisClientOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#stopTicks = eventLoop.every(TICK_MS, () => this.#session?.tick());
    this.#running = this.#run();
  }

  /** The reason for which no call can be made; `undefined`: Redis is connected, prepared and answers. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Sends a command; those of a turn of the event loop are written at once. Calls take effect in their
   * order. An error in an array is a value.
   *
   * @throws {ReplyError} if Redis refuses it
   * @throws {Unavailable} `no` if it was not written; `unknown` if it was, but the connection ended or
   * the deadline passed before its reply came
   */
  call(args: readonly Argument[], deadlineMs = this.#options.deadlineMs): Promise<Reply> {
    if (this.#session !== undefined && this.#problem === undefined) {
      return this.#session.call(args, deadlineMs);
    }
    return Promise.reject(new Unavailable(this.#problem ?? "Redis is not connected", "no"));
  }

  /** Ends the connection, and makes another: for one to a server that is no longer the right one. */
  reconnect(problem: string): void {
    this.#session?.end(problem);
  }

  /** Ends the connection for good, and with it the calls that wait. */
  async close(): Promise<void> {
    this.#problem = "The client is closed";
    this.#closing.abort();
    this.#session?.end(this.#problem);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { random = randomNumber } = this.#options;
    for (let failures = 0; !this.#isClosed; failures++) {
      const { problem, livedMs } = await this.#live();
      if (this.#isClosed) break;
      this.#tell(problem);
      // Not after each connection: one that ends at once is a failure too.
      if (livedMs > MAX_BACKOFF_MS) failures = 0;
      await this.#pause(backoffMs(failures, random()));
    }
    this.#stopTicks();
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** One connection from the attempt to its end. */
  async #live(): Promise<{ readonly problem: string; readonly livedMs: number }> {
    try {
      const session = new Session(await this.#open(), this.#options);
      this.#session = session;
      if (this.#isClosed) session.end("The client is closed");
      this.#prepare(session).catch((error) => session.end(problemOf(error)));
      const problem = await session.ended;
      this.#session = undefined;
      return { problem, livedMs: session.ageMs };
    } catch (error) {
      return { problem: problemOf(error), livedMs: 0 };
    }
  }

  async #open(): Promise<Connection> {
    const attempt = new AbortController();
    const { url, caCerts = [], connectMs } = this.#options;
    const abort = () => attempt.abort(new Error("Redis can't be reached: no connection in time"));
    const timer = setTimeout(abort, connectMs);
    this.#closing.signal.addEventListener("abort", abort);
    try {
      return await Connection.open({ url, caCerts, signal: attempt.signal });
    } catch (error) {
      attempt.signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener("abort", abort);
    }
  }

  async #prepare(session: Session): Promise<void> {
    const { url, deadlineMs, prepare } = this.#options;
    const call: Call = (args, ownMs = deadlineMs) => session.call(args, ownMs);
    await login(url, call);
    await prepare?.(call);
    if (this.#session === session && !session.isEnded) this.#tell(undefined);
  }

  #tell(problem: string | undefined): void {
    this.#problem = problem;
    if (problem === undefined) this.#told.clear();
    else if (this.#told.has(problem) || this.#told.size === MAX_TOLD) return;
    else this.#told.add(problem);
    this.#options.changed?.(problem);
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const { signal } = this.#closing;
    const abort = () => resolve();
    signal.addEventListener("abort", abort);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
