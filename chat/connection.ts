/**
 * One client connection: its limits, its queue of commands, its cursors and its outgoing queue.
 *
 * @module
 */

import type { Config } from "./config/config.ts";
import type { Address } from "./limits/addresses.ts";
import type { Backpressure } from "./limits/backpressure.ts";
import { charBytes } from "./text/texts.ts";
import { TokenBucket } from "./limits/token_bucket.ts";
import { encodeFrame } from "./protocol/encode.ts";
import type { Closing } from "./closings.ts";
import { CloseCode } from "./protocol/types.ts";
import type { Client, Session } from "./room/memberships.ts";
import type { Cursor } from "./room/room.ts";
import type { Scheduler } from "./scheduler.ts";

/** A socket, as far as a connection needs it. */
export interface Transport {
  /** Bytes that were sent, and that the peer has not taken. */
  readonly bufferedAmount: number;
  send(frame: string): void;
  /** @param answer returns what to send for a frame that comes before the connection is closed */
  close(code: number, reason: string, answer?: AnswerLate): void;
}

/** Returns the frame that answers a frame of a client which is about to be closed, if any. */
export type AnswerLate = (frame: string | ArrayBuffer) => string | undefined;

/** What a connection works with. */
export interface ConnectionOptions {
  readonly config: Pick<Config, "frameBytes" | "commandRate" | "sendBufferBytes">;
  readonly backpressure: Pick<
    Backpressure<Connection>,
    "canTake" | "hold" | "isHeld" | "isOverMark"
  >;
  readonly scheduler: Pick<Scheduler, "pending">;
  /** Called when the socket can't be sent to. */
  readonly failed: (connection: Connection) => void;
}

/** Bad commands tolerated within ten seconds, from the protocol's close code 4500. */
const MAX_BAD_COMMANDS = 20;
const BAD_COMMANDS_WITHIN_MS = 10_000;

/** The most sends of a connection that are not kept yet. The next ones wait in its queue. */
const MAX_UNSETTLED = 1000;

/** About what a frame costs in memory besides its characters: empty frames are not free. */
const FRAME_OVERHEAD = 32;

/** Bytes of memory that a waiting frame takes. */
function memoryOf(frame: string): number {
  return FRAME_OVERHEAD + charBytes(frame);
}

/** The connection of one client. */
export class Connection implements Client {
  readonly address: Address;
  readonly cursors = new Map<string, Cursor>();
  session: Session | undefined;
  isAdmin = false;
  isNamed = false;
  rooms: ReadonlySet<string> | undefined;
  expiresAt = Infinity;
  readonly proxyUser: string | undefined;
  /** Frames that were admitted, and that are carried out one by one in this order. */
  readonly queue: string[] = [];
  /** Whether the connection is over, on our side at least. */
  closed = false;
  framesSent = 0;
  sentUnits = 0;

  readonly #transport: Transport;
  readonly #options: ConnectionOptions;
  readonly #commandBudget: TokenBucket;
  /** Memory of the queue if it has several frames. Usually it has one, which does not wait. */
  #queueMemory = 0;
  /** Commands that were begun and are not answered yet. */
  #unsettled = 0;
  #lastReply: Promise<unknown> | undefined;
  /** Whether the next command must wait for their answers. */
  #waits = false;
  /** When the latest bad commands came. */
  #badCommands: readonly number[] = [];
  /** Encoded events that wait for the next flush, joined by commas. */
  #outbox = "";

  /** @param proxyUser the user whom a trusted proxy has named */
  constructor(
    transport: Transport,
    address: Address,
    now: number,
    options: ConnectionOptions,
    proxyUser?: string,
  ) {
    this.proxyUser = proxyUser;
    this.#transport = transport;
    this.address = address;
    this.#options = options;
    this.#commandBudget = new TokenBucket(options.config.commandRate, now);
  }

  get socketBytes(): number {
    return this.#transport.bufferedAmount;
  }

  get queuedBytes(): number {
    return this.#transport.bufferedAmount + this.#outbox.length;
  }

  /**
   * Admits a frame to the queue of commands, after a check of its size and rate.
   *
   * @param bytes of the frame, as UTF-8
   * @returns why the client must go, if so
   */
  admit(frame: string | ArrayBuffer, bytes: number, now: number, lagMs = 0): Closing | undefined {
    const { frameBytes, commandRate, sendBufferBytes } = this.#options.config;
    if (typeof frame !== "string") {
      return { code: CloseCode.BINARY_FRAME, reason: "Frames must be text" };
    }
    if (bytes > frameBytes) {
      const reason = `A frame must have at most ${frameBytes} bytes`;
      return { code: CloseCode.FRAME_TOO_LARGE, reason };
    }
    if (this.#commandBudget.take(now, lagMs) > 0) {
      const reason = `More than ${commandRate.perSecond} commands a second`;
      return { code: CloseCode.FLOODING, reason };
    }
    // One frame may always wait: it may be larger than the mark, and wait because of its address.
    const [first] = this.queue;
    if (first !== undefined) {
      if (this.queue.length === 1) this.#queueMemory = memoryOf(first);
      this.#queueMemory += memoryOf(frame);
      if (this.#queueMemory > sendBufferBytes) {
        return { code: CloseCode.SLOW_CONSUMER, reason: "Sends commands, but reads too slowly" };
      }
    }
    this.queue.push(frame);
    return undefined;
  }

  /**
   * Takes the next frame that can be carried out from the queue. Frames wait for the commands before
   * them, while the client does not read its answers, while its address was given much just now, and
   * until a client that was held has been caught up: no answer overtakes the messages that it missed.
   */
  next(now: number): string | undefined {
    if (this.queue.length === 0 || this.#waits) return undefined;
    const { backpressure } = this.#options;
    if (backpressure.isHeld(this)) return undefined;
    if (backpressure.isOverMark(this) || this.address.mustPause(now)) {
      backpressure.hold(this);
      return undefined;
    }
    const frame = this.queue.shift();
    if (frame !== undefined && this.queue.length > 0) this.#queueMemory -= memoryOf(frame);
    return frame;
  }

  /** Takes all frames that wait, unless they wait since the client does not read its answers. */
  takeQueue(): string[] {
    const { backpressure } = this.#options;
    if (backpressure.isHeld(this) || backpressure.isOverMark(this)) return [];
    this.#waits = false;
    return this.queue.splice(0);
  }

  /** Whether a command must wait for the answers to those before it. */
  mustWait(isPipelined: boolean): boolean {
    return this.#unsettled > 0 && !isPipelined;
  }

  /** Puts a frame that must wait back into the queue. */
  putBack(frame: string): void {
    if (this.queue.unshift(frame) > 1) this.#queueMemory += memoryOf(frame);
    this.#waits = true;
  }

  /** Notes that a command is not answered yet. Returns its reply, after those to commands before it. */
  begin<Reply>(isPipelined: boolean, reply: Promise<Reply>): Promise<Reply> {
    this.#unsettled++;
    this.#waits = !isPipelined || this.#unsettled >= MAX_UNSETTLED;
    const inOrder = this.#lastReply === undefined ? reply : this.#lastReply.then(() => reply);
    this.#lastReply = inOrder;
    return inOrder;
  }

  /** Notes that a command was answered. */
  settle(): void {
    if (--this.#unsettled > 0) return;
    this.#waits = false;
    this.#lastReply = undefined;
  }

  /** Notes a bad command. Returns whether it was one too many. */
  recordBadCommand(now: number): boolean {
    const latest = this.#badCommands.filter((time) => now - time < BAD_COMMANDS_WITHIN_MS);
    this.#badCommands = [...latest, now];
    return this.#badCommands.length >= MAX_BAD_COMMANDS;
  }

  /** Gives the client an encoded event with the next flush. */
  reply(event: string): void {
    if (this.closed) return;
    this.#append(event);
    this.#options.scheduler.pending(this);
  }

  #append(events: string): void {
    this.#outbox += this.#outbox === "" ? events : `,${events}`;
  }

  canTake(): boolean {
    return this.closed || this.#options.backpressure.canTake(this);
  }

  deliver(frame: string): boolean {
    if (this.closed) return false;
    if (this.#outbox === "") return this.#send(frame);
    // Answers that wait go first, in one frame with this one. Now, not with the flush of answers:
    // clients that answer each message would be served late, in more turns (measured: 20%).
    this.#append(frame.slice(1, -1));
    return this.flush();
  }

  /** Delivers what the client has missed in its rooms. Returns whether all of it is still kept. */
  catchUp(now: number): boolean {
    const sentBefore = this.sentUnits;
    for (const cursor of this.cursors.values()) {
      if (cursor.room.catchUp(cursor) === "lost") return false;
    }
    this.address.spendSlice(this.sentUnits - sentBefore, now);
    return true;
  }

  /** Sends the answers that wait. Returns whether there were some. */
  flush(): boolean {
    if (this.closed || this.#outbox === "") return false;
    const frame = encodeFrame([this.#outbox]);
    this.#outbox = "";
    return this.#send(frame);
  }

  /**
   * Sends the answers that wait, and closes. Everything after that is dropped, but for the answers to
   * frames that are on their way.
   */
  close({ code, reason }: Closing, answer?: AnswerLate): void {
    this.flush();
    if (this.closed) return;
    this.end();
    this.#transport.close(code, reason, answer);
  }

  /** The socket is gone. */
  end(): void {
    this.closed = true;
    this.#outbox = "";
    this.queue.length = 0;
  }

  #send(frame: string): boolean {
    this.framesSent++;
    this.sentUnits += frame.length;
    try {
      this.#transport.send(frame);
      return true;
    } catch {
      // A bad socket must not keep a frame from the others.
      this.#options.failed(this);
      return false;
    }
  }
}
