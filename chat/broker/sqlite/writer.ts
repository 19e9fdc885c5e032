/**
 * The ops of a turn, written in one transaction.
 *
 * @module
 */

import {
  type Document,
  type DocumentOp,
  type Effect,
  type Message,
  type NoteOp,
  type Op,
  ORIGIN,
  type Outcome,
  type PutOp,
  readDocumentKey,
  type Receipt,
  type Request,
  requestsOf,
  type SendOp,
} from "../broker.ts";
import { sharedBy } from "../document_shares.ts";
import { transact } from "./database.ts";
import { type DocumentChange, sharable } from "./documents.ts";
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

/** A receipt that is remembered when the transaction is done. */
interface NewReceipt {
  readonly request: Request;
  readonly receipt: Receipt;
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
  readonly #documents: DocumentChange[] = [];
  /** The rooms that have their first message. */
  readonly #filled: string[] = [];
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
    const { positions, receipts, search, documents } = this.#store;
    if (this.#position !== "") positions.confirm(this.#position);
    search.confirm(this.#number);
    for (const { request: { user, ref, address }, receipt } of this.#receipts) {
      receipts.remember(user, ref, receipt, address);
    }
    for (const bytes of this.#growth.values()) this.#store.bytes += bytes;
    for (const room of this.#filled) documents.idle.delete(room);
    for (const change of this.#documents) {
      documents.confirm(change, this.#store.rooms.number(change.room) !== undefined, this.#now);
    }
  }

  #apply(op: Op): Outcome {
    const requests = requestsOf(op);
    for (const request of requests) {
      const { user, ref, address } = request;
      const known = this.#find(user, ref);
      if (known !== undefined) {
        return request === op ? { as: "known", ...known } : { as: "conflict" };
      }
      if (!this.#store.receipts.hasPlace(address)) return { as: "full" };
    }
    const effect = this.#carryOut(op);
    if (typeof effect === "string") return { as: effect };
    const receipt = { room: op.room, ...effect };
    for (const request of requests) {
      // Receipts age by positions of their own, which only the first of a change has.
      const made = request === op && op.op !== "note" ? effect.position : this.#next();
      this.#remember(request, receipt, made);
    }
    return { as: "kept", ...receipt };
  }

  #carryOut(op: Op): Effect | "conflict" | "missing" | "full" {
    if (op.op === "send") return this.#send(op);
    if (op.op === "document") return this.#set(op);
    return this.#change(op);
  }

  #send({ room: name, body }: SendOp): Effect {
    const { rooms, messages } = this.#store;
    const position = this.#next();
    if (rooms.number(name) === undefined) this.#filled.push(name);
    const room = rooms.use(name, position);
    const message = { id: position, position, body };
    messages.insert(room, { ...message, number: ++this.#number });
    this.#grow(room, sizeOf(body));
    this.#events.push({ room: name, message });
    return { id: position, position };
  }

  #change(op: PutOp | NoteOp): Effect | "conflict" | "missing" {
    const { room: name, id, was } = op;
    const { rooms, messages, search } = this.#store;
    const room = rooms.number(name);
    const old = room === undefined ? undefined : messages.get(room, id);
    if (room === undefined || old === undefined) return "missing";
    if (old.position !== was) return "conflict";
    if (op.op === "note") return { id, position: old.position };
    const { body } = op;
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

  #set(op: DocumentOp): Effect | "conflict" | "full" {
    const { key, was, body } = op;
    const { documents } = this.#store;
    const row = documents.row(key);
    if ((row?.position ?? ORIGIN) !== was) return "conflict";
    const [old, next] = [row && sharedBy(sharable(row)), sharedBy(op)];
    if (!documents.shares.hasPlace(next, old)) return "full";
    const document = { position: this.#next(), body };
    documents.set(op, document.position);
    this.#documents.push({ room: readDocumentKey(key).room, old, next });
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

  #remember(request: Request, receipt: Receipt, made: string): void {
    const { user, ref } = request;
    this.#store.insertReceipt(made, user, ref, receipt);
    this.#known.set(keyOf(user, ref), receipt);
    this.#receipts.push({ request, receipt });
  }
}

/** One string for a user and a ref, whatever characters they have. */
function keyOf(user: string, ref: string): string {
  return `${user.length} ${user}${ref}`;
}
