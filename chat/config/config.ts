/**
 * The configuration: environment variables, read once.
 *
 * @module
 */

import { editDistance } from "./edit_distance.ts";
import { type Host, parseHost } from "./host.ts";
import type { Rate } from "../limits/token_bucket.ts";
import { DEFAULT_MEMORY_MB, defaultMemoryMb, type Platform } from "./platform.ts";

/** How much is logged. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Everything that can be set. Times are in milliseconds; a limit of `Infinity` is none. */
export interface Config {
  readonly port: number;
  readonly hostname: string;
  /** Hosts that are served; empty: any. */
  readonly hosts: readonly Host[];
  /** Origins that may connect besides the server's own, or `*` for any. */
  readonly allowedOrigins: readonly string[];
  /** Proxies in front whose forwarding headers are believed. */
  readonly trustProxy: number;
  readonly maxConnections: number;
  /** Resident memory of the process above which newcomers are refused, and in the end all cut. */
  readonly maxMemoryBytes: number;
  /** Memory of the messages of all rooms, in bytes. */
  readonly historyBytes: number;
  /** Memory of the receipts by which repeated messages are known, in bytes. */
  readonly receiptBytes: number;
  readonly connectionsPerAddress: number;
  readonly roomsPerConnection: number;
  readonly maxRooms: number;
  readonly membersPerRoom: number;
  /** Messages kept per room. */
  readonly historySize: number;
  /** Messages sent to a newcomer. */
  readonly joinHistory: number;
  /** Code points in a message. */
  readonly textLength: number;
  /** Bytes in a client's frame. */
  readonly frameBytes: number;
  readonly messageRate: Rate;
  readonly commandRate: Rate;
  readonly leaveGraceMs: number;
  readonly sendBufferBytes: number;
  readonly stuckMs: number;
  readonly helloMs: number;
  readonly heartbeatMs: number;
  readonly drainMs: number;
  /** What `/metrics` is only shown to; empty: to everyone. */
  readonly metricsToken: string;
  readonly logLevel: LogLevel;
}

/** A variable that holds a whole number, and the number that it is if unset. */
interface WholeNumber {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

/** A variable that holds a text, and the text that it is if unset. */
interface Text {
  readonly fallback: string;
}

/** A variable whose feature is still to come: a value ends the start, as it would have no effect. */
const NOT_SUPPORTED_YET = undefined;

/** Variables that begin with it are ours. */
const PREFIX = "CHAT_";

const MAX_COUNT = 10_000_000;
const MAX_RATE = 1_000_000;
const DAY_MS = 86_400_000;
const MIB = 1_048_576;

/** Every variable that there is. */
const TABLE = {
  PORT: whole(8000, 0, 65_535),
  HOST: text("0.0.0.0"),
  CHAT_TITLE: NOT_SUPPORTED_YET,
  CHAT_BASE_PATH: NOT_SUPPORTED_YET,
  CHAT_HOSTS: text(""),
  CHAT_ALLOWED_ORIGINS: text(""),
  CHAT_FRAME_ANCESTORS: NOT_SUPPORTED_YET,
  CHAT_TRUST_PROXY: whole(0, 0, 10),
  CHAT_DATA: NOT_SUPPORTED_YET,
  CHAT_SYNC: NOT_SUPPORTED_YET,
  CHAT_KEEP_DAYS: NOT_SUPPORTED_YET,
  CHAT_KEEP_MB: NOT_SUPPORTED_YET,
  CHAT_REDIS: NOT_SUPPORTED_YET,
  CHAT_REDIS_WAIT: NOT_SUPPORTED_YET,
  CHAT_KV: NOT_SUPPORTED_YET,
  CHAT_ROOMS: NOT_SUPPORTED_YET,
  CHAT_ADMINS: NOT_SUPPORTED_YET,
  CHAT_PASSWORD: NOT_SUPPORTED_YET,
  CHAT_TOKEN_SECRET: NOT_SUPPORTED_YET,
  CHAT_USER_HEADER: NOT_SUPPORTED_YET,
  CHAT_MAX_CONNECTIONS: whole(10_000, 0, MAX_COUNT),
  CHAT_MAX_MEMORY_MB: whole(DEFAULT_MEMORY_MB, 0, 1_048_576),
  /** The default is a quarter of `CHAT_MAX_MEMORY_MB`, and this where that is unlimited. */
  CHAT_HISTORY_MB: whole(256, 1, 1_048_576),
  CHAT_CONNECTIONS_PER_ADDRESS: whole(100, 0, MAX_COUNT),
  CHAT_ROOMS_PER_CONNECTION: whole(20, 1, 10_000),
  CHAT_MAX_ROOMS: whole(10_000, 1, MAX_COUNT),
  CHAT_MEMBERS_PER_ROOM: whole(0, 0, MAX_COUNT),
  CHAT_HISTORY_SIZE: whole(1000, 1, 1_000_000),
  CHAT_JOIN_HISTORY: whole(200, 0, 10_000),
  CHAT_TEXT_LENGTH: whole(4000, 1, 1_000_000),
  // A hello with the longest name and key must fit.
  CHAT_FRAME_BYTES: whole(16_384, 1024, 16_777_216),
  CHAT_MESSAGE_BURST: whole(10, 0, MAX_RATE),
  CHAT_MESSAGES_PER_SECOND: whole(5, 0, MAX_RATE),
  CHAT_COMMANDS_PER_SECOND: whole(50, 0, MAX_RATE),
  CHAT_LEAVE_GRACE_MS: whole(5000, 0, DAY_MS),
  CHAT_SEND_BUFFER_BYTES: whole(262_144, 1024, 1_073_741_824),
  CHAT_STUCK_MS: whole(30_000, 100, DAY_MS),
  CHAT_HELLO_MS: whole(10_000, 100, DAY_MS),
  CHAT_HEARTBEAT_MS: whole(25_000, 100, DAY_MS),
  CHAT_DRAIN_MS: whole(3000, 0, DAY_MS),
  CHAT_METRICS_TOKEN: text(""),
  CHAT_LOG: text("info"),
};

function whole(fallback: number, min: number, max: number): WholeNumber {
  return { fallback, min, max };
}

function text(fallback: string): Text {
  return { fallback };
}

type Table = typeof TABLE;
type Named<Kind> = { [Name in keyof Table]: Table[Name] extends Kind ? Name : never }[keyof Table];
type Variable = Named<WholeNumber | Text>;

/** The names of the variables that {@linkcode parseConfig} reads. */
export const VARIABLES: readonly Variable[] = Object.keys(TABLE).filter(isSupported);

function isSupported(name: string): name is Variable {
  const rows: Readonly<Record<string, WholeNumber | Text | undefined>> = TABLE;
  return rows[name] !== NOT_SUPPORTED_YET;
}

/** The value of each variable that is set. */
export type Environment = Readonly<Partial<Record<Variable, string>>>;

/** What a `send` may need: raw UTF-8 for each code point of its text, and the fields around it. */
const BYTES_PER_CODE_POINT = 4;
const BYTES_AROUND_TEXT = 384;

const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/**
 * Reads the configuration. A variable that is unset or empty has its default.
 *
 * @param environment may hold variables of other programs too
 * @param platform what a default may depend on
 * @throws {RangeError} naming the variable, its value and what is allowed, or a `CHAT_` variable
 *   that is none of ours
 */
export function parseConfig(environment: Environment, platform: Platform = {}): Config {
  checkNames(environment);
  const text = (name: Named<Text>): string => environment[name] || TABLE[name].fallback;
  const whole = (name: Named<WholeNumber>, fallback = TABLE[name].fallback): number =>
    parseWhole(name, environment[name] || String(fallback), TABLE[name]);
  const limit = (name: Named<WholeNumber>, fallback?: number): number =>
    whole(name, fallback) || Infinity;
  const commandsPerSecond = whole("CHAT_COMMANDS_PER_SECOND");
  const maxMemoryMb = limit("CHAT_MAX_MEMORY_MB", defaultMemoryMb(platform));
  const quarterMb = maxMemoryMb === Infinity ? undefined : Math.max(1, Math.floor(maxMemoryMb / 4));
  return {
    port: whole("PORT"),
    hostname: text("HOST"),
    hosts: parseHosts(text("CHAT_HOSTS")),
    allowedOrigins: parseOrigins(text("CHAT_ALLOWED_ORIGINS")),
    trustProxy: whole("CHAT_TRUST_PROXY"),
    maxConnections: limit("CHAT_MAX_CONNECTIONS"),
    maxMemoryBytes: maxMemoryMb * MIB,
    historyBytes: whole("CHAT_HISTORY_MB", quarterMb) * MIB,
    receiptBytes: (quarterMb ?? TABLE.CHAT_HISTORY_MB.fallback) * MIB,
    connectionsPerAddress: limit("CHAT_CONNECTIONS_PER_ADDRESS"),
    roomsPerConnection: whole("CHAT_ROOMS_PER_CONNECTION"),
    maxRooms: whole("CHAT_MAX_ROOMS"),
    membersPerRoom: limit("CHAT_MEMBERS_PER_ROOM"),
    historySize: whole("CHAT_HISTORY_SIZE"),
    joinHistory: whole("CHAT_JOIN_HISTORY"),
    textLength: whole("CHAT_TEXT_LENGTH"),
    frameBytes: whole("CHAT_FRAME_BYTES"),
    messageRate: {
      burst: whole("CHAT_MESSAGE_BURST"),
      perSecond: whole("CHAT_MESSAGES_PER_SECOND"),
    },
    commandRate: { burst: commandsPerSecond * 2, perSecond: commandsPerSecond },
    leaveGraceMs: whole("CHAT_LEAVE_GRACE_MS"),
    sendBufferBytes: whole("CHAT_SEND_BUFFER_BYTES"),
    stuckMs: whole("CHAT_STUCK_MS"),
    helloMs: whole("CHAT_HELLO_MS"),
    heartbeatMs: whole("CHAT_HEARTBEAT_MS"),
    drainMs: whole("CHAT_DRAIN_MS"),
    metricsToken: parseToken(text("CHAT_METRICS_TOKEN")),
    logLevel: parseLogLevel(text("CHAT_LOG")),
  };
}

/** A misspelt variable would leave its default in force, and nobody would be told. */
function checkNames(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || !environment[name] || isSupported(name)) continue;
    if (Object.hasOwn(TABLE, name)) throw new RangeError(`Cannot use ${name}: not supported yet`);
    throw new RangeError(
      `Cannot use ${JSON.stringify(name)} as there is no such variable: the nearest one is ` +
        nearestVariable(name),
    );
  }
}

/** Compared without the prefix, so that the nearest to CHAT_PORT is PORT. */
function nearestVariable(name: string): string {
  const bare = (name: string) => name.replace(PREFIX, "").toUpperCase();
  const distance = (other: string) => editDistance(bare(name), bare(other));
  return Object.keys(TABLE).reduce((a, b) => distance(b) < distance(a) ? b : a);
}

function parseWhole(name: Variable, value: string, { min, max }: WholeNumber): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw refusal(name, value, `a whole number from ${min} to ${max}`);
}

/** The frame that any text of `textLength` code points fits into, in bytes. */
export function frameBytesFor(textLength: number): number {
  return textLength * BYTES_PER_CODE_POINT + BYTES_AROUND_TEXT;
}

/** The entries of a comma-separated list that are not blank. */
function listOf(value: string): string[] {
  return value.split(",").map((each) => each.trim()).filter((each) => each !== "");
}

function parseHosts(value: string): Host[] {
  return listOf(value).map((each) => {
    const host = parseHost(each);
    if (host !== undefined) return host;
    throw refusal(
      "CHAT_HOSTS",
      each,
      "hosts such as chat.example, 192.0.2.1:8000 or [2001:db8::1]",
    );
  });
}

function parseOrigins(value: string): string[] {
  return listOf(value).map((each) => {
    if (each === "*") return each;
    const origin = URL.parse(each)?.origin ?? "null";
    if (origin !== "null") return origin;
    throw refusal("CHAT_ALLOWED_ORIGINS", each, "origins such as https://example.com, or *");
  });
}

function parseToken(value: string): string {
  if (/^[!-~]{0,256}$/.test(value)) return value;
  // Not even a bad value is shown: most of it may be the secret.
  throw new RangeError(
    "Cannot parse CHAT_METRICS_TOKEN as it must be 1 to 256 visible ASCII characters without " +
      "spaces: current value is not shown",
  );
}

function parseLogLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === value);
  if (level !== undefined) return level;
  throw refusal("CHAT_LOG", value, `one of ${LOG_LEVELS.join(", ")}`);
}

function refusal(name: Variable, value: string, allowed: string): RangeError {
  return new RangeError(
    `Cannot parse ${name} as it must be ${allowed}: current value is ${JSON.stringify(value)}`,
  );
}
