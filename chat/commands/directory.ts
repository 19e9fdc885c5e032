/**
 * Directory of the rooms that are listed.
 *
 * @module
 */

import { type Broker, documentKey } from "../broker/broker.ts";
import { roomDocuments } from "../broker/feed.ts";
import { Multiset } from "../limits/addresses.ts";
import type { ListedRoom } from "../protocol/types.ts";
import type { Rooms } from "../room/rooms.ts";
import { RoomRules, type RulesOptions } from "../room/rules.ts";
import { changeDocument } from "./document_changes.ts";

/** The most rooms that can be listed, besides those of the configuration: their document has a bound. */
export const MAX_LISTED = 500;

/** The time for which an answer, and the facts of a room that is not in memory, are used again. */
const FRESH_MS = 500;
const READ_MS = 10_000;

const KEY = documentKey("", "listed");

/** The parts that a {@linkcode Directory} works on. */
export interface DirectoryOptions extends RulesOptions {
  readonly broker: Broker;
  readonly rooms: Rooms;
  /** The number of users in a room at other instances. */
  readonly countElsewhere?: (room: string) => number;
}

/** The rooms that are listed. */
export class Directory {
  readonly #options: DirectoryOptions;
  #answer: { readonly at: number; readonly listed: Promise<readonly ListedRoom[]> } | undefined;
  /** The facts of rooms that are not in memory. */
  readonly #read = new Map<
    string,
    { readonly at: number; readonly room: ListedRoom | undefined }
  >();

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /**
   * Adds a room to the list, or takes it out.
   *
   * @param maker the address at which it is added, by its digest
   * @throws {Unavailable} as the broker does
   */
  async set(
    name: string,
    isListed: boolean,
    { user, maker }: { readonly user: string; readonly maker: string },
  ): Promise<void> {
    this.#answer = undefined;
    if (this.#options.fixedRooms?.has(name)) return;
    await changeDocument(this.#options.broker, {
      room: "",
      key: KEY,
      user,
      revise(body) {
        const entries = entriesIn(body);
        if (entries.some(([each]) => each === name) === isListed) return undefined;
        const others = entries.filter(([each]) => each !== name);
        if (!isListed) return { body: JSON.stringify(others) };
        const next: Entry[] = [...others, [name, maker]];
        return { body: JSON.stringify(next.length > MAX_LISTED ? withoutOne(next) : next) };
      },
    });
  }

  /** The listed rooms, those with most users first. */
  async list(now: number): Promise<readonly ListedRoom[]> {
    if (this.#answer === undefined || now - this.#answer.at > FRESH_MS) {
      this.#answer = { at: now, listed: this.#collect(now) };
    }
    try {
      return await this.#answer.listed;
    } catch (error) {
      this.#answer = undefined;
      throw error;
    }
  }

  async #collect(now: number): Promise<readonly ListedRoom[]> {
    const { broker, fixedRooms = [] } = this.#options;
    const names = new Set([
      ...fixedRooms,
      ...entriesIn((await broker.document(KEY))?.body).map(([name]) => name),
    ]);
    const listed = await Promise.all(Array.from(names, (name) => this.#room(name, now)));
    for (const name of this.#read.keys()) if (!names.has(name)) this.#read.delete(name);
    return listed.filter((each) => each !== undefined).sort((a, b) =>
      b.count - a.count || (a.room < b.room ? -1 : 1)
    );
  }

  async #room(name: string, now: number): Promise<ListedRoom | undefined> {
    const room = this.#options.rooms.get(name);
    if (room !== undefined) return listedRoom(name, room.rules, room.presence.count, room.lastId);
    const known = this.#read.get(name);
    const count = this.#options.countElsewhere?.(name) ?? 0;
    if (known !== undefined && now - known.at < READ_MS) {
      return known.room && { ...known.room, count };
    }
    const { messages, documents } = await this.#options.broker.open(name, 1);
    const rules = new RoomRules(name, this.#options);
    for (const document of roomDocuments(documents)) rules.apply(document);
    const read = listedRoom(name, rules, count, messages[0]?.id);
    this.#read.set(name, { at: now, room: read });
    return read;
  }
}

/** The name of a room, and the digest of the address at which it was listed. */
type Entry = readonly [name: string, maker: string];

/** The oldest entry goes of the address that has most: nobody can fill the list. */
function withoutOne(entries: readonly Entry[]): readonly Entry[] {
  const counts = new Multiset();
  for (const [, maker] of entries) counts.add(maker);
  const most = Math.max(...entries.map(([, maker]) => counts.count(maker)));
  return entries.toSpliced(entries.findIndex(([, maker]) => counts.count(maker) === most), 1);
}

function entriesIn(body: string | undefined): Entry[] {
  return body === undefined ? [] : JSON.parse(body);
}

/** A room as the directory has it; none: it is not listed after all. */
function listedRoom(
  room: string,
  { settings: { listed, topic } }: RoomRules,
  count: number,
  last: string | undefined,
): ListedRoom | undefined {
  return listed ? { room, topic, count, ...last !== undefined && { last } } : undefined;
}
