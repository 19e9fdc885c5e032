/**
 * The configuration: environment variables, read once.
 *
 * @module
 */

import { type Host, parseHost } from "./host.ts";
import type { Rate } from "./limits.ts";

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

/** The names of the variables that {@linkcode parseConfig} reads. */
export const VARIABLES = [
  "PORT",
  "HOST",
  "CHAT_HOSTS",
  "CHAT_ALLOWED_ORIGINS",
  "CHAT_TRUST_PROXY",
  "CHAT_MAX_CONNECTIONS",
  "CHAT_MAX_MEMORY_MB",
  "CHAT_HISTORY_MB",
  "CHAT_CONNECTIONS_PER_ADDRESS",
  "CHAT_ROOMS_PER_CONNECTION",
  "CHAT_MAX_ROOMS",
  "CHAT_MEMBERS_PER_ROOM",
  "CHAT_HISTORY_SIZE",
  "CHAT_JOIN_HISTORY",
  "CHAT_TEXT_LENGTH",
  "CHAT_FRAME_BYTES",
  "CHAT_MESSAGE_BURST",
  "CHAT_MESSAGES_PER_SECOND",
  "CHAT_COMMANDS_PER_SECOND",
  "CHAT_LEAVE_GRACE_MS",
  "CHAT_SEND_BUFFER_BYTES",
  "CHAT_STUCK_MS",
  "CHAT_HELLO_MS",
  "CHAT_HEARTBEAT_MS",
  "CHAT_DRAIN_MS",
  "CHAT_METRICS_TOKEN",
  "CHAT_LOG",
] as const;

type Variable = typeof VARIABLES[number];

/** The value of each variable that is set. */
export type Environment = Readonly<Partial<Record<Variable, string>>>;

/** What a `send` may need: raw UTF-8 for each code point of its text, and the fields around it. */
const BYTES_PER_CODE_POINT = 4;
const BYTES_AROUND_TEXT = 384;

const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];
const DAY_MS = 86_400_000;
const MIB = 1_048_576;

/**
 * Reads the configuration. A variable that is unset or empty has its default.
 *
 * @throws {RangeError} naming the variable, its value and what is allowed
 */
export function parseConfig(environment: Environment): Config {
  const whole = (name: Variable, fallback: number, min: number, max: number): number =>
    parseWhole(name, environment[name] || String(fallback), min, max);
  const limit = (name: Variable, fallback: number, max: number): number =>
    whole(name, fallback, 0, max) || Infinity;
  const maxMemoryMb = limit("CHAT_MAX_MEMORY_MB", 1024, 1_048_576);
  const quarterMb = maxMemoryMb === Infinity ? 256 : Math.max(1, Math.floor(maxMemoryMb / 4));
  const commandsPerSecond = whole("CHAT_COMMANDS_PER_SECOND", 50, 0, 1_000_000);
  return {
    port: whole("PORT", 8000, 0, 65_535),
    hostname: environment["HOST"] || "0.0.0.0",
    hosts: parseHosts(environment["CHAT_HOSTS"] || ""),
    allowedOrigins: parseOrigins(environment["CHAT_ALLOWED_ORIGINS"] || ""),
    trustProxy: whole("CHAT_TRUST_PROXY", 0, 0, 10),
    maxConnections: limit("CHAT_MAX_CONNECTIONS", 10_000, 10_000_000),
    maxMemoryBytes: maxMemoryMb * MIB,
    historyBytes: whole("CHAT_HISTORY_MB", quarterMb, 1, 1_048_576) * MIB,
    receiptBytes: quarterMb * MIB,
    connectionsPerAddress: limit("CHAT_CONNECTIONS_PER_ADDRESS", 100, 10_000_000),
    roomsPerConnection: whole("CHAT_ROOMS_PER_CONNECTION", 20, 1, 10_000),
    maxRooms: whole("CHAT_MAX_ROOMS", 10_000, 1, 10_000_000),
    membersPerRoom: limit("CHAT_MEMBERS_PER_ROOM", 0, 10_000_000),
    historySize: whole("CHAT_HISTORY_SIZE", 1000, 1, 1_000_000),
    joinHistory: whole("CHAT_JOIN_HISTORY", 200, 0, 10_000),
    textLength: whole("CHAT_TEXT_LENGTH", 4000, 1, 1_000_000),
    // A hello with the longest name and key must fit.
    frameBytes: whole("CHAT_FRAME_BYTES", 16_384, 1024, 16_777_216),
    messageRate: {
      burst: whole("CHAT_MESSAGE_BURST", 10, 0, 1_000_000),
      perSecond: whole("CHAT_MESSAGES_PER_SECOND", 5, 0, 1_000_000),
    },
    commandRate: { burst: commandsPerSecond * 2, perSecond: commandsPerSecond },
    leaveGraceMs: whole("CHAT_LEAVE_GRACE_MS", 5000, 0, DAY_MS),
    sendBufferBytes: whole("CHAT_SEND_BUFFER_BYTES", 262_144, 1024, 1_073_741_824),
    stuckMs: whole("CHAT_STUCK_MS", 30_000, 100, DAY_MS),
    helloMs: whole("CHAT_HELLO_MS", 10_000, 100, DAY_MS),
    heartbeatMs: whole("CHAT_HEARTBEAT_MS", 25_000, 100, DAY_MS),
    drainMs: whole("CHAT_DRAIN_MS", 3000, 0, DAY_MS),
    metricsToken: parseToken(environment["CHAT_METRICS_TOKEN"] || ""),
    logLevel: parseLogLevel(environment["CHAT_LOG"] || "info"),
  };
}

function parseWhole(name: Variable, value: string, min: number, max: number): number {
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
