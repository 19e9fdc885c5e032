/**
 * A broker that keeps messages in a SQLite file, by `node:sqlite`.
 *
 * @module
 */

import { eventLoop } from "../runtime/timers.ts";
import { Semaphore } from "../limits/semaphore.ts";
import {
  type Broker,
  type BrokerStatus,
  checkOps,
  type Document,
  type Found,
  type KeyedDocument,
  type LogPart,
  type Message,
  type MessagePage,
  type Op,
  type OpenedRoom,
  type Outcome,
  type PageBound,
  type Receipt,
  type Signal,
  type Subscriber,
  Unavailable,
} from "./broker.ts";
import type { Epochs } from "./positions.ts";
import { type Durability, openWithReader, transact } from "./sqlite/database.ts";
import {
  type ClaimedFolder,
  claimFolder,
  DATABASE,
  DataFolderError,
  inodeOf,
  isFull,
  isLocked,
  messageOf,
} from "./sqlite/folder.ts";
import { GroupCommit } from "./sqlite/group_commit.ts";
import {
  documentsOf,
  openRoom,
  readAfter,
  readMessage,
  readPage,
  searchRooms,
} from "./sqlite/reads.ts";
import type { RetentionOptions } from "./sqlite/retention.ts";
import { Store, type StoreOptions } from "./sqlite/store.ts";
import { Turns } from "./sqlite/turns.ts";
import { Upkeep } from "./sqlite/upkeep.ts";
import { write, type Written } from "./sqlite/writer.ts";

/** What a {@linkcode SqliteBroker} needs to know. */
export interface SqliteOptions extends RetentionOptions {
  /** Is made if there is none. */
  readonly folder: string;
  /** What an acknowledged message survives: a power cut, or a crash of the process. */
  readonly durability: Durability;
  readonly receiptBytes: number;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since some moment, never set back. */
  readonly elapsed?: () => number;
  /** Is told when nothing can be kept any more, and when it can again. */
  readonly onProblem?: (problem: string | undefined) => void;
}

/** How long a search may take, in milliseconds. Most take one step of some milliseconds. */
const SEARCH_MS = 2_000;

/** Between two looks whether the database can be written again. */
const PROBE_MS = 1_000;

/** Rooms that are opened at a time: each takes 1 ms of a turn. After a restart there are thousands. */
const OPENING = 4;

/** Orders here, keeps a file, and reaches this instance. */
export class SqliteBroker implements Broker {
  readonly isStore = true;
  readonly #options: StoreOptions & SqliteOptions;
  readonly #folder: ClaimedFolder;
  readonly #commits: GroupCommit;
  readonly #upkeep: Upkeep;
  readonly #turns = new Turns();
  readonly #opening = new Semaphore(OPENING);
  #store: Store;
  readonly #inode: number | null | undefined;
  #subscriber: Subscriber | undefined;
  #problem: string | undefined;
  /** Whether the connection can't be trusted any more. */
  #isBroken = false;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @throws {DataFolderError} if the folder can't be used; it is left as it was */
  constructor(options: SqliteOptions) {
    const elapsed = () => eventLoop.now;
    this.#options = { elapsed, ...options };
    this.#folder = claimFolder(options.folder);
    try {
      const { path } = this.#folder;
      this.#store = openWithReader(path, () => new Store(path, this.#options));
    } catch (error) {
      this.#folder.restore();
      throw new DataFolderError(options.folder, messageOf(error), { cause: error });
    }
    this.#inode = inodeOf(this.#folder.path);
    this.#commits = new GroupCommit({
      write: (calls) => {
        if (this.#isBroken) throw new Error(this.#problem);
        this.#checkFile();
        return write(this.#store, calls, this.#options.now());
      },
      written: (written) => this.#tell(written),
      isFailing: () => this.#problem !== undefined,
      failed: (error) => this.#fail(error),
    });
    this.#upkeep = new Upkeep({
      ...this.#options,
      store: () => this.#problem === undefined ? this.#store : undefined,
      dropped: (room, floor) => this.#subscriber?.dropped(room, floor),
      failed: (error) => {
        if (!isLocked(error)) this.#fail(error);
      },
    });
  }

  /** The last position of each life of the database. */
  get epochs(): Epochs {
    return this.#store.positions.epochs;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  // deno-lint-ignore require-await
  async publish(ops: readonly Op[]): Promise<Outcome[]> {
    checkOps(ops);
    this.#checkOpen();
    return this.#commits.add(ops);
  }

  receipt(user: string, ref: string): Promise<Receipt | undefined> {
    return this.#read(({ receipts }) => receipts.find(user, ref));
  }

  get(room: string, id: string): Promise<Message | undefined> {
    return this.#read((store) => readMessage(store, room, id));
  }

  document(key: string): Promise<Document | undefined> {
    return this.#read(({ documents }) => documents.get(key));
  }

  documents(room: string): Promise<readonly KeyedDocument[]> {
    return this.#read((store) => documentsOf(store, room));
  }

  open(room: string, limit: number): Promise<OpenedRoom> {
    const pause = () => this.#turns.next();
    return this.#read(() => this.#opening.run(() => openRoom(this.#current, room, limit, pause)));
  }

  after(room: string, position: string, limit: number): Promise<LogPart> {
    // In a turn of its own: after a loss all rooms are read.
    return this.#read(async () => {
      await this.#turns.next();
      return readAfter(this.#current(), room, position, limit);
    });
  }

  page(room: string, bound: PageBound, limit: number): Promise<MessagePage> {
    return this.#read((store) => readPage(store, room, bound, limit));
  }

  search(
    rooms: readonly string[],
    text: string,
    before: string | undefined,
    limit: number,
  ): Promise<{ found: Found[]; more: boolean }> {
    const { elapsed } = this.#options;
    const end = elapsed() + SEARCH_MS;
    const isLate = () => elapsed() > end;
    const pause = () => this.#turns.next();
    return this.#read(async () => {
      try {
        return await searchRooms(this.#current, rooms, text, { before, limit, pause, isLate });
      } catch (error) {
        this.#upkeep.noteDamage(error);
        throw error;
      }
    });
  }

  vouches(position: string): boolean {
    return this.#store.positions.epochs.vouches(position);
  }

  signal(signal: Signal): void {
    queueMicrotask(() => this.#subscriber?.signalled(signal));
  }

  status(): BrokerStatus {
    const { size: receipts, bytes: receiptBytes } = this.#store.receipts;
    return { problem: this.#problem, receipts, receiptBytes };
  }

  /** Does the next piece of work that nobody waits for, now. Returns whether there was any. */
  upkeep(): boolean {
    return this.#upkeep.step();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (!this.#commits.isIdle) await this.#turns.next();
    this.#upkeep.stop();
    clearTimeout(this.#probe);
    this.#subscriber = undefined;
    this.#store.close();
    this.#folder.release();
  }

  readonly #current = (): Store => {
    this.#checkOpen();
    return this.#store;
  };

  async #read<Result>(read: (store: Store) => Result | Promise<Result>): Promise<Result> {
    const store = this.#current();
    try {
      return await read(store);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      throw new Unavailable(`Cannot read: ${messageOf(error)}`, "no", { cause: error });
    }
  }

  #tell({ events, hasErased }: Written): void {
    this.#setProblem(undefined);
    this.#upkeep.noteWritten(hasErased);
    for (const event of events) {
      if ("room" in event) this.#subscriber?.published(event.room, event.message);
      else this.#subscriber?.documented(event.key, event.document);
    }
  }

  #fail(error: unknown): void {
    // After any other error the connection may not know what is in the file.
    if (!isFull(error) && !isLocked(error)) this.#isBroken = true;
    this.#setProblem(this.#problem ?? messageOf(error));
  }

  #setProblem(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    clearTimeout(this.#probe);
    if (problem !== undefined) this.#probeLater();
    this.#options.onProblem?.(problem);
  }

  #probeLater(): void {
    this.#probe = setTimeout(() => {
      try {
        if (this.#isBroken) this.#reopen();
        else transact(this.#store.db, () => this.#store.saveEpoch(this.#store.positions.newest));
        this.#setProblem(undefined);
      } catch {
        this.#probeLater();
      }
    }, PROBE_MS);
  }

  /** Begins another life of the database. What was kept without being told is now to be read. */
  #reopen(): void {
    this.#checkFile();
    const store = new Store(this.#folder.path, this.#options);
    this.#store.close();
    this.#store = store;
    this.#isBroken = false;
    this.#subscriber?.lost();
  }

  /** SQLite would go on with a file that nobody finds any more, and no other one can be mixed with it. */
  #checkFile(): void {
    if (inodeOf(this.#folder.path) === this.#inode) return;
    throw new Error(`${DATABASE} was removed or replaced`);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Unavailable("The broker is closed", "no");
  }
}
