/**
 * The ops of a turn, written in one transaction.
 *
 * @module
 */

import {
  type Document,
  type DocumentOp,
  type Message,
  type Op,
  ORIGIN,
  type Outcome,
  type PutOp,
  type Receipt,
  type SendOp,
} from "../broker.ts";
import { transact } from "./database.ts";
import { sizeOf } from "./messages.ts";
import { textIn } from "./search_index.ts";
import type { Store } from "./store.ts";

/** What subscribers are told of an op that was kept. */
export type Event =
  | { readonly room: string; readonly message: Message }
  | { readonly key: string; readonly document: Document };

/** What came of the ops of some calls. */
export interface Written {
  /** Of each call. */
  readonly outcomes: Outcome[][];
  /** In the order of positions. */
  readonly events: readonly Event[];
  /** Whether text was overwritten that must leave the files. */
  readonly hasErased: boolean;
}

/** Where the effect of an op is. */
interface Effect {
  readonly id: string;
  readonly position: string;
}

/** A receipt that is remembered when the transaction is done. */
interface NewReceipt {
  readonly user: string;
  readonly ref: string;
  readonly receipt: Receipt;
  readonly address: string | undefined;
}

/**
 * Writes the ops of some calls in one transaction.
 *
 * @throws {CommitError} if it is not known whether they were kept; with any other error none was
 */
export function write(store: Store, calls: readonly (readonly Op[])[], now: number): Written {
  const transaction = new Transaction(store, now);
  try {
    const written = transact(store.db, () => transaction.run(calls));
    transaction.confirm();
    return written;
  } catch (error) {
    store.rooms.forget();
    throw error;
  }
}

class Transaction {
  readonly #store: Store;
  readonly #now: number;
  readonly #events: Event[] = [];
  readonly #receipts: NewReceipt[] = [];
  /** The receipts of this transaction, by user and ref. */
  readonly #known = new Map<string, Receipt>();
  /** By how many bytes each room has grown. */
  readonly #growth = new Map<number, number>();
  #number: number;
  #position = "";
  #hasErased = false;

  constructor(store: Store, now: number) {
    this.#store = store;
    this.#now = now;
    this.#number = store.search.last;
  }

  run(calls: readonly (readonly Op[])[]): Written {
    const outcomes = calls.map((ops) => ops.map((op) => this.#apply(op)));
    for (const [room, bytes] of this.#growth) this.#store.rooms.grow(room, bytes);
    if (this.#position !== "") this.#store.saveEpoch(this.#position);
    return { outcomes, events: this.#events, hasErased: this.#hasErased };
  }

  /** To be called when the transaction is done. */
  confirm(): void {
    const { positions, receipts, search } = this.#store;
    if (this.#position !== "") positions.confirm(this.#position);
    search.confirm(this.#number);
    for (const { user, ref, receipt, address } of this.#receipts) {
      receipts.remember(user, ref, receipt, address);
    }
    for (const bytes of this.#growth.values()) this.#store.bytes += bytes;
  }

  #apply(op: Op): Outcome {
    const { user, ref, room, address } = op;
    const known = ref === "" ? undefined : this.#find(user, ref);
    if (known !== undefined) return { as: "known", ...known };
    if (ref !== "" && !this.#store.receipts.hasPlace(address)) return { as: "full" };
    const effect = op.op === "send"
      ? this.#send(op)
      : op.op === "put"
      ? this.#put(op)
      : this.#set(op);
    if (typeof effect === "string") return { as: effect };
    const receipt = { room, ...effect };
    if (ref !== "") this.#remember({ user, ref, receipt, address });
    return { as: "kept", ...receipt };
  }

  #send({ room: name, body }: SendOp): Effect {
    const { rooms, messages } = this.#store;
    const position = this.#next();
    const room = rooms.use(name, position);
    const message = { id: position, position, body };
    messages.insert(room, { ...message, number: ++this.#number });
    this.#grow(room, sizeOf(body));
    this.#events.push({ room: name, message });
    return { id: position, position };
  }

  #put({ room: name, id, was, body }: PutOp): Effect | "conflict" | "missing" {
    const { rooms, messages, search } = this.#store;
    const room = rooms.number(name);
    const old = room === undefined ? undefined : messages.get(room, id);
    if (room === undefined || old === undefined) return "missing";
    if (old.position !== was) return "conflict";
    const position = this.#next();
    const message = { id, position, body };
    messages.update(room, message);
    this.#grow(room, sizeOf(body) - sizeOf(old.body));
    if (textIn(old.body) !== textIn(body)) {
      search.change(old);
      this.#hasErased = true;
    }
    this.#events.push({ room: name, message });
    return { id, position };
  }

  #set({ key, was, body }: DocumentOp): Effect | "conflict" {
    const { documents } = this.#store;
    if ((documents.get(key)?.position ?? ORIGIN) !== was) return "conflict";
    const document = { position: this.#next(), body };
    documents.set(key, document);
    this.#events.push({ key, document });
    return { id: key, position: document.position };
  }

  #next(): string {
    return this.#position = this.#store.positions.next(this.#now);
  }

  #grow(room: number, bytes: number): void {
    this.#growth.set(room, (this.#growth.get(room) ?? 0) + bytes);
  }

  #find(user: string, ref: string): Receipt | undefined {
    return this.#known.get(keyOf(user, ref)) ?? this.#store.receipts.find(user, ref);
  }

  #remember(made: NewReceipt): void {
    const { user, ref, receipt } = made;
    this.#store.insertReceipt(user, ref, receipt);
    this.#known.set(keyOf(user, ref), receipt);
    this.#receipts.push(made);
  }
}

/** One string for a user and a ref, whatever characters they have. */
function keyOf(user: string, ref: string): string {
  return `${user.length} ${user}${ref}`;
}
