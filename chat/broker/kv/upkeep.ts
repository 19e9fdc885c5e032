/**
 * The work of a KV that nobody waits for: dropping what is too old or too much, in small commits, by
 * one instance at a time.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import { positionAt } from "../../protocol/ulid.ts";
import { ORIGIN, readDocumentKey } from "../broker.ts";
import type { KvCalls } from "./calls.ts";
import { countIn } from "./changes.ts";
import type { KvFeed } from "./feed.ts";
import { jitter } from "./jitter.ts";
import {
  changedIn,
  documentAt,
  documentsIn,
  DUE,
  EPOCHS,
  FLOOR,
  HOURS,
  movedIn,
  NAMES,
  roomKey,
  saidIn,
  SIZES,
  UPKEEP,
} from "./keys.ts";
import { leaseOf } from "./leases.ts";
import { type DocumentHeader, readChanged, readDocumentHeader, sizeOf } from "./records.ts";
import { readRows } from "./rows.ts";
import { MAX_EPOCHS } from "./start.ts";
import type { State } from "./state.ts";
import { toParts } from "./values.ts";
import type { KvWriter } from "./writer.ts";

/** Between two looks, in milliseconds, and for how long the instance that works goes on with it. */
const PERIOD_MS = 20_000;
const TERM_MS = 3 * PERIOD_MS;

/** Between two looks for names of instances that are no more, and epochs that are too many. */
const RARE_MS = 600_000;

/** Messages that one commit drops, and documents that one look finds. */
const STEP_MESSAGES = 64;
const STEP_DOCUMENTS = 50;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Limits of retention, and the parts that a {@linkcode KvUpkeep} works on. */
export interface KvUpkeepOptions {
  /** 0: for ever. */
  readonly keepDays: number;
  /** The size of all messages, in bytes. 0: no limit. */
  readonly keepBytes: number;
  readonly calls: KvCalls;
  readonly feed: KvFeed;
  readonly writer: KvWriter;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Nothing was read for a transaction that has no ops. */
const NO_STATE: State = {
  receipts: new Map(),
  places: new Map(),
  documents: new Map(),
  makerBytes: new Map(),
  rooms: new Set(),
  floor: ORIGIN,
};

/** Works in the background until it is stopped. */
export class KvUpkeep {
  readonly #options: KvUpkeepOptions;
  readonly #id = crypto.randomUUID();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rareAt = eventLoop.now + RARE_MS;
  #isStopped = false;

  constructor(options: KvUpkeepOptions) {
    this.#options = options;
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Drops everything that is to be dropped. */
  async run(): Promise<void> {
    await this.#options.feed.catchUp();
    await this.#dropAged();
    await this.#dropExcess();
    await this.#dropDocuments();
    if (eventLoop.now < this.#rareAt) return;
    this.#rareAt = eventLoop.now + RARE_MS;
    await this.#dropNames();
    await this.#dropEpochs();
  }

  #wake(): void {
    this.#timer = setTimeout(() => {
      this.#runInTurn().catch(() => {}).finally(() => {
        if (!this.#isStopped) this.#wake();
      });
    }, PERIOD_MS / 2 + jitter(PERIOD_MS / 2));
  }

  /** Runs if no other instance does. Two that both do are slower, and do no harm. */
  async #runInTurn(): Promise<void> {
    const { calls, now } = this.#options;
    const { value, versionstamp } = await calls.get(UPKEEP);
    const { by, until } = readTerm(value);
    // A clock that is ahead must not keep everybody away.
    const isOthers = until > now() && until <= now() + 2 * TERM_MS;
    if (by !== this.#id && isOthers) return;
    if (by !== this.#id || until < now() + PERIOD_MS) {
      const term = { by: this.#id, until: now() + TERM_MS };
      const done = await calls.commit((atomic) =>
        atomic.check({ key: UPKEEP, versionstamp }).set(UPKEEP, term)
      );
      if (done === undefined) return;
    }
    await this.run();
  }

  /** Drops what was said or changed too long ago, an hour at a time. */
  async #dropAged(): Promise<void> {
    const { calls, keepDays, now } = this.#options;
    if (keepDays === 0) return;
    const until = now() - keepDays * DAY_MS;
    const hour = Math.floor(until / HOUR_MS);
    for (;;) {
      const marks: Deno.KvKey[] = [];
      await calls.list([...HOURS, 0], [...HOURS, hour], ({ key }) => marks.push(key) < 100);
      for (const mark of marks) {
        const end = positionAt((Number(mark.at(-2)) + 1) * HOUR_MS);
        while (await this.#drop(String(mark.at(-1)), end, Infinity)) this.#checkRunning();
        await calls.commit((atomic) => atomic.delete(mark));
      }
      if (marks.length < 100) return;
    }
  }

  /** Drops the oldest of the rooms that take most, until all take no more than they may. */
  async #dropExcess(): Promise<void> {
    const { calls, feed, keepBytes } = this.#options;
    if (keepBytes === 0 || feed.head.bytes <= keepBytes) return;
    const sizes = new Map<string, number>();
    for (const { key, value } of await calls.all(SIZES)) {
      sizes.set(String(key.at(-1)), countIn(value));
    }
    while (feed.head.bytes > keepBytes) {
      let largest: string | undefined;
      for (const [room, bytes] of sizes) {
        if (bytes > (sizes.get(largest ?? "") ?? 0)) largest = room;
      }
      if (largest === undefined) return;
      const { bytes } = feed.head;
      this.#checkRunning();
      await this.#drop(largest, undefined, bytes - keepBytes);
      const freed = bytes - feed.head.bytes;
      // Others may have said more meanwhile.
      sizes.set(largest, freed <= 0 ? 0 : (sizes.get(largest) ?? 0) - freed);
    }
  }

  /**
   * Drops the oldest messages of a room in one commit. Returns true if there may be more of them.
   *
   * @param until a position before which all are dropped; left out: any
   * @param excess bytes after which no more are dropped
   */
  #drop(room: string, until: string | undefined, excess: number): Promise<boolean> {
    const { calls, writer } = this.#options;
    return writer.commit(async (begin) => {
      const limit = STEP_MESSAGES + 1;
      const said = await readRows(calls, saidIn(room), { limit, maxBytes: 400_000 });
      const changed = await readRows(calls, changedIn(room), { limit, maxBytes: 400_000 });
      const messages = [
        ...said.rows.map(({ name, text }) => ({ id: name, position: name, body: text })),
        ...changed.rows.map(({ name, text }) => readChanged(name, text)),
      ].sort((a, b) => a.position < b.position ? -1 : 1);
      let bytes = 0;
      // Of a list that is cut, what comes next is not known: the last one stays.
      const most = Math.min(
        STEP_MESSAGES,
        said.isCut || changed.isCut
          ? Math.max(
            1,
            Math.min(
              said.isCut ? said.rows.length - 1 : Infinity,
              changed.isCut ? changed.rows.length - 1 : Infinity,
            ),
          )
          : messages.length,
      );
      const dropped = messages.slice(0, most).filter(({ position, body }) => {
        if (until !== undefined ? position >= until : bytes >= excess) return false;
        bytes += sizeOf(body);
        return true;
      });
      const floor = dropped.at(-1)?.position;
      if (floor === undefined) return { transaction: undefined, result: false };
      const transaction = begin({ state: NO_STATE });
      const { changes } = transaction;
      for (const { id, position, body } of dropped) {
        const isMoved = id !== position;
        const text = isMoved ? id + body : body;
        const home = isMoved ? changedIn(room) : saidIn(room);
        changes.deleteText([...home, position], toParts(text).length);
        if (isMoved) changes.delete([...movedIn(room), id]);
      }
      transaction.shrink(room, bytes);
      const isEmpty = dropped.length === messages.length && !said.isCut && !changed.isCut;
      if (isEmpty) {
        // Without keys for rooms that are empty, names that were used once take no space.
        changes.delete(roomKey(room));
        changes.set(FLOOR, await this.#higherFloor(floor));
      } else {
        changes.set(roomKey(room), floor);
      }
      transaction.events.push({ room, floor });
      const isAll = dropped.length < Math.min(most, messages.length);
      return { transaction, result: !isEmpty && !isAll };
    });
  }

  async #higherFloor(floor: string): Promise<string> {
    const { value } = await this.#options.calls.get(FLOOR);
    return typeof value === "string" && value > floor ? value : floor;
  }

  /** Drops documents that have expired, and those of rooms that nobody has used. */
  async #dropDocuments(): Promise<void> {
    const { calls, now } = this.#options;
    for (;;) {
      const marks: Deno.KvEntry<unknown>[] = [];
      await calls.list(
        [...DUE, 0],
        [...DUE, now()],
        (entry) => marks.push(entry) < STEP_DOCUMENTS,
      );
      for (const { key: mark, value } of marks) {
        this.#checkRunning();
        await this.#dropDue(mark, value === "idle");
      }
      if (marks.length < STEP_DOCUMENTS) return;
    }
  }

  #dropDue(mark: Deno.KvKey, isIdle: boolean): Promise<void> {
    const { calls, writer, now } = this.#options;
    const key = String(mark.at(-1));
    const { room } = readDocumentKey(key);
    return writer.commit(async (begin) => {
      const transaction = begin({ state: NO_STATE });
      transaction.changes.delete(mark);
      const headers = isIdle
        ? await this.#idleDocuments(room)
        : [[key, readDocumentHeader((await calls.get([...documentAt(key), 0])).value)] as const];
      for (const [key, header] of headers) {
        if (header === undefined) continue;
        if (isIdle || (header.expires ?? Infinity) <= now()) transaction.dropDocument(key, header);
      }
      return { transaction, result: undefined };
    });
  }

  /** The documents of a room that may be forgotten: of one without messages, if nothing is set. */
  async #idleDocuments(room: string): Promise<(readonly [string, DocumentHeader])[]> {
    const { calls, now } = this.#options;
    if ((await calls.get(roomKey(room))).value !== null) return [];
    const entries = await calls.all(documentsIn(room));
    const headers = entries.filter(({ key }) => key.at(-1) === 0).map(({ key, value }) =>
      [`${room}:${String(key.at(-2))}`, readDocumentHeader(value)] as const
    );
    const recent = positionAt(now() - IDLE_DAYS_MS);
    const isIdle = headers.every(([, header]) => header?.isIdle && header.position < recent);
    return isIdle ? headers.flatMap(([key, header]) => header ? [[key, header] as const] : []) : [];
  }

  /** Drops names of instances that are no more. */
  async #dropNames(): Promise<void> {
    const { calls } = this.#options;
    for (const { key, value, versionstamp } of await calls.all(NAMES)) {
      const at: unknown = typeof value === "object" && value !== null && "at" in value
        ? value.at
        : [];
      if (!Array.isArray(at)) continue;
      const leases = await calls.many(at.map((each) => leaseOf(String(each))));
      if (leases.some((lease) => lease.versionstamp !== null)) continue;
      this.#checkRunning();
      await calls.commit((atomic) => atomic.check({ key, versionstamp }).delete(key));
    }
  }

  /** Drops the epochs that ended first. */
  async #dropEpochs(): Promise<void> {
    const { calls } = this.#options;
    const epochs = await calls.all(EPOCHS);
    epochs.sort((a, b) => String(a.value) < String(b.value) ? -1 : 1);
    for (const { key } of epochs.slice(0, Math.max(0, epochs.length - MAX_EPOCHS))) {
      await calls.commit((atomic) => atomic.delete(key));
    }
  }

  #checkRunning(): void {
    if (this.#isStopped) throw new Error("The broker is closed");
  }
}

/** A little less than documents of unused rooms are kept: their mark is of the time of the change. */
const IDLE_DAYS_MS = 30 * DAY_MS - HOUR_MS;

/** The instance that works, and until when. */
function readTerm(value: unknown): { by: string; until: number } {
  if (typeof value !== "object" || value === null) return { by: "", until: 0 };
  const { by, until }: { by?: unknown; until?: unknown } = value;
  return { by: String(by), until: Number(until) || 0 };
}
