/**
 * Claims of names, and the signs of life by which they hold.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import { CLAIM_MS, Unavailable } from "../broker.ts";
import type { Call } from "./client.ts";
import { unavailable } from "./failures.ts";
import { listIn } from "./replies.ts";
import type { Argument, Reply } from "./resp.ts";
import { runScript, Script } from "./script.ts";
import { BEAT, CLAIM, LEAVE } from "./scripts/life.ts";

const beat = new Script(BEAT);
const claim = new Script(CLAIM);
const leave = new Script(LEAVE);

/** The time for which an instance that gives no sign of life keeps the upkeep, in milliseconds. */
const KEEPER_MS = 10_000;

/** Claims of a batch, and their rooms: of more, Redis does nothing else for some milliseconds. */
const MAX_BATCH = 200;

/** Options of {@linkcode Claims}. */
export interface ClaimsOptions {
  readonly prefix: string;
  readonly deadlineMs: number;
  readonly call: Call;
  /** The claims of this instance are gone. */
  lost(): void;
}

/** The answer to a sign of life. */
export interface Beat {
  readonly epoch: string;
  /** The number of the last entry of the feed. */
  readonly number: number;
  /** True if this instance does the upkeep. */
  readonly isKeeper: boolean;
}

/** A claim or release that is to be done. */
interface Waiting {
  readonly action: "claim" | "release";
  readonly user: string;
  readonly rooms: readonly string[];
  readonly skeletons: readonly string[];
  readonly deadlineAt: number;
  resolve(reply: number): void;
  reject(error: unknown): void;
}

/**
 * The claims of an instance, which take effect in their order: one batch at a time, of those that came
 * meanwhile. One by one, as many could be made in a second as Redis answers after one another.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #instance = crypto.randomUUID();
  #waiting: Waiting[] = [];
  #isRunning = false;
  #hasClaims = false;
  /** True if the store may have other claims than were told: then all are made anew. */
  #isUnsure = false;
  #isClosed = false;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** @throws {Unavailable} if it can't be done now */
  async claim(
    user: string,
    rooms: readonly string[],
    skeletons: readonly string[],
  ): Promise<boolean> {
    return await this.#enqueue("claim", user, rooms, skeletons) === 1;
  }

  /** Never throws. */
  release(user: string, rooms: readonly string[]): void {
    this.#enqueue("release", user, rooms, []).catch(() => {});
  }

  /** Gives a sign of life. */
  async beat(): Promise<Beat> {
    const { prefix, call } = this.#options;
    const isReset = this.#isUnsure;
    // Not behind the reply: another claim may fail until then.
    this.#isUnsure = false;
    const args = [this.#instance, CLAIM_MS, KEEPER_MS, isReset ? 1 : 0];
    const reply = await runScript(call, beat, prefix, args).catch((error) => {
      if (isReset) this.#isUnsure = true;
      throw error;
    });
    const [epoch, number, wasAlive, isKeeper] = listIn(reply);
    if (wasAlive === 0 && this.#hasClaims) {
      this.#hasClaims = false;
      this.#options.lost();
    }
    return { epoch: String(epoch), number: Number(number), isKeeper: isKeeper === 1 };
  }

  /** Gives up all claims. */
  async leave(): Promise<void> {
    this.#isClosed = true;
    const { prefix, call } = this.#options;
    await runScript(call, leave, prefix, [this.#instance]);
  }

  #enqueue(
    action: Waiting["action"],
    user: string,
    rooms: readonly string[],
    skeletons: readonly string[],
  ): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const deadlineAt = eventLoop.now + this.#options.deadlineMs;
    this.#waiting.push({ action, user, rooms, skeletons, deadlineAt, resolve, reject });
    if (!this.#isRunning) this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      try {
        const replies = await this.#carryOut(batch);
        for (const [i, { resolve }] of batch.entries()) resolve(Number(replies[i]));
      } catch (error) {
        const failure = unavailable(error, "write");
        const hasRelease = batch.some(({ action }) => action === "release");
        if (hasRelease || failure.kept === "unknown") this.#isUnsure = true;
        for (const { reject } of batch) reject(failure);
      }
    }
    this.#isRunning = false;
  }

  /** The claims of the next batch; one at least. */
  #take(): Waiting[] {
    let count = 0;
    const end = this.#waiting.findIndex(({ rooms }, i) =>
      (count += 1 + rooms.length) > MAX_BATCH && i > 0
    );
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #carryOut(batch: readonly Waiting[]): Promise<readonly Reply[]> {
    const { prefix, call } = this.#options;
    const args = [this.#instance, CLAIM_MS, ...batch.flatMap(argumentsOf)];
    const deadlineAt = batch[0]?.deadlineAt ?? 0;
    for (let tries = 0; tries < 2; tries++) {
      if (this.#isClosed) throw new Unavailable("The broker is closed", "no");
      const leftMs = deadlineAt - eventLoop.now;
      if (leftMs <= 0) throw new Unavailable("Redis does not answer in time", "no");
      const replies = await runScript(call, claim, prefix, args, leftMs);
      if (Array.isArray(replies)) {
        if (batch.some(({ action }, i) => action === "claim" && replies[i] === 1)) {
          this.#hasClaims = true;
        }
        return replies;
      }
      // Its claims are gone. There is nothing to release then, too.
      await this.beat();
    }
    throw new Unavailable("The claims of this instance do not last", "no");
  }
}

function argumentsOf({ action, user, rooms, skeletons }: Waiting): Argument[] {
  const texts = skeletons.map((skeleton) => JSON.stringify(skeleton));
  return [action, JSON.stringify(user), rooms.length, ...rooms, texts.length, ...texts];
}
