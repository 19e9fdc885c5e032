/**
 * Connections of an instance to its store, and the joining of the store on each new one.
 *
 * @module
 */

import type { RedisUrl } from "../../config/redis_url.ts";
import { timeOf } from "../../protocol/ulid.ts";
import { Unavailable } from "../broker.ts";
import { drawEpoch } from "../positions.ts";
import { type Call, RedisClient } from "./client.ts";
import type { Joined } from "./feed_cursor.ts";
import { streamsOf } from "./feed_reader.ts";
import { listIn, pairsIn, textIn } from "./replies.ts";
import { runScript, Script } from "./script.ts";
import { JOIN } from "./scripts/life.ts";
import { policyWarning, readServer, type ServerFacts } from "./server_facts.ts";

const join = new Script(JOIN);

/** Epochs that are drawn for one that no other is equal to. */
const DRAWS = 4;

/** Options of a {@linkcode Link}. */
export interface LinkOptions {
  readonly url: RedisUrl;
  readonly prefix: string;
  /** Replicas that must have what was written. */
  readonly wait: number;
  readonly deadlineMs: number;
  /** The newest position that this instance knows of; empty: none. */
  newest(): string;
  joined(joined: Joined): void;
  changed(): void;
  /** Told once of a setting with which messages may be lost. */
  warned(warning: string): void;
}

/** A server that can't be used, whatever is tried. */
export class RedisUnusable extends Error {
  override readonly name = "RedisUnusable";
}

/** A connection for commands, one for the feed, and, where replicas are waited for, one for writing. */
export class Link {
  readonly #options: LinkOptions;
  readonly commands: RedisClient;
  readonly feed: RedisClient;
  readonly writer: RedisClient;
  readonly #clients: ReadonlySet<RedisClient>;
  #facts: ServerFacts | undefined;
  #joining: Promise<void> | undefined;
  #unusable: RedisUnusable | undefined;
  #warning: string | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.commands = this.#connect();
    this.feed = this.#connect();
    // A command that waits for replicas holds up those behind it.
    this.writer = options.wait > 0 ? this.#connect() : this.commands;
    this.#clients = new Set([this.commands, this.feed, this.writer]);
  }

  /** The reason for which the store can't be used now. */
  get problem(): string | undefined {
    for (const { problem } of this.#clients) if (problem !== undefined) return problem;
    return undefined;
  }

  /** The reason for which it never will be, as it seems. */
  get unusable(): RedisUnusable | undefined {
    return this.#unusable;
  }

  /** Joins the store again, which has begun another life. */
  join(): Promise<void> {
    this.#joining ??= this.#join((args, ms) => this.commands.call(args, ms), this.#facts)
      .finally(() => this.#joining = undefined);
    return this.#joining;
  }

  /** Looks for the primary elsewhere. */
  reconnect(problem: string): void {
    for (const client of this.#clients) client.reconnect(problem);
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#clients, (client) => client.close()));
  }

  #connect(): RedisClient {
    const { url, deadlineMs, changed } = this.#options;
    return new RedisClient({
      url,
      deadlineMs,
      prepare: (call) => this.#prepare(call),
      changed: (problem) => {
        if (problem !== undefined && isUnusable(problem)) {
          this.#unusable = new RedisUnusable(problem);
        } else if (problem !== undefined && isOtherProtocol(problem)) {
          this.#unusable = new RedisUnusable("what answers there is no Redis");
        }
        changed();
      },
    });
  }

  async #prepare(call: Call): Promise<void> {
    const facts = await readServer(call);
    if (facts.problem !== undefined) throw this.#unusable = new RedisUnusable(facts.problem);
    this.#facts = facts;
    const { prefix } = this.#options;
    // Without the right to read the feed, the reader would be refused again and again, and nobody told.
    const streams = streamsOf(prefix);
    await call(["XREAD", "COUNT", 1, "STREAMS", ...streams, ...streams.map(() => "$")]);
    await this.#join(call, facts);
    const warning = policyWarning(facts);
    if (warning === undefined || warning === this.#warning) return;
    this.#warning = warning;
    this.#options.warned(warning);
  }

  async #join(call: Call, facts: ServerFacts | undefined): Promise<void> {
    if (facts === undefined) throw new Unavailable("Redis was not reached yet", "no");
    const { prefix, newest, joined } = this.#options;
    const position = newest();
    const draws = Array.from({ length: DRAWS }, () => drawEpoch());
    const time = position === "" ? -1 : timeOf(position);
    joined(joinedIn(await runScript(call, join, prefix, [facts.runId, position, time, ...draws])));
  }
}

function joinedIn(reply: Awaited<ReturnType<Call>>): Joined {
  const [epoch, newest, number, firstNumber, lastId, lastSignalId, lastTypingId, epochs] = listIn(
    reply,
  );
  return {
    epoch: textIn(epoch),
    newest: textIn(newest),
    number: Number(number),
    firstNumber: Number(firstNumber),
    lastId: textIn(lastId),
    lastSignalId: textIn(lastSignalId),
    lastTypingId: textIn(lastTypingId),
    epochs: pairsIn(epochs),
  };
}

/** Returns true for a refusal that lasts, such as of a wrong password. */
function isUnusable(problem: string): boolean {
  return /^Redis refuses: (?:WRONGPASS|NOAUTH|NOPERM|ERR (?!max number))/.test(problem);
}

/** Returns true for a problem of the parser. */
function isOtherProtocol(problem: string): boolean {
  return /^A (?:reply|line|number|bulk string) /.test(problem);
}
