/**
 * Calls on one connection to Redis: those that are to be written, and those that wait for replies.
 *
 * @module
 */

import { Unavailable } from "../broker.ts";
import { type Argument, encodeCommand, type Reply, ReplyError } from "./resp.ts";

/** Settings of a {@linkcode Pipeline}. */
export interface PipelineOptions {
  /** The most memory of calls without a reply, in bytes. */
  readonly maxBytes: number;
}

/** A call without a reply. */
interface Call {
  /** The command, until it is written. */
  text: string;
  readonly bytes: number;
  readonly deadlineAt: number;
  /** The time after which the connection is of no use, if there is still no reply. */
  readonly lateAt: number;
  /** The caller has been answered; only the reply is still to come. */
  isOver: boolean;
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** The memory of a call beside its command, in bytes. */
const CALL_BYTES = 300;

/** About as much is written at once, in UTF-16 units. */
const WRITE_LENGTH = 262_144;

/** Matches replies with calls, in their order. Its clock is the caller's, in milliseconds. */
export class Pipeline {
  readonly #maxBytes: number;
  #queued: Call[] = [];
  readonly #written: Call[] = [];
  /** The index of the first call in `#written` that has no reply. */
  #first = 0;
  #bytes = 0;
  /** No deadline is before. */
  #soonest = Infinity;

  constructor({ maxBytes }: PipelineOptions) {
    this.#maxBytes = maxBytes;
  }

  /** True if a reply is to come. */
  get isWaiting(): boolean {
    return this.#first < this.#written.length;
  }

  /** Adds a call. Rejects with `Unavailable` if there is no place for it. */
  add(args: readonly Argument[], now: number, deadlineMs: number): Promise<Reply> {
    const text = encodeCommand(args);
    const bytes = CALL_BYTES + 2 * text.length;
    if (this.#bytes + bytes > this.#maxBytes) {
      return Promise.reject(new Unavailable("Too many commands wait for Redis", "no"));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const deadlineAt = now + deadlineMs;
    const lateAt = deadlineAt + deadlineMs;
    this.#queued.push({ text, bytes, deadlineAt, lateAt, isOver: false, resolve, reject });
    this.#bytes += bytes;
    this.#soonest = Math.min(this.#soonest, deadlineAt);
    return promise;
  }

  /** The commands to write next, which count as written from now on; empty if there are none. */
  take(): string {
    let text = "";
    let count = 0;
    for (const call of this.#queued) {
      if (text.length > WRITE_LENGTH) break;
      text += call.text;
      call.text = "";
      this.#written.push(call);
      count++;
    }
    this.#queued = this.#queued.slice(count);
    return text;
  }

  /** Gives a reply to the first call that was written. Returns false if there is none. */
  settle(reply: Reply): boolean {
    const call = this.#written[this.#first];
    if (call === undefined) return false;
    this.#first++;
    // Seldom, so that each call is moved once or twice at most.
    if (this.#first > 1000 && 2 * this.#first > this.#written.length) {
      this.#written.splice(0, this.#first);
      this.#first = 0;
    }
    this.#bytes -= call.bytes;
    if (reply instanceof ReplyError) call.reject(reply);
    else call.resolve(reply);
    return true;
  }

  /** Rejects calls whose deadline has passed. Returns true if a reply is late beyond hope. */
  expire(now: number): boolean {
    if (now >= this.#soonest) this.#expire(now);
    const first = this.#written[this.#first];
    return first !== undefined && now >= first.lateAt;
  }

  /** Rejects all calls. Nothing may be added afterwards. */
  end(problem: string): void {
    this.#rejectAll(this.#queued, problem, "no");
    this.#rejectAll(this.#written.slice(this.#first), problem, "unknown");
    this.#queued = [];
    this.#written.length = 0;
    this.#first = 0;
    this.#bytes = 0;
  }

  #expire(now: number): void {
    const problem = "Redis does not answer in time";
    this.#soonest = Infinity;
    this.#queued = this.#queued.filter((call) => {
      if (this.#isInTime(call, now)) return true;
      this.#bytes -= call.bytes;
      call.reject(new Unavailable(problem, "no"));
      return false;
    });
    for (let i = this.#first; i < this.#written.length; i++) {
      const call = this.#written[i];
      if (call === undefined || call.isOver || this.#isInTime(call, now)) continue;
      call.isOver = true;
      call.reject(new Unavailable(problem, "unknown"));
    }
  }

  #isInTime({ deadlineAt }: Call, now: number): boolean {
    const isInTime = now < deadlineAt;
    if (isInTime) this.#soonest = Math.min(this.#soonest, deadlineAt);
    return isInTime;
  }

  #rejectAll(calls: readonly Call[], problem: string, kept: Unavailable["kept"]): void {
    for (const call of calls) call.reject(new Unavailable(problem, kept));
  }
}
