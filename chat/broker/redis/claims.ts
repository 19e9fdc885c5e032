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
import { runScript, Script } from "./script.ts";
import { BEAT, CLAIM, LEAVE } from "./scripts/life.ts";

const beat = new Script(BEAT);
const claim = new Script(CLAIM);
const leave = new Script(LEAVE);

/** The time for which an instance that gives no sign of life keeps the upkeep, in milliseconds. */
const KEEPER_MS = 10_000;

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
  /** True if this instance does the upkeep. */
  readonly isKeeper: boolean;
}

/** The claims of an instance, which are made one after the other. */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #instance = crypto.randomUUID();
  #queue: Promise<unknown> = Promise.resolve();
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
    const [epoch, , wasAlive, isKeeper] = listIn(reply);
    if (wasAlive === 0 && this.#hasClaims) {
      this.#hasClaims = false;
      this.#options.lost();
    }
    return { epoch: String(epoch), isKeeper: isKeeper === 1 };
  }

  /** Gives up all claims. */
  async leave(): Promise<void> {
    this.#isClosed = true;
    const { prefix, call } = this.#options;
    await runScript(call, leave, prefix, [this.#instance]);
  }

  /** One after the other, so that they take effect in their order. */
  #enqueue(
    ...args: readonly [string, string, readonly string[], readonly string[]]
  ): Promise<number> {
    const deadlineAt = eventLoop.now + this.#options.deadlineMs;
    const done = this.#queue.then(() => this.#carryOut(args, deadlineAt));
    this.#queue = done.catch(() => {});
    return done;
  }

  async #carryOut(
    [action, user, rooms, skeletons]: readonly [
      string,
      string,
      readonly string[],
      readonly string[],
    ],
    deadlineAt: number,
  ): Promise<number> {
    const { prefix, call } = this.#options;
    const texts = skeletons.map((skeleton) => JSON.stringify(skeleton));
    const args = [
      ...[this.#instance, CLAIM_MS, action, JSON.stringify(user), rooms.length],
      ...rooms,
      ...texts,
    ];
    try {
      for (let tries = 0; tries < 2; tries++) {
        if (this.#isClosed) throw new Unavailable("The broker is closed", "no");
        const leftMs = deadlineAt - eventLoop.now;
        if (leftMs <= 0) throw new Unavailable("Redis does not answer in time", "no");
        const reply = await runScript(call, claim, prefix, args, leftMs);
        if (action === "claim" && reply === 1) this.#hasClaims = true;
        if (typeof reply === "number" && reply >= 0) return reply;
        // Its claims are gone. There is nothing to release then, too.
        await this.beat();
      }
      throw new Unavailable("The claims of this instance do not last", "no");
    } catch (error) {
      const failure = unavailable(error, "write");
      if (action === "release" || failure.kept === "unknown") this.#isUnsure = true;
      throw failure;
    }
  }
}
