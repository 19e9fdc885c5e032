/**
 * Writer of batches of ops.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import { type Op, requestsOf, Unavailable } from "../broker.ts";
import { Receipts, RECEIPTS_KEPT_MS } from "../receipts.ts";
import type { RedisClient } from "./client.ts";
import { isOtherEpoch, unavailable } from "./failures.ts";
import type { FeedReader } from "./feed_reader.ts";
import { argumentsOf, outcomeIn } from "./ops.ts";
import type { Written } from "./publisher.ts";
import { listIn } from "./replies.ts";
import type { Argument, Reply } from "./resp.ts";
import { runLoaded, Script } from "./script.ts";
import { WRITE } from "./scripts/write.ts";

const write = new Script(WRITE);

/** Receipts are kept a bit longer than they must: clocks of replicas differ. */
const RECEIPT_MS = RECEIPTS_KEPT_MS + 10_000;

/** The time that replicas are waited for, in milliseconds: a connection that is silent for longer is dead. */
const WAIT_MS = 800;

/** The life of the key by which an instance tries if Redis takes writes, in milliseconds. */
const PROBE_MS = 60_000;

/** The most times that the store is joined for a batch: others may begin another life of it meanwhile. */
const MAX_JOINS = 3;

/** Options of a {@linkcode Writer}. */
export interface WriterOptions {
  readonly client: Pick<RedisClient, "call">;
  readonly prefix: string;
  /** Replicas that must have a batch before it counts as kept. */
  readonly wait: number;
  readonly receiptBytes: number;
  readonly feed: Pick<FeedReader, "epoch" | "heard">;
  /** Joins the store, which has begun another life. */
  join(): Promise<void>;
  /** Told the position of everything that was kept. */
  kept(position: string): void;
}

/** Too few replicas have what was written. */
export class TooFewReplicas extends Unavailable {}

/** Writes batches, and keeps the receipts of an address within their bounds. */
export class Writer {
  readonly #options: WriterOptions;
  /** Counts those that were made here. Redis has them. */
  readonly #receipts: Receipts<true>;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#receipts = new Receipts(RECEIPTS_KEPT_MS, options.receiptBytes, eventLoop.now);
  }

  /** Receipts that were made here, and the memory in which they are counted. */
  get receipts(): { readonly receipts: number; readonly receiptBytes: number } {
    this.#receipts.sweep(eventLoop.now);
    return { receipts: this.#receipts.size, receiptBytes: this.#receipts.bytes };
  }

  /**
   * Writes the ops of a batch; all or nothing.
   *
   * @throws {Unavailable} also if too few replicas have it
   */
  async write(ops: readonly Op[], deadlineMs: number): Promise<Written> {
    const { feed, join, kept } = this.#options;
    const end = eventLoop.now + deadlineMs;
    this.#receipts.sweep(eventLoop.now);
    const fields = ops.flatMap((op) => argumentsOf(op, this.#takePlace(op)));
    try {
      for (let tries = 0;; tries++) {
        const { epoch } = feed;
        if (epoch === undefined) throw new Unavailable("Redis was not reached yet", "no");
        try {
          const args = [epoch, RECEIPT_MS, ops.length, ...fields];
          const [number, replies] = listIn(await this.#run(args, end - eventLoop.now));
          const outcomes = listIn(replies).map(outcomeIn);
          for (const outcome of outcomes) if ("position" in outcome) kept(outcome.position);
          return { outcomes, heard: (ms) => feed.heard(epoch, Number(number), ms) };
        } catch (error) {
          if (!isOtherEpoch(error) || tries === MAX_JOINS) throw error;
          await join();
          if (eventLoop.now >= end) throw error;
        }
      }
    } catch (error) {
      throw unavailable(error, "write");
    }
  }

  #takePlace(op: Op): boolean {
    const requests = requestsOf(op);
    if (!requests.every(({ address }) => this.#receipts.hasPlace(address))) return false;
    for (const { user, ref, address } of requests) {
      this.#receipts.remember(user, ref, true, address);
    }
    return true;
  }

  #run(args: readonly Argument[], deadlineMs: number): Promise<Reply> {
    return runLoaded(
      write,
      this.#options.prefix,
      args,
      (command) => this.#keep(command, deadlineMs),
    );
  }

  /** Tries whether Redis takes writes, and whether replicas have them in time. */
  async probe(): Promise<void> {
    await this.#keep(["SET", `${this.#options.prefix}:probe`, 1, "PX", PROBE_MS]);
  }

  async #keep(command: readonly Argument[], deadlineMs?: number): Promise<Reply> {
    const { client, wait } = this.#options;
    const written = client.call(command, deadlineMs);
    // On the same connection, or it tells nothing of this command.
    const replicas = wait === 0
      ? Promise.resolve(0)
      : client.call(["WAIT", wait, WAIT_MS], deadlineMs);
    const [reply, count] = await Promise.allSettled([written, replicas]);
    if (reply.status === "rejected") throw reply.reason;
    if (count.status === "rejected") {
      // Redis has it, which a WAIT that was never sent does not change.
      const { message, cause = count.reason } = unavailable(count.reason, "write");
      throw new Unavailable(message, "unknown", { cause });
    }
    if (Number(count.value) >= wait) return reply.value;
    throw new TooFewReplicas(
      `${count.value} of ${wait} replicas had it after ${WAIT_MS} ms`,
      "unknown",
    );
  }
}
