/**
 * The contract between a hub and a broker, which orders messages, keeps them and brings them to
 * every instance of the server.
 *
 * Only data crosses it: strings, numbers, booleans, and objects and arrays of them. A broker never
 * calls its subscriber inside a call of one of its own methods.
 *
 * @module
 */

import type { User } from "../protocol/types.ts";

export { ORIGIN } from "../protocol/ulid.ts";

/** The most ops of one `publish`, and the most messages of one `after` or `page`. */
export const MAX_OPS = 200;
export const MAX_PAGE = 200;

/** The most UTF-16 units in the body of a document. */
export const MAX_DOCUMENT_LENGTH = 65_536;

/** A message in its current state. The time of `id` is the time at which it was said. */
export interface Message {
  readonly id: string;
  /** The `id` of a message that was never changed, else the position of its last change. */
  readonly position: string;
  /** JSON of an object. The broker reads nothing of it but `text`, for search. */
  readonly body: string;
}

/** Settings of a room, bans: what is no message. */
export interface Document {
  readonly position: string;
  /** JSON, opaque to the broker. */
  readonly body: string;
}

/** A document, and its key. */
export interface KeyedDocument extends Document {
  readonly key: string;
}

/** The key of a document of a room; of one that belongs to none, the room is empty. */
export function documentKey(room: string, name: string): string {
  return `${room}:${name}`;
}

/** The room of a document, and its name there. */
export function readDocumentKey(key: string): { readonly room: string; readonly name: string } {
  const end = key.indexOf(":");
  return { room: key.slice(0, Math.max(0, end)), name: key.slice(end + 1) };
}

/** Who does something, and by which `ref` a repetition is known. */
export interface Request {
  /** The id of the user. */
  readonly user: string;
  /** Empty: it leaves no receipt, and is never known. */
  readonly ref: string;
  /** The address whose budget of receipts it counts for. Never stored. */
  readonly address?: string;
}

/** What all ops have. */
interface Written extends Request {
  /** The room; empty for a document that belongs to none. */
  readonly room: string;
}

/** Says something new. */
export interface SendOp extends Written {
  readonly op: "send";
  readonly body: string;
}

/** What ops on a message have that is still at the position `was`. */
interface Revising extends Written {
  readonly id: string;
  readonly was: string;
  /** Further requests that the op does too. If one of them is known, the outcome is `conflict`. */
  readonly also?: readonly Request[];
}

/** Replaces a message, and moves it to the end of the log. */
export interface PutOp extends Revising {
  readonly op: "put";
  readonly body: string;
}

/** Leaves receipts that tell where a message is, and changes nothing. */
export interface NoteOp extends Revising {
  readonly op: "note";
}

/**
 * Replaces a document that is still at the position `was`; {@linkcode ORIGIN}: it does not exist.
 *
 * A broker keeps it until it `expires` or, if it is `isIdle`, for 30 days in which its room has no
 * messages; of more than 10,000 such rooms, the oldest of the maker who has most is forgotten.
 */
export interface DocumentOp extends Written {
  readonly op: "document";
  readonly key: string;
  readonly was: string;
  readonly body: string;
  /** The maker, of whose share of the memory it takes; left out: of none, without a bound. */
  readonly maker?: string;
  /** True if nothing is lost with it while the room has no messages. It has a maker. */
  readonly isIdle?: boolean;
  /** The time from which it may be forgotten, in milliseconds since 1970; left out: never. */
  readonly expires?: number;
}

/** A change that a hub asks for. */
export type Op = SendOp | PutOp | NoteOp | DocumentOp;

/** The effect of an op. Of a document, `id` is the key. */
export interface Effect {
  readonly id: string;
  readonly position: string;
}

/** Where the effect of an op is. */
export interface Receipt extends Effect {
  readonly room: string;
}

/** What became of an op. All but `kept` have done nothing. */
export type Outcome =
  | Receipt & { readonly as: "kept" }
  /** This user's `ref` had an effect before: this is its receipt. */
  | Receipt & { readonly as: "known" }
  /** The message or document is at another position than `was`, or one of `also` is known. */
  | { readonly as: "conflict" }
  /** There is no such message. */
  | { readonly as: "missing" }
  /**
   * There is no place for another receipt of this address, or document of this maker, or at all.
   */
  | { readonly as: "full" };

/** The most UTF-16 units in the body of a signal of an instance. */
export const MAX_SIGNAL_LENGTH = 65_536;

/** A user is typing in a room. */
export interface TypingSignal {
  readonly kind: "typing";
  readonly room: string;
  readonly user: User;
}

/** A signal of an instance to the others, about its users. */
export interface NodeSignal {
  readonly kind: "node";
  /** JSON of at most {@linkcode MAX_SIGNAL_LENGTH} units, opaque to the broker. */
  readonly body: string;
}

/** Something that is told once and kept nowhere. */
export type Signal = TypingSignal | NodeSignal;

/** A message that was found, and its room. */
export interface Found {
  readonly room: string;
  readonly message: Message;
}

/** A room as its ring needs it. */
export interface OpenedRoom {
  /** The newest by position, ascending. */
  readonly messages: readonly Message[];
  /** The position of the log's end. Of a room without messages: the newest of the broker. */
  readonly head: string;
  /** The position of the last message that was dropped; {@linkcode ORIGIN}: none ever was. */
  readonly floor: string;
  /** The position up to which something that was told is lost, though the rest is kept. */
  readonly lostUntil?: string;
  /** Whether there are messages before the first. */
  readonly more: boolean;
  readonly documents: readonly KeyedDocument[];
}

/** A part of a room's log, by position. */
export interface LogPart {
  /** Ascending by position. */
  readonly messages: readonly Message[];
  /** Whether there are later ones. */
  readonly more: boolean;
  /** If it is newer than the position that was asked for, something in between is gone. */
  readonly floor: string;
  /** The same, where something was lost, and the rest is to be had by `open()`. */
  readonly lostUntil?: string;
  readonly head: string;
}

/** Bounds of a page: ids, one at most. None: the newest messages. */
export interface PageBound {
  /** Exclusive. */
  readonly before?: string;
  /** Exclusive. */
  readonly after?: string;
  /**
   * Half of the limit before it and half from it on, more of one side where the other has fewer.
   */
  readonly around?: string;
}

/** Messages of a room by id. */
export interface MessagePage {
  /** Ascending by id. */
  readonly messages: readonly Message[];
  /** True if there are messages older than the first; of an empty page: than the bound. */
  readonly more: boolean;
  /** True if there are messages newer than the last; of an empty page: than the bound. */
  readonly moreAfter: boolean;
}

/** How a broker is doing. */
export interface BrokerStatus {
  /** Why nothing can be kept at the moment. */
  readonly problem: string | undefined;
  /** Receipts in memory, and the bytes that they take. */
  readonly receipts: number;
  readonly receiptBytes: number;
}

/** The broker could not do it now. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  /** `no`: it is kept nowhere and never will be. `unknown`: perhaps; the same `ref` settles it. */
  readonly kept: "no" | "unknown";

  constructor(message: string, kept: "no" | "unknown", options?: ErrorOptions) {
    super(message, options);
    this.kept = kept;
  }
}

/** Takes what a broker tells. */
export interface Subscriber {
  /** A message has a new state. Of every room; in a room by rising position, each once. */
  published(room: string, message: Message): void;
  /** A document has a new state, set here or elsewhere. Not told when it is forgotten. */
  documented(key: string, document: Document): void;
  /** At most once, in no order; the instance that signals is told too. */
  signalled(signal: Signal): void;
  /**
   * Something will never be told. Whoever keeps a room buffers its `published` from this call on,
   * reads `after(room, head)` until `more` is false, appends, then drains the buffer, dropping what
   * is not newer. May come again meanwhile: then once more. Documents are to be read again, and names
   * to be claimed again, too.
   */
  lost(): void;
  /**
   * Everything of a room up to `floor` is no longer kept, for its age or its size. Told whenever a
   * floor rises, unless the hub itself has trimmed the room.
   */
  dropped(room: string, floor: string): void;
}

/** The time for which the claims of a silent instance hold, in milliseconds. */
export const CLAIM_MS = 6_000;

/** Orders messages, keeps them and brings them to every instance. */
export interface Broker {
  /** True if messages outlast this process. */
  readonly isStore: boolean;
  /** Sets who is told. To be called once, before anything else. */
  subscribe(subscriber: Subscriber): void;
  /**
   * Takes up to {@linkcode MAX_OPS} ops. Returns their outcomes in the order of the ops.
   *
   * Resolves when everything `kept` is as durable as configured and was told to the subscriber here
   * (or `lost` came since), never before. Calls take effect in their order, and of a rejected one
   * no op did.
   *
   * @throws {Unavailable} at last after a deadline: it never hangs
   */
  publish(ops: readonly Op[]): Promise<Outcome[]>;
  /** The receipt of a `ref` that had an effect in the last five minutes at least. */
  receipt(user: string, ref: string): Promise<Receipt | undefined>;
  /** The current state of a message. */
  get(room: string, id: string): Promise<Message | undefined>;
  /** The current state of a document. */
  document(key: string): Promise<Document | undefined>;
  /** All documents of a room; the room empty: those that belong to none. */
  documents(room: string): Promise<readonly KeyedDocument[]>;
  /**
   * A room for its ring. Callers buffer `published` from the call on, as at `lost`: a message that
   * changes meanwhile may be missing from the result, and is then told.
   */
  open(room: string, limit: number): Promise<OpenedRoom>;
  /** Up to `limit` (at most {@linkcode MAX_PAGE}) messages after a position. */
  after(room: string, position: string, limit: number): Promise<LogPart>;
  /** Up to `limit` (at most {@linkcode MAX_PAGE}) messages by id. */
  page(room: string, bound: PageBound, limit: number): Promise<MessagePage>;
  /**
   * Messages of some rooms with every word of a text, newest first. With `more` at least one was
   * found: whoever asks goes on before the last.
   *
   * @param before an id, exclusive
   */
  search?(
    rooms: readonly string[],
    text: string,
    before: string | undefined,
    limit: number,
  ): Promise<{ readonly found: readonly Found[]; readonly more: boolean }>;
  /**
   * Returns true if a position is of this broker's past, and false where that can't be known now.
   * Not async: nothing may be awaited between reading a log and adding a cursor.
   */
  vouches(position: string): boolean;
  /** Tells every instance, this one included. Never throws. */
  signal(signal: Signal): void;
  /**
   * Resolves when everything that any instance was told to be kept before the call was told here, or
   * `lost` came since. Only a broker that others write to as well has it.
   *
   * @throws {Unavailable} at last after a deadline
   */
  catchUp?(): Promise<void>;
  /**
   * Takes a name in some rooms for a user of this instance, in place of the name that the user had
   * there by this instance. Returns false, and changes nothing, if another user has one of the
   * skeletons in one of the rooms, on whatever instance.
   *
   * A claim holds until it is released, or its broker is closed, or its instance has given no sign of
   * life for {@linkcode CLAIM_MS}; an instance that has lost its claims so is told `lost`. Only a broker
   * that reaches several instances has it.
   *
   * @param skeletons of the name: two names that look the same have one in common
   * @throws {Unavailable} at last after a deadline; then nothing or all of it was done
   */
  claim?(user: string, rooms: readonly string[], skeletons: readonly string[]): Promise<boolean>;
  /** Gives up the name of a user of this instance in some rooms, after earlier claims. Never throws. */
  release?(user: string, rooms: readonly string[]): void;
  /**
   * The hub's ring holds nothing of a room up to `floor` any more. Only a broker that keeps no more
   * than the rings do has this method.
   */
  trim?(room: string, floor: string): void;
  status(): BrokerStatus;
  /** Lets go of everything, after what was published before. Later calls are `Unavailable`. */
  close(): Promise<void>;
}

/** The requests that leave receipts of an op. */
export function requestsOf(op: Op): readonly Request[] {
  const also = "also" in op ? op.also ?? [] : [];
  return [op, ...also].filter(({ ref }) => ref !== "");
}

/** @throws {RangeError} if there are more ops than one call takes, or a document is too large */
export function checkOps(ops: readonly Op[]): void {
  if (ops.length > MAX_OPS) {
    throw new RangeError(`Cannot publish ${ops.length} ops at once: at most ${MAX_OPS}`);
  }
  for (const op of ops) {
    const length = op.op === "document" ? op.body.length : 0;
    if (length <= MAX_DOCUMENT_LENGTH) continue;
    throw new RangeError(
      `Cannot keep a document of ${length} units: at most ${MAX_DOCUMENT_LENGTH}`,
    );
  }
}
