/**
 * The work on a store that nobody waits for, which one instance does at a time: dropping what is too old
 * or too much, forgetting documents, removing what was deleted from memory and files. In small steps
 * between which messages go on.
 *
 * @module
 */

import { delay, eventLoop } from "../../runtime/timers.ts";
import { DAY_MS } from "../../config/settings.ts";
import { Unavailable } from "../broker.ts";
import { IDLE_MS, type IdleRoom, MAX_IDLE_ROOMS, surplusRooms } from "../document_shares.ts";
import type { Call } from "./client.ts";
import { listIn, pairsIn, textIn } from "./replies.ts";
import { ReplyError } from "./resp.ts";
import { runScript, Script } from "./script.ts";
import { problemOf } from "./session.ts";
import { ERASE, FORGET, RETAIN } from "./scripts/upkeep.ts";

const retain = new Script(RETAIN);
const forget = new Script(FORGET);
const erase = new Script(ERASE);

/** Between two steps, and for how long there are steps until the next sign of life, in milliseconds. */
const PAUSE_MS = 5;
const WORK_MS = 1_500;

/**
 * Between two rewrites of the files, at least, and as a multiple of the time that one took: each writes all
 * that is kept, and anybody who edits a message causes one.
 */
const REWRITE_MS = 30_000;
const REWRITE_PAUSES = 2;

/** The time in which all instances have read what is to leave the feed, in milliseconds. */
const ERASE_MS = 10_000;

/** Idle rooms that are forgotten in one step, and that are read in one. */
const STEP_ROOMS = 100;
const READ_ROOMS = 1_000;

/** Limits of retention. */
export interface UpkeepOptions {
  readonly prefix: string;
  readonly call: Call;
  /** 0: no limit. */
  readonly keepDays: number;
  /** The size of all messages, in bytes. 0: no limit. */
  readonly keepBytes: number;
  /** For how long a room in which nothing is set is remembered, in milliseconds. */
  readonly idleMs?: number;
  /** The most of these rooms that are remembered. */
  readonly maxIdleRooms?: number;
  /** Between two steps of removing what was deleted, in milliseconds. */
  readonly eraseMs?: number;
  /** Is told when Redis refuses the work, and when it is done again. */
  readonly onUpkeepProblem?: (problem: string | undefined) => void;
}

/** Does the upkeep when it is told that it is its turn. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #isWorking = false;
  #isStopped = false;
  /** The files are not written anew before. */
  #rewriteAt = -Infinity;
  /** The problem that was told last. */
  #problem: string | undefined;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Works for a while. Never rejects. */
  async work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      await this.#retain();
      await this.#forget();
      await this.#erase();
      this.#tell(undefined);
    } catch (error) {
      // The client tells of its connection itself.
      if (!(error instanceof Unavailable)) this.#tell(problemOf(error));
    } finally {
      this.#isWorking = false;
    }
  }

  #tell(problem: string | undefined): void {
    if ((problem === undefined) === (this.#problem === undefined)) return;
    this.#problem = problem;
    this.#options.onUpkeepProblem?.(problem);
  }

  #run(script: Script, args: readonly (string | number)[]): ReturnType<Call> {
    const { call, prefix } = this.#options;
    return runScript(call, script, prefix, args);
  }

  async #retain(): Promise<void> {
    const { keepDays, keepBytes } = this.#options;
    if (keepDays === 0 && keepBytes === 0) return;
    const end = eventLoop.now + WORK_MS;
    while (!this.#isStopped && eventLoop.now < end) {
      if (await this.#run(retain, [keepDays * DAY_MS, keepBytes]) !== 1) return;
      await delay(PAUSE_MS);
    }
  }

  async #forget(): Promise<void> {
    const { idleMs = IDLE_MS, maxIdleRooms = MAX_IDLE_ROOMS } = this.#options;
    const [, idleRooms] = listIn(await this.#run(forget, [idleMs]));
    if (Number(idleRooms) <= maxIdleRooms || this.#isStopped) return;
    const surplus = surplusRooms(await this.#idleRooms(), maxIdleRooms);
    const end = eventLoop.now + WORK_MS;
    while (surplus.length > 0 && !this.#isStopped && eventLoop.now < end) {
      await this.#run(forget, [idleMs, ...surplus.splice(0, STEP_ROOMS)]);
      await delay(PAUSE_MS);
    }
  }

  /** All idle rooms, in steps: of many at once, Redis would do nothing else for a while. */
  async #idleRooms(): Promise<IdleRoom[]> {
    const { call, prefix } = this.#options;
    const idle = new Map<string, IdleRoom>();
    for (let start = 0;; start += READ_ROOMS) {
      const range = [`${prefix}:idle`, start, start + READ_ROOMS - 1, "WITHSCORES"];
      const rooms = pairsIn(await call(["ZRANGE", ...range]));
      if (rooms.length === 0) return [...idle.values()];
      const names = rooms.map(([room]) => room);
      const makers = listIn(await call(["HMGET", `${prefix}:makers`, ...names]));
      for (const [i, [room, since]] of rooms.entries()) {
        // Without a maker it was forgotten meanwhile.
        const maker = makers[i];
        if (typeof maker === "string") idle.set(room, { room, maker, since: Number(since) });
      }
    }
  }

  async #erase(): Promise<void> {
    const isUnwritten = await this.#run(erase, [this.#options.eraseMs ?? ERASE_MS]) === 1;
    if (!isUnwritten || this.#isStopped || eventLoop.now < this.#rewriteAt) return;
    const { call, prefix } = this.#options;
    const tookMs = await this.#rewrite();
    if (tookMs === undefined) return;
    this.#rewriteAt = eventLoop.now + Math.max(REWRITE_MS, REWRITE_PAUSES * tookMs);
    // Not before: should this instance end now, another one must do it.
    await call(["HDEL", `${prefix}:state`, "unwritten"]);
  }

  /**
   * Has the files written anew. Some offerings forbid it, and do it themselves. Returns the milliseconds that
   * it took the last time; none: they are being written, as they were a moment ago.
   */
  async #rewrite(): Promise<number | undefined> {
    const { call } = this.#options;
    try {
      const persistence = textIn(await call(["INFO", "persistence"]));
      if (/^(?:aof_rewrite|rdb_bgsave)_in_progress:1/m.test(persistence)) return undefined;
      const tookS = persistence.matchAll(/^(?:aof_last_rewrite|rdb_last_bgsave)_time_sec:(\d+)/mg);
      if (/^aof_enabled:1/m.test(persistence)) await call(["BGREWRITEAOF"]);
      const [, save] = listIn(await call(["CONFIG", "GET", "save"]));
      if (textIn(save) !== "") await call(["BGSAVE", "SCHEDULE"]);
      return 1_000 * Math.max(0, ...tookS.map(([, seconds]) => Number(seconds)));
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      return 0;
    }
  }
}
