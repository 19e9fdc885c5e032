/**
 * Feed of a KV: what commits of all instances have done, in their order.
 *
 * @module
 */

import type { KvCalls } from "./calls.ts";
import type { Changes } from "./changes.ts";
import { changedIn, documentAt, FEED, HEAD, saidIn } from "./keys.ts";
import {
  type Event,
  type FeedEntry,
  readChanged,
  readDocument,
  readHead,
  type StoredHead,
  writeFeedEntry,
} from "./records.ts";
import { readRows, readText, type Row } from "./rows.ts";
import { knows } from "./start.ts";

/** The time for which commits, and text that was edited away, are kept for instances that are behind. */
const FEED_MS = 120_000;

/** The most commits that are read: it is cheaper to read the rooms again. */
const MAX_BEHIND = 2_000;

/** A commit that was read. */
interface Commit {
  readonly position: string;
  /** The position of the one before it. */
  readonly was: string;
  readonly events: readonly Event[];
}

/** Options of a {@linkcode KvFeed}. */
export interface KvFeedOptions {
  readonly calls: KvCalls;
  readonly tell: (event: Event) => void;
  readonly lost: () => void;
  /** Called with each new head, before what led to it is told. */
  readonly seen: (position: string) => void;
  /** Called when the KV has lost what was told: it was put back to an older copy, or emptied. */
  readonly wentBack: () => Promise<void>;
}

/** Tells what commits have done, each once and in their order. */
export class KvFeed {
  readonly #options: KvFeedOptions;
  #head: StoredHead;
  #reading: Promise<void> = Promise.resolve();
  /** A read that waits for the one before it. */
  #next: Promise<void> | undefined;

  /** @param head of everything that is not told */
  constructor(head: StoredHead, options: KvFeedOptions) {
    this.#options = options;
    this.#head = head;
  }

  /** The head up to which everything was told. */
  get head(): StoredHead {
    return this.#head;
  }

  /** Writes what a commit does. */
  write(changes: Changes, position: string, events: readonly Event[]): void {
    changes.setText([...FEED, position], writeFeedEntry(this.#head.position, events), FEED_MS);
  }

  /** Tells what a commit of this instance has done, which was checked against the head. */
  async committed(was: StoredHead, head: StoredHead, events: readonly Event[]): Promise<void> {
    if (this.#head.position === was.position) this.#tell(head, events);
    else if (this.#head.position < head.position) await this.catchUp();
  }

  /** Tells everything that was committed before the call, or says that it is lost. */
  catchUp(): Promise<void> {
    // A read that has begun may know an older head.
    this.#next ??= this.#reading.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#reading = this.#read();
    });
    return this.#next;
  }

  /** Goes on from a head, and says that what led to it is lost. */
  reset(head: StoredHead): void {
    this.#options.seen(head.position);
    this.#head = head;
    this.#options.lost();
  }

  async #read(): Promise<void> {
    const { calls, wentBack } = this.#options;
    const told = this.#head.position;
    const head = readHead(await calls.get(HEAD));
    if (head === undefined || head.position < told) return await wentBack();
    if (head.position <= this.#head.position) {
      if (head.position === this.#head.position) this.#head = head;
      return;
    }
    const { rows, isCut } = await readRows(calls, FEED, {
      after: told,
      to: head.position,
      limit: MAX_BEHIND,
    });
    const commits = isCut ? [] : await Promise.all(rows.map((row) => this.#open(row)));
    if (!await this.#isOfPast(told, commits, head.position)) return await wentBack();
    for (const { position, was, events } of commits) {
      // Commits of this instance are told meanwhile.
      if (position <= this.#head.position) continue;
      // Before it says so: whoever reads again gets everything up to the head.
      if (was !== this.#head.position) this.reset({ ...head, position: was });
      this.#tell({ ...head, position }, events);
    }
    if (head.position > this.#head.position) this.reset(head);
  }

  /**
   * Returns true if the KV still has what was told. Another instance may have written to an older copy
   * before this one has noticed.
   */
  async #isOfPast(told: string, commits: readonly Commit[], head: string): Promise<boolean> {
    let last: string | undefined = told;
    for (const { position, was } of commits) {
      if (was < told) return false;
      last = was === last ? position : undefined;
    }
    return last === head || await knows(this.#options.calls, told);
  }

  #tell(head: StoredHead, events: readonly Event[]): void {
    this.#options.seen(head.position);
    this.#head = head;
    try {
      for (const event of events) this.#options.tell(event);
    } catch (error) {
      // The others were not told.
      this.#options.lost();
      throw error;
    }
  }

  /** Reads what stands elsewhere. What has changed since is told later. */
  async #open({ name: position, text }: Row): Promise<Commit> {
    const { was, events: kept }: FeedEntry = JSON.parse(text);
    const events = await Promise.all(kept.map((event) => this.#complete(event)));
    return { position, was, events: events.filter((event) => event !== undefined) };
  }

  async #complete(event: FeedEntry["events"][number]): Promise<Event | undefined> {
    const { calls } = this.#options;
    if ("large" in event) {
      const { room, large: { id, position } } = event;
      const isMoved = id !== position;
      const home = isMoved ? changedIn(room) : saidIn(room);
      const text = await readText(calls, [...home, position]);
      if (text === undefined) return undefined;
      return {
        room,
        message: isMoved ? readChanged(position, text) : { id, position, body: text },
      };
    }
    if (!("largeKey" in event)) return event;
    const text = await readText(calls, documentAt(event.largeKey));
    return text === undefined ? undefined : { key: event.largeKey, document: readDocument(text) };
  }
}
