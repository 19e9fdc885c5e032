/**
 * Ops carried out one after the other, for one commit.
 *
 * @module
 */

import {
  type DocumentOp,
  type Effect,
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
import { hasShare, IDLE_MS, MAX_DOCUMENTS_BYTES, sharedBy } from "../document_shares.ts";
import type { Positions } from "../positions.ts";
import { type Receipts, RECEIPTS_KEPT_MS } from "../receipts.ts";
import { timeOf } from "../../protocol/ulid.ts";
import { Changes, type Weight } from "./changes.ts";
import {
  changedIn,
  documentAt,
  DUE,
  HOURS,
  keyBytes,
  makerKey,
  movedIn,
  receiptKey,
  roomKey,
  saidIn,
  SIZES,
} from "./keys.ts";
import {
  type DocumentHeader,
  type Event,
  feedBytes,
  type Head,
  sizeOf,
  writeChanged,
  writeDocument,
} from "./records.ts";
import { placeName, receiptName, type State } from "./state.ts";
import { PART_BYTES } from "./values.ts";

/** A receipt that is remembered when the commit is done. */
export interface NewReceipt {
  readonly request: Request;
  readonly receipt: Receipt;
}

/** Options of a {@linkcode Transaction}. */
export interface TransactionOptions {
  readonly head: Head;
  readonly state: State;
  readonly positions: Positions;
  /** The receipts that this instance knows. */
  readonly receipts: Pick<Receipts<Receipt>, "find" | "hasPlace">;
  /** Returns true if a room has a mark of an hour already. */
  readonly isMarked: (room: string, hour: number) => boolean;
  /** The time of day, in milliseconds since 1970. */
  readonly now: number;
}

const HOUR_MS = 3_600_000;

/** The hour of a position, by which rooms are found that have something old. */
export const hourOf = (position: string): number => Math.floor(timeOf(position) / HOUR_MS);

/** The time for which a receipt is kept in KV, which may remove it at once when that is over. */
const RECEIPT_MS = RECEIPTS_KEPT_MS + 60_000;

/** Carries out ops on what was read for them. */
export class Transaction {
  readonly #options: TransactionOptions;
  readonly changes = new Changes();
  readonly events: Event[] = [];
  readonly receipts: NewReceipt[] = [];
  /** The rooms that got messages, and those hours. */
  readonly marks = new Map<string, number>();
  #bytes: number;
  #documentBytes: number;
  #position: string;

  constructor(options: TransactionOptions) {
    this.#options = options;
    const { position, bytes, documentBytes } = options.head;
    this.#position = position;
    this.#bytes = bytes;
    this.#documentBytes = documentBytes;
  }

  /** The head after the commit. Its position is new, whatever was done. */
  end(): Head {
    const { head } = this.#options;
    const position = this.#position === head.position ? this.next() : this.#position;
    return { position, bytes: this.#bytes, documentBytes: this.#documentBytes };
  }

  apply(op: Op): Outcome {
    const { receipts, state } = this.#options;
    const requests = requestsOf(op);
    for (const request of requests) {
      const { user, ref, address } = request;
      const known = receipts.find(user, ref) ?? state.receipts.get(receiptName(user, ref));
      if (known !== undefined) {
        return request === op ? { as: "known", ...known } : { as: "conflict" };
      }
      if (!receipts.hasPlace(address)) return { as: "full" };
    }
    const effect = this.#carryOut(op);
    if (typeof effect === "string") return { as: effect };
    const receipt = { room: op.room, ...effect };
    for (const request of requests) {
      state.receipts.set(receiptName(request.user, request.ref), receipt);
      this.receipts.push({ request, receipt });
      this.changes.set(receiptKey(request.user, request.ref), receipt, RECEIPT_MS);
    }
    return { as: "kept", ...receipt };
  }

  /** Notes that messages have gone. */
  shrink(room: string, bytes: number): void {
    this.#grow(room, -bytes);
  }

  /** Notes that a document has gone. */
  dropDocument(key: string, header: DocumentHeader): void {
    this.changes.deleteText(documentAt(key), header.parts);
    this.#share(header.maker, -sharedBytes(key, header.length));
  }

  /** The next position. */
  next(): string {
    const { positions, now } = this.#options;
    const position = positions.next(now);
    // Another instance may have given out later ones, or its clock may be ahead.
    this.#position = position > this.#position
      ? position
      : positions.next(timeOf(this.#position) + 1);
    return this.#position;
  }

  #carryOut(op: Op): Effect | "conflict" | "missing" | "full" {
    if (op.op === "send") return this.#send(op);
    if (op.op === "document") return this.#set(op);
    return this.#change(op);
  }

  #send({ room, body }: SendOp): Effect {
    const { state: { rooms, floor, places } } = this.#options;
    const position = this.next();
    const parts = this.changes.setText([...saidIn(room), position], body);
    if (!rooms.has(room)) {
      rooms.add(room);
      this.changes.set(roomKey(room), floor);
    }
    const bytes = sizeOf(body);
    places.set(placeName(room, position), { position, parts, bytes, isMoved: false });
    this.#grow(room, bytes);
    this.#mark(room, position);
    this.events.push({ room, message: { id: position, position, body } });
    return { id: position, position };
  }

  #change(op: PutOp | NoteOp): Effect | "conflict" | "missing" {
    const { room, id, was } = op;
    const { places } = this.#options.state;
    const name = placeName(room, id);
    const old = places.get(name);
    if (old === undefined) return "missing";
    if (old.position !== was) return "conflict";
    if (op.op === "note") return { id, position: was };
    const { body } = op;
    const position = this.next();
    const home = old.isMoved ? changedIn(room) : saidIn(room);
    this.changes.deleteText([...home, was], old.parts);
    const text = writeChanged({ id, body });
    const parts = this.changes.setText([...changedIn(room), position], text);
    const bytes = sizeOf(body);
    this.changes.set([...movedIn(room), id], { position, parts, bytes });
    places.set(name, { position, parts, bytes, isMoved: true });
    this.#grow(room, bytes - old.bytes);
    this.#mark(room, position);
    this.events.push({ room, message: { id, position, body } });
    return { id, position };
  }

  #set(op: DocumentOp): Effect | "conflict" | "full" {
    const { key, was, body, maker, isIdle = false, expires } = op;
    const { state: { documents, makerBytes }, now } = this.#options;
    const old = documents.get(key);
    if ((old?.position ?? ORIGIN) !== was) return "conflict";
    const oldBytes = old?.maker === undefined ? 0 : sharedBytes(key, old.length);
    const bytes = sharedBy(op).bytes;
    if (maker !== undefined && bytes > oldBytes) {
      const free = MAX_DOCUMENTS_BYTES - this.#documentBytes;
      if (!hasShare(makerBytes.get(maker) ?? 0, free)) return "full";
    }
    const position = this.next();
    const parts = this.changes.setText(documentAt(key), writeDocument(op, position));
    if (old !== undefined) this.changes.deleteText(documentAt(key), old.parts, parts);
    this.#share(old?.maker, -oldBytes);
    this.#share(maker, bytes);
    if (expires !== undefined) this.changes.set([...DUE, expires, key], "expired");
    if (isIdle) this.changes.set([...DUE, now + IDLE_MS, key], "idle");
    documents.set(key, {
      ...{ position, parts, length: body.length, isIdle },
      ...maker !== undefined && { maker },
      ...expires !== undefined && { expires },
    });
    this.events.push({ key, document: { position, body } });
    return { id: key, position };
  }

  #share(maker: string | undefined, bytes: number): void {
    if (maker === undefined) return;
    const { makerBytes } = this.#options.state;
    makerBytes.set(maker, (makerBytes.get(maker) ?? 0) + bytes);
    this.#documentBytes += bytes;
    this.changes.add(makerKey(maker), bytes);
  }

  #grow(room: string, bytes: number): void {
    this.#bytes += bytes;
    this.changes.add([...SIZES, room], bytes);
  }

  #mark(room: string, position: string): void {
    const hour = hourOf(position);
    if (this.#options.isMarked(room, hour) || this.marks.get(room) === hour) return;
    this.marks.set(room, hour);
    this.changes.set([...HOURS, hour, room], true);
  }
}

function sharedBytes(key: string, length: number): number {
  return sharedBy({ key, body: "" }).bytes + length;
}

/** The most that an op takes of a commit. */
export function weightOf(op: Op): Weight {
  const body = "body" in op ? op.body : "";
  const bytes = sizeOf(body);
  // A message or document that is replaced may have had as many parts as there can be.
  const parts = Math.ceil(bytes / PART_BYTES) + (op.op === "send" ? 0 : 8);
  const requests = requestsOf(op);
  const receipts = requests.reduce(
    (sum, { user, ref }) => sum + keyBytes(receiptKey(user, ref)),
    0,
  );
  const home = op.op === "document"
    ? keyBytes(documentAt(op.key)) + keyBytes(makerKey(op.maker ?? ""))
    : keyBytes(changedIn(op.room));
  const { room } = op.op === "document" ? readDocumentKey(op.key) : op;
  return {
    mutations: 2 * parts + requests.length + 6,
    bytes: bytes + feedBytes(body) + 400 * requests.length + 2_000,
    keyBytes: receipts + (2 * parts + 5) * (home + 40) + 3 * room.length,
    checks: requests.length,
  };
}
