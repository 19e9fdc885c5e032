/**
 * Pieces of the time of an event loop: how long nothing else could go on, and for what. Time in which
 * the thread waited for a core is not counted, where Linux tells it: other processes had that.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { Upkeep } from "../../chat/broker/sqlite/upkeep.ts";
import { Histogram } from "../support/histogram.ts";

/** What is known of pieces of one kind. Times are milliseconds. */
export interface Summary {
  readonly count: number;
  readonly totalMs: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Pieces by their kind. */
export interface PieceSummaries {
  /** Transactions with messages. */
  readonly commit: Summary;
  /** Steps of indexing, dropping, and removing from the files. */
  readonly upkeep: Summary;
  /** Between two turns of the event loop, whatever is done. */
  readonly turn: Summary;
}

/** Between two looks at the clock. */
const BEAT_MS = 1;

/** The time in milliseconds, without that in which this thread was ready and had no core. 35 µs. */
function ownTime(): number {
  const now = performance.now();
  try {
    const [, waited = 0] = Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ").map(
      Number,
    );
    return now - waited / 1e6;
  } catch {
    return now;
  }
}

class Durations {
  readonly #histogram = new Histogram();
  #totalMs = 0;

  add(ms: number): void {
    // Both clocks are read one after the other, so a short time may be negative.
    const time = Math.max(0, ms);
    this.#histogram.add(time);
    this.#totalMs += time;
  }

  get summary(): Summary {
    const quantile = (share: number) => this.#histogram.quantile(share);
    return {
      count: this.#histogram.total,
      totalMs: this.#totalMs,
      p50: quantile(0.5),
      p99: quantile(0.99),
      max: quantile(1),
    };
  }
}

/** Times the pieces of this process from its construction on. There is to be one only. */
export class Pieces {
  #commit = new Durations();
  #upkeep = new Durations();
  #turn = new Durations();

  constructor() {
    this.#watchDatabase();
    let last = ownTime();
    const beat = setInterval(() => {
      const now = ownTime();
      this.#turn.add(now - last - BEAT_MS);
      last = now;
    }, BEAT_MS);
    Deno.unrefTimer(beat);
  }

  /** Of all pieces since the last call. */
  take(): PieceSummaries {
    const summaries = {
      commit: this.#commit.summary,
      upkeep: this.#upkeep.summary,
      turn: this.#turn.summary,
    };
    this.#commit = new Durations();
    this.#upkeep = new Durations();
    this.#turn = new Durations();
    return summaries;
  }

  #watchDatabase(): void {
    const commits = (ms: number) => this.#commit.add(ms);
    const steps = (ms: number) => this.#upkeep.add(ms);
    const { exec } = DatabaseSync.prototype;
    let start = 0;
    let isUpkeep = false;
    DatabaseSync.prototype.exec = function (sql) {
      if (sql === "BEGIN IMMEDIATE") start = ownTime();
      exec.call(this, sql);
      if (sql === "COMMIT" && !isUpkeep) commits(ownTime() - start);
    };
    const { step } = Upkeep.prototype;
    Upkeep.prototype.step = function (mayIndex) {
      const start = ownTime();
      isUpkeep = true;
      try {
        return step.call(this, mayIndex);
      } finally {
        isUpkeep = false;
        steps(ownTime() - start);
      }
    };
  }
}
