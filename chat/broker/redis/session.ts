/**
 * One connection to Redis from its first byte to its end.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import type { Connection } from "./connection.ts";
import { Liveness, type LivenessOptions, RunningClock } from "./liveness.ts";
import { Pipeline, type PipelineOptions } from "./pipeline.ts";
import { type Argument, ProtocolError, type Reply, ReplyError, ReplyParser } from "./resp.ts";

/** Settings of a {@linkcode Session}. */
export interface SessionOptions extends PipelineOptions, LivenessOptions {
  /** The most bytes of a reply. */
  readonly maxReplyBytes: number;
}

/** Writes calls, reads replies, and ends when Redis is silent or talks nonsense. */
export class Session {
  /** Resolves with the reason, when nothing is read any more. */
  readonly ended: Promise<string>;
  readonly #connection: Connection;
  readonly #pipeline: Pipeline;
  readonly #parser: ReplyParser;
  readonly #liveness: Liveness;
  readonly #clock = new RunningClock(eventLoop.now);
  readonly #encoder = new TextEncoder();
  #isWriting = false;
  #problem: string | undefined;

  constructor(connection: Connection, options: SessionOptions) {
    this.#connection = connection;
    this.#pipeline = new Pipeline(options);
    this.#parser = new ReplyParser(options.maxReplyBytes);
    this.#liveness = new Liveness(options);
    this.ended = this.#run();
  }

  /** For how long it exists, in milliseconds. */
  get ageMs(): number {
    return this.#clock.now;
  }

  get isEnded(): boolean {
    return this.#problem !== undefined;
  }

  call(args: readonly Argument[], deadlineMs: number): Promise<Reply> {
    const promise = this.#pipeline.add(args, this.#clock.now, deadlineMs);
    if (this.#problem !== undefined) this.#pipeline.end(this.#problem);
    else if (!this.#isWriting) this.#write();
    return promise;
  }

  /** To be called each `TICK_MS`. */
  tick(): void {
    const elapsedMs = this.#clock.tick(eventLoop.now);
    if (this.#pipeline.expire(this.#clock.now)) this.end("Redis does not answer in time");
    switch (this.#liveness.tick(elapsedMs, this.#pipeline.isWaiting)) {
      case "silent":
        this.end("Redis is silent");
        break;
      case "ping":
        // The reply is a sign of life, and an error is one too.
        this.call(["PING"], Infinity).catch(() => {});
    }
  }

  /** Closes the connection and rejects its calls. */
  end(problem: string): void {
    if (this.#problem !== undefined) return;
    this.#problem = problem;
    this.#pipeline.end(problem);
    this.#connection.close();
  }

  async #run(): Promise<string> {
    try {
      for (;;) {
        const bytes = await this.#connection.read();
        if (bytes === undefined) break;
        this.#liveness.heard();
        for (const reply of this.#parser.push(bytes)) this.#take(reply);
      }
      this.end("Redis has closed the connection");
    } catch (error) {
      this.end(problemOf(error));
    }
    // Not after the last write: Deno 2.5 ends it only when the other side reads again.
    return this.#problem ?? "";
  }

  #take(reply: Reply): void {
    if (this.#pipeline.settle(reply)) return;
    // Too many clients, for instance: Redis says so, and closes the connection.
    throw reply instanceof ReplyError ? reply : new ProtocolError("A reply belongs to no command");
  }

  /** Writes what this turn of the event loop has called, and then what was called meanwhile. */
  async #write(): Promise<void> {
    this.#isWriting = true;
    await new Promise<void>((resolve) => eventLoop.soon(resolve));
    try {
      for (let text = this.#pipeline.take(); text !== ""; text = this.#pipeline.take()) {
        await this.#connection.write(this.#encoder.encode(text));
      }
    } catch (error) {
      this.end(problemOf(error));
    } finally {
      this.#isWriting = false;
    }
  }
}

/** Tells operators of an error, always in the same words. */
export function problemOf(error: unknown): string {
  if (error instanceof ReplyError) return `Redis refuses: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
