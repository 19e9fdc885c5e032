/**
 * One client: what it may ask for now, its cursors, and its way out.
 *
 * @module
 */

import type { Address } from "./limits/addresses.ts";
import { charBytes, exceedsBytes } from "./limits/bytes.ts";
import type { Cursor, Recipient } from "./room/cursor.ts";
import { decideSend, type SendDecision } from "./limits/backpressure.ts";
import { Strikes } from "./limits/strikes.ts";
import { isLimited, type Rate, TokenBucket } from "./limits/token_bucket.ts";
import { checkName, checkRoom } from "./text/names.ts";
import { encodeEvent, encodeFrame } from "./protocol/encode.ts";
import { parseCommand } from "./protocol/parse.ts";
import { CloseCode, type Command, type ErrorEvent, type ServerEvent } from "./protocol/types.ts";
import { refusal } from "./protocol/errors.ts";
import type { Session } from "./room/users.ts";

/** The socket, as much of it as a connection needs. */
export interface Transport {
  /** Bytes that were sent and that the peer has not taken yet. */
  readonly bufferedAmount: number;
  send(frame: string): void;
  close(code: number, reason: string): void;
}

/** Who is told that a connection has something to send, or must wait. */
export interface Agenda {
  /** The connection has events that wait for the next flush. */
  pending(connection: Connection): void;
  /** The connection can take no more for now. */
  held(connection: Connection): void;
  /** A connection that was held took something again. */
  moved(connection: Connection): void;
  /** The connection can't be sent to. */
  failed(connection: Connection): void;
}

/** What a connection needs to know of the configuration. */
export interface ConnectionOptions {
  readonly frameBytes: number;
  readonly commandRate: Rate;
  readonly roomsPerConnection: number;
  readonly sendBufferBytes: number;
  readonly stuckMs: number;
}

/** A close that the client is told the reason of. */
export interface Closing {
  readonly code: CloseCode;
  readonly reason: string;
}

/** What to do about a frame: carry out the command, refuse it, and perhaps close. */
export type Outcome =
  | { readonly command: Command }
  | { readonly error: ErrorEvent; readonly closing?: Closing };

/** Bad commands borne within ten seconds, from the protocol's close code 4500. */
const MAX_BAD_COMMANDS = 20;
const BAD_COMMANDS_WITHIN_MS = 10_000;

/** About what a frame costs in memory besides its characters: empty frames are not free. */
const FRAME_OVERHEAD = 32;

/** Bytes of memory that a waiting frame takes. */
function frameBytes(frame: string): number {
  return FRAME_OVERHEAD + charBytes(frame);
}

/** One client's connection. Everything that the client may and may not do is decided here. */
export class Connection implements Recipient {
  /** Where the client comes from, which has limits too. */
  readonly address: Address;
  /** The cursors of the rooms that were joined, by room name. */
  readonly cursors = new Map<string, Cursor>();
  /** Who it is, after `hello`. */
  session: Session | undefined;
  /** Frames that wait until the client has read the answers before them. */
  readonly backlog: string[] = [];

  readonly #options: ConnectionOptions;
  readonly #transport: Transport;
  readonly #agenda: Agenda;
  readonly #commands: TokenBucket | undefined;
  readonly #strikes = new Strikes(MAX_BAD_COMMANDS, BAD_COMMANDS_WITHIN_MS);
  /** Encoded events that wait for the next flush, joined by commas. */
  #outbox = "";
  #backlogBytes = 0;
  #closed = false;
  #held = false;
  #sent = 0;
  #sentUnits = 0;
  /** What there was when something last changed on the socket. */
  #watched = { bytes: 0, sent: 0, since: 0 };

  constructor(
    transport: Transport,
    agenda: Agenda,
    options: ConnectionOptions,
    origin: { readonly address: Address; readonly now: number },
  ) {
    this.#transport = transport;
    this.#agenda = agenda;
    this.#options = options;
    this.address = origin.address;
    this.#watched.since = origin.now;
    if (isLimited(options.commandRate)) {
      this.#commands = new TokenBucket(options.commandRate, origin.now);
    }
  }

  /** Whether the connection is over, on our side at least. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes on the socket, and about as many as wait for the next flush. */
  get queuedBytes(): number {
    return this.#transport.bufferedAmount + this.#outbox.length;
  }

  /** All that was given to the socket, in UTF-16 units. */
  get sentUnits(): number {
    return this.#sentUnits;
  }

  /** What to do with this client after it has waited so long. */
  decide(waitedMs: number): SendDecision {
    return decideSend(this.queuedBytes, waitedMs, this.#options);
  }

  /**
   * Whether bytes have been lying on the socket for too long, with none added or taken. The
   * runtime's own pings can't tell: they wait behind the bytes. To be called every few seconds.
   */
  isStuck(now: number, lagMs = 0): boolean {
    const bytes = this.#transport.bufferedAmount;
    const sent = this.#sent;
    if (bytes === 0 || bytes !== this.#watched.bytes || sent !== this.#watched.sent) {
      this.#watched = { bytes, sent, since: now };
    }
    return now - lagMs - this.#watched.since >= this.#options.stuckMs;
  }

  /** Checks what a frame costs, before anything is read of it. */
  admit(frame: unknown, now: number, lagMs = 0): string | Closing {
    if (typeof frame !== "string") {
      return { code: CloseCode.BINARY_FRAME, reason: "Frames must be text" };
    }
    if (exceedsBytes(frame, this.#options.frameBytes)) {
      const reason = `A frame must have at most ${this.#options.frameBytes} bytes`;
      return { code: CloseCode.FRAME_TOO_LARGE, reason };
    }
    if (this.#commands !== undefined && this.#commands.take(now, lagMs) > 0) {
      const { perSecond } = this.#options.commandRate;
      return { code: CloseCode.FLOODING, reason: `More than ${perSecond} commands a second` };
    }
    return frame;
  }

  /**
   * Lets a frame wait if the client does not read its answers, or its address has just been given
   * much. Returns whether it waits, or why the client must go.
   */
  postpone(frame: string, now: number): boolean | Closing {
    if (this.backlog.length === 0 && this.#canAnswer(now)) return false;
    const bytes = this.#backlogBytes + frameBytes(frame);
    // One always: it may be larger than the mark, and the client need not be to blame for the wait.
    if (this.backlog.length > 0 && bytes > this.#options.sendBufferBytes) {
      return { code: CloseCode.SLOW_CONSUMER, reason: "Sends commands, but reads too slowly" };
    }
    this.#backlogBytes = bytes;
    this.backlog.push(frame);
    this.#agenda.held(this);
    return true;
  }

  /** The next frame that has waited, if it need not wait any longer. */
  resume(now: number): string | undefined {
    if (!this.#canAnswer(now)) return undefined;
    const frame = this.backlog.shift();
    if (frame !== undefined) this.#backlogBytes -= frameBytes(frame);
    return frame;
  }

  #canAnswer(now: number): boolean {
    return this.decide(0) === "send" && !this.address.mustPause(now);
  }

  /** Reads an admitted frame: a command that may be carried out now, with its names normalised. */
  read(frame: string, now: number): Outcome {
    const parsed = parseCommand(frame);
    const type = parsed.ok ? parsed.command.type : parsed.type;
    const ref = parsed.ok ? parsed.command.ref : parsed.ref;
    if (this.session === undefined && type !== undefined && type !== "hello") {
      return this.#strike(refusal("not_welcome", 'The first command must be "hello"', ref), now);
    }
    if (!parsed.ok) return this.#strike(refusal("bad_request", parsed.message, ref), now);
    if (this.session !== undefined && type === "hello") {
      return this.#strike(refusal("bad_request", '"hello" was said already', ref), now);
    }
    return this.#normalise(parsed.command, now);
  }

  #normalise(command: Command, now: number): Outcome {
    switch (command.type) {
      case "ping":
      // A send is checked after it was compared with those before it.
      case "send":
        return { command };
      case "hello":
      case "rename": {
        const name = checkName(command.name);
        if (name.ok) return { command: { ...command, name: name.value } };
        const error = refusal("name_invalid", name.message, command.ref);
        return name.overlong ? this.#strike(error, now) : { error };
      }
    }
    const room = checkRoom(command.room);
    if (!room.ok) return { error: refusal("room_invalid", room.message, command.ref) };
    const error = command.type === "join"
      ? this.#refuseJoin(room.value, command.ref)
      : this.refuseOutside(room.value, command.ref);
    return error === undefined ? { command: { ...command, room: room.value } } : { error };
  }

  #refuseJoin(room: string, ref?: string): ErrorEvent | undefined {
    const max = this.#options.roomsPerConnection;
    if (this.cursors.size < max || this.cursors.has(room)) return undefined;
    return refusal("too_many_rooms", `A connection may join at most ${max} rooms`, ref);
  }

  /** Why a command in a room is refused, unless the room was joined. */
  refuseOutside(room: string, ref?: string): ErrorEvent | undefined {
    if (this.cursors.has(room)) return undefined;
    return refusal("not_joined", `Room "${room}" must be joined first`, ref);
  }

  #strike(error: ErrorEvent, now: number): Outcome {
    if (!this.#strikes.add(now)) return { error };
    return { error, closing: { code: CloseCode.BAD_COMMANDS, reason: "Too many bad commands" } };
  }

  /** Tells this client something with the next flush. */
  reply(event: ServerEvent): void {
    this.replyEncoded(encodeEvent(event));
  }

  /** {@linkcode Connection.reply} for an event that is encoded already. */
  replyEncoded(event: string): void {
    if (this.#closed) return;
    this.#enqueue(event);
    this.#agenda.pending(this);
  }

  #enqueue(events: string): void {
    this.#outbox += this.#outbox === "" ? events : `,${events}`;
  }

  canTake(): boolean {
    if (this.#closed || this.queuedBytes <= this.#options.sendBufferBytes) return true;
    this.#held = true;
    this.#agenda.held(this);
    return false;
  }

  deliver(frame: string): boolean {
    if (this.#closed) return false;
    if (this.#held) {
      this.#held = false;
      this.#agenda.moved(this);
    }
    if (this.#outbox === "") return this.#send(frame);
    // What waits already goes first, and in one frame with this. At once: served after all the
    // others, senders would answer one by one and spread over more turns (measured: 20%).
    this.#enqueue(frame.slice(1, -1));
    return this.flush();
  }

  /** Sends what has waited for the flush. Returns whether something was sent. */
  flush(): boolean {
    if (this.#closed || this.#outbox === "") return false;
    const frame = encodeFrame([this.#outbox]);
    this.#outbox = "";
    return this.#send(frame);
  }

  /** Says what is left to say and closes. From now on everything that comes or goes is dropped. */
  close({ code, reason }: Closing): void {
    this.flush();
    if (this.#closed) return;
    this.end();
    this.#transport.close(code, reason);
  }

  /** The socket is gone. */
  end(): void {
    this.#closed = true;
    this.#outbox = "";
    this.backlog.length = 0;
  }

  #send(frame: string): boolean {
    this.#sent++;
    this.#sentUnits += frame.length;
    try {
      this.#transport.send(frame);
      return true;
    } catch {
      // One bad socket must not keep the others from what they are to get.
      this.#agenda.failed(this);
      return false;
    }
  }
}
