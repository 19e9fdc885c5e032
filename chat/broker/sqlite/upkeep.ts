/**
 * The work of a database that nobody waits for: indexing, dropping what is too old or too much,
 * removing what was deleted from the files. In small steps between which messages go on.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import { type Durability, setDurability, transact, truncateWal } from "./database.ts";
import { isDamaged } from "./folder.ts";
import { overdue, retain, type RetentionOptions } from "./retention.ts";
import type { Store } from "./store.ts";

/** What an {@linkcode Upkeep} needs. */
export interface UpkeepOptions extends RetentionOptions {
  readonly durability: Durability;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since some moment, never set back. */
  readonly elapsed: () => number;
  /** The store as it is now; none while it can't be used. */
  readonly store: () => Store | undefined;
  dropped(room: string, floor: string): void;
  failed(error: unknown): void;
}

/** The time that a step may take before its transaction ends, in milliseconds. */
const STEP_MS = 2;

/** The characters that a step may take out of the search index. */
const STEP_ERASED = 1_000;

/** Between two steps, at least, and as a multiple of what a step has taken. */
const PAUSE_MS = 5;
const PAUSE_TIMES = 1;

/** Between two steps of indexing, at least: most of the time is left to messages, and to other work. */
const INDEXING_PAUSE_MS = 25;

/**
 * The time until a message is indexed, together with others: 10 at a time took twice as long as 80.
 * And the time between two looks at everything when nothing happens.
 */
const SOON_MS = 500;
const IDLE_MS = 5_000;

/** The time that overwritten text may stay in the WAL: two of these are well below 60 s. */
const ERASE_MS = 10_000;

/** How soon it is tried again where a reader was in the way. */
const ERASE_RETRY_MS = 1_000;

/** Free pages that are given back: so many at least, that share of the file, so many in a step. */
const MIN_FREE_PAGES = 256;
const FREE_SHARE = 1 / 4;
const STEP_PAGES = 64;

/** What is to be done: `erase` overwritten text from the WAL, and `shrink` the file. */
const TASKS = ["erase", "index", "merge", "retain", "forget", "documents", "shrink"] as const;
type Task = typeof TASKS[number];

/** Works in the background until it is stopped. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Infinity;
  #isStopped = false;
  /** The number of the task whose turn it is. */
  #turn = 0;
  /** When messages are indexed next, at the earliest. By the clock of the event loop. */
  #indexingAt = -Infinity;
  #isMerged = false;
  /** Of the search index, which is made anew once. */
  #damage: "none" | "found" | "repaired" = "none";
  /** When text was first overwritten that may still be in the WAL. */
  #erasedAt = Infinity;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#wake(0);
  }

  /** To be called when messages were written. */
  noteWritten(hasErased: boolean): void {
    if (hasErased) this.#noteErased();
    this.#wake(SOON_MS);
  }

  /** To be called when the index can't be read or written. Returns whether it will be made anew. */
  noteDamage(error: unknown): boolean {
    if (!isDamaged(error) || this.#damage !== "none") return false;
    this.#damage = "found";
    this.#wake(0);
    return true;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Does what is to be done next, or next but for indexing. Returns whether there was something. */
  step(mayIndex = true): boolean {
    const store = this.#options.store();
    if (store === undefined) return false;
    const started = eventLoop.now;
    const { erased } = store.search;
    const isLate = () =>
      eventLoop.now - started > STEP_MS || store.search.erased - erased > STEP_ERASED;
    if (this.#damage === "found") {
      this.#damage = "repaired";
      this.#write(store, () => store.search.clear())();
      return true;
    }
    // By turns, so that none of them waits for another one that never ends.
    return TASKS.some(() => {
      const task = TASKS[this.#turn++ % TASKS.length];
      return (mayIndex || task !== "index") && this.#do(task, store, isLate);
    });
  }

  /** Does some of a task, if there is something to do. Returns whether there was. */
  #do(task: Task | undefined, store: Store, isLate: () => boolean): boolean {
    const { now, elapsed } = this.#options;
    switch (task) {
      case "erase":
        if (elapsed() - this.#erasedAt <= ERASE_MS) return false;
        this.#erasedAt = truncateWal(store.db) ? Infinity : this.#erasedAt + ERASE_RETRY_MS;
        return true;
      case "index": {
        if (!store.search.isBehind) return false;
        const { erased } = store.search;
        store.search.setSecure(true);
        this.#write(store, () => store.search.step(isLate))();
        this.#isMerged = false;
        // Until now its old text was kept for the index.
        if (store.search.erased > erased) this.#noteErased();
        const pauseMs = store.search.isBehind ? INDEXING_PAUSE_MS : SOON_MS;
        this.#indexingAt = eventLoop.now + pauseMs;
        return true;
      }
      case "merge":
        if (this.#isMerged) return false;
        this.#isMerged = !this.#write(store, () => store.search.merge());
        return true;
      case "retain": {
        const way = overdue(store, this.#options, now());
        if (way === undefined) return false;
        // What was edited away must leave the files in any case.
        store.search.setSecure(way === "securely" || store.search.hasPending);
        const step = this.#write(store, () => retain(store, this.#options, now(), way, isLate));
        step.confirm();
        this.#noteErased();
        for (const [room, floor] of step.dropped) {
          store.documents.noteRoom(room, store.rooms.number(room) !== undefined, now());
          this.#options.dropped(room, floor);
        }
        return true;
      }
      case "forget":
        if (!store.ageReceipts()) return false;
        this.#write(store, () => store.deleteReceipts());
        return true;
      case "documents": {
        if (!store.documents.isOverdue(now())) return false;
        const changes = this.#write(store, () => store.documents.forget(now()));
        for (const change of changes) {
          store.documents.confirm(change, store.rooms.number(change.room) !== undefined, now());
        }
        return true;
      }
      default:
        return this.#shrinkFile(store);
    }
  }

  #noteErased(): void {
    this.#erasedAt = Math.min(this.#erasedAt, this.#options.elapsed());
  }

  /** Without waiting for the disk: messages that are acknowledged later wait for it anyway. */
  #write<Result>(store: Store, run: () => Result): Result {
    setDurability(store.db, "normal");
    try {
      return transact(store.db, run);
    } finally {
      setDurability(store.db, this.#options.durability);
    }
  }

  /** Gives free pages back, where they are a good part of the file. */
  #shrinkFile(store: Store): boolean {
    const { db } = store;
    const free = Number(db.prepare("PRAGMA freelist_count").get()?.["freelist_count"]);
    const pages = Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
    if (free < MIN_FREE_PAGES || free < pages * FREE_SHARE) return false;
    // Not by exec(), which frees one page only.
    const vacuum = db.prepare(`PRAGMA incremental_vacuum(${STEP_PAGES})`);
    this.#write(store, () => vacuum.all());
    return true;
  }

  #wake(delayMs: number): void {
    const due = eventLoop.now + delayMs;
    if (this.#isStopped || due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), delayMs);
  }

  #run(): void {
    this.#due = Infinity;
    const started = eventLoop.now;
    const mayIndex = started >= this.#indexingAt;
    let hasWorked = false;
    try {
      hasWorked = this.step(mayIndex);
    } catch (error) {
      hasWorked = this.noteDamage(error);
      if (!hasWorked) this.#options.failed(error);
    }
    const ended = eventLoop.now;
    // Timers are a bit early at times: the moment may have come while this step had nothing to do.
    const untilIndexing = mayIndex ? IDLE_MS : this.#indexingAt - ended;
    this.#wake(Math.max(PAUSE_MS, hasWorked ? (ended - started) * PAUSE_TIMES : untilIndexing));
  }
}
