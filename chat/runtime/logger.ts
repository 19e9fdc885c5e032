/**
 * Logger for the operator: one line per event, without messages and secrets of users.
 *
 * @module
 */

import { LOG_LEVELS, type LogLevel } from "../config/parsers.ts";
import { type Rate, TokenBucket } from "../limits/token_bucket.ts";

/** Logs an event with its fields. */
export type Logger = (
  level: Exclude<LogLevel, "silent">,
  event: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** What a logger is made of. */
export interface LoggerOptions {
  /** Events below this level are dropped. */
  readonly level: LogLevel;
  /** Whether lines are JSON, for machines, or text, for people. */
  readonly json: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly write: (line: string) => void;
}

/**
 * Lines of one event: a client that causes one, such as a refused request, must not fill the disk.
 */
const LINES: Rate = { burst: 100, perSecond: 5 };

/** Makes a logger that writes lines such as `12:00:00 info listening port=8000`. */
export function createLogger({ level, json, now, write }: LoggerOptions): Logger {
  const events = new Map<string, { readonly lines: TokenBucket; omitted: number }>();
  return (severity, event, given = {}) => {
    if (LOG_LEVELS.indexOf(severity) < LOG_LEVELS.indexOf(level)) return;
    let state = events.get(event);
    if (state === undefined) {
      state = { lines: new TokenBucket(LINES, now()), omitted: 0 };
      events.set(event, state);
    }
    if (state.lines.take(now()) > 0) {
      state.omitted++;
      return;
    }
    const fields = { ...given, ...(state.omitted > 0 && { omitted: state.omitted }) };
    state.omitted = 0;
    const time = new Date(now()).toISOString();
    if (json) return write(JSON.stringify({ time, level: severity, event, ...fields }));
    const pairs = Object.entries(fields).map(([name, value]) => {
      // Quoted unless it is plain, so that no text of a client can begin a line.
      const plain = typeof value !== "string" || /^[\w.:/+-]+$/.test(value);
      return ` ${name}=${plain ? value : quote(value)}`;
    });
    write(`${time.slice(11, 19)} ${severity} ${event}${pairs.join("")}`);
  };
}

/** A JSON string without control characters and line ends, for terminals. */
function quote(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007F-\u009F\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Logs uncaught errors from now on, and keeps them from ending the process. */
export function logUncaughtErrors(logger: Logger): void {
  const log = (event: Event, cause: unknown): void => {
    event.preventDefault();
    const error = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    logger("error", "uncaught", { error });
  };
  addEventListener("error", (event) => log(event, event.error));
  addEventListener("unhandledrejection", (event) => log(event, event.reason));
}

/** The most lines that wait to be written. A thousand lines of the log take about 200 KB. */
const MAX_WAITING = 1000;

/** Writes lines in their order, and drops lines that can't be written. */
export class LineWriter {
  readonly #sink: Pick<typeof Deno.stdout, "write">;
  readonly #encoder = new TextEncoder();
  #waiting = 0;
  /** Resolves when all lines so far are written or dropped. */
  written: Promise<void> = Promise.resolve();

  constructor(sink: Pick<typeof Deno.stdout, "write">) {
    this.#sink = sink;
  }

  /** Writes a line and its end. */
  write(line: string): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    this.written = this.written.then(() => this.#writeAll(`${line}\n`));
  }

  async #writeAll(text: string): Promise<void> {
    try {
      for (let rest = this.#encoder.encode(text); rest.length > 0;) {
        rest = rest.subarray(await this.#sink.write(rest));
      }
    } catch {
      // There is no other place to report it.
    }
    this.#waiting--;
  }
}
