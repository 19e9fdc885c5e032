/**
 * The table of settings: environment variables with their defaults, bounds and meanings.
 *
 * @module
 */

import {
  anyText,
  basePath,
  color,
  convert,
  frameOrigins,
  hosts,
  kv,
  limit,
  logLevel,
  oneOf,
  optional,
  origins,
  type Parser,
  password,
  redisUrl,
  rooms,
  title,
  token,
  tokenSecret,
  userHeader,
  userIds,
  whole,
} from "./parsers.ts";

/** One row of the table. */
export interface Setting<Value = unknown> {
  readonly variable: string;
  /** The flag of the command line that goes before the variable, without its dashes. */
  readonly flag?: string;
  /** The text that is parsed if the variable is unset or empty. */
  readonly fallback: string;
  /** The default as the documentation shows it, where `fallback` does not say it. */
  readonly shownDefault?: string;
  readonly parser: Parser<Value>;
  /** What the setting does, as one line of the documentation. */
  readonly meaning: string;
}

/** Ten thousand connections take 280 MB, messages and receipts 256 MiB each. */
export const DEFAULT_MEMORY_MB = 1024;

const MAX_COUNT = 10_000_000;
const MAX_RATE = 1_000_000;
/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;
const MAX_MIB = 1_048_576;

/** Bytes of a mebibyte. */
export const MIB = 1_048_576;

const toBytes = (mebibytes: number): number => mebibytes * MIB;

/** Every setting by its name in the program. */
// deno-fmt-ignore: a row in two or three lines, so that it reads as a table
export const SETTINGS = {
  port: { variable: "PORT", flag: "port", fallback: "8000", parser: whole(0, 65_535),
    meaning: "TCP port (0: any free one; the log says which)" },
  hostname: { variable: "HOST", flag: "host", fallback: "0.0.0.0", parser: anyText,
    meaning: "address to listen on" },
  title: { variable: "CHAT_TITLE", fallback: "Parley", parser: title,
    meaning: "what the page calls itself: 1 to 64 characters" },
  accent: { variable: "CHAT_ACCENT", fallback: "", shownDefault: "blue", parser: color,
    meaning: "colour of links and buttons, such as `#0a7d55`; lighter or darker where it must be" },
  basePath: { variable: "CHAT_BASE_PATH", fallback: "/", parser: basePath,
    meaning: "path under which everything is served, `/healthz` too, such as `/chat/`" },
  hosts: { variable: "CHAT_HOSTS", fallback: "", shownDefault: "any", parser: hosts,
    meaning: "comma-separated hosts that are served, with any port unless one is given" },
  allowedOrigins: { variable: "CHAT_ALLOWED_ORIGINS", fallback: "", shownDefault: "the server's",
    parser: origins,
    meaning: "comma-separated origins that may connect, besides the server's; `*`: any" },
  frameAncestors: { variable: "CHAT_FRAME_ANCESTORS", fallback: "", shownDefault: "none",
    parser: frameOrigins,
    meaning: "comma-separated origins whose pages may hold the chat in a frame; `*`: any" },
  trustProxy: { variable: "CHAT_TRUST_PROXY", fallback: "0", parser: whole(0, 10),
    meaning: "number of proxies in front whose `X-Forwarded-For` and `-Host` are believed" },
  dataFolder: { variable: "CHAT_DATA", flag: "data", fallback: "data",
    // SQLite would take what begins with "file:" for a URI.
    parser: convert(anyText, (text) =>
      text === "none" ? undefined : text.replace(/^file:/, "./$&")),
    meaning: "folder of the messages, made if missing; `none`: they are kept in memory only" },
  durability: { variable: "CHAT_SYNC", fallback: "full", parser: oneOf(["full", "normal"] as const),
    meaning: "`full`: an acknowledged message survives a power cut; `normal`: a crash of the process" },
  keepDays: { variable: "CHAT_KEEP_DAYS", fallback: "0", parser: whole(0, 36_500),
    meaning: "days after which a message is deleted that was not changed since (0: never)" },
  keepBytes: { variable: "CHAT_KEEP_MB", fallback: "1024",
    parser: convert(whole(0, MAX_MIB), toBytes),
    meaning: "MiB of messages that are kept; rooms that take most lose their oldest (0: no limit)" },
  redisUrl: { variable: "CHAT_REDIS", fallback: "", shownDefault: "none", parser: redisUrl,
    meaning: "`redis://` or `rediss://` URL: servers share their rooms there, not in `CHAT_DATA`" },
  redisWait: { variable: "CHAT_REDIS_WAIT", fallback: "0", parser: whole(0, 100),
    meaning: "replicas of Redis that must have a message before it is acknowledged" },
  kv: { variable: "CHAT_KV", fallback: "", shownDefault: "none", parser: kv,
    meaning: "path or URL of a Deno KV that many servers share; `app` on Deno Deploy, its default" },
  rooms: { variable: "CHAT_ROOMS", fallback: "lobby", parser: rooms,
    meaning: "comma-separated rooms that are always there, listed, and owned by nobody" },
  admins: { variable: "CHAT_ADMINS", fallback: "", shownDefault: "none", parser: userIds,
    meaning: "comma-separated user ids of the admins of the server" },
  password: { variable: "CHAT_PASSWORD", fallback: "", shownDefault: "none", parser: password,
    meaning: "what everybody must know to come in: 1 to 128 characters" },
  tokenSecret: { variable: "CHAT_TOKEN_SECRET", fallback: "", shownDefault: "none",
    parser: tokenSecret,
    meaning: "HS256 secret of the tokens that everybody must have: 32 to 1024 bytes" },
  userHeader: { variable: "CHAT_USER_HEADER", fallback: "", shownDefault: "none",
    parser: userHeader,
    meaning: "header in which a trusted proxy names the user; needs `CHAT_TRUST_PROXY`" },
  maxConnections: { variable: "CHAT_MAX_CONNECTIONS", fallback: "10000", parser: limit(MAX_COUNT),
    meaning: "connections in all (0: no limit)" },
  maxMemoryBytes: { variable: "CHAT_MAX_MEMORY_MB", fallback: String(DEFAULT_MEMORY_MB),
    parser: convert(limit(MAX_MIB), toBytes),
    meaning: "MiB of memory of the process (0: no limit); in a small cgroup the default is less" },
  historyBytes: { variable: "CHAT_HISTORY_MB", fallback: "", shownDefault: "a quarter",
    parser: optional(convert(whole(1, MAX_MIB), toBytes)),
    meaning: "MiB for the messages of all rooms (a quarter of `CHAT_MAX_MEMORY_MB`, or 256)" },
  connectionsPerAddress: { variable: "CHAT_CONNECTIONS_PER_ADDRESS", fallback: "100",
    parser: limit(MAX_COUNT),
    meaning: "connections of an address, IPv6 by /64; sets its other limits too (0: none)" },
  roomsPerConnection: { variable: "CHAT_ROOMS_PER_CONNECTION", fallback: "20",
    parser: whole(1, 10_000),
    meaning: "rooms that one connection may be in" },
  maxRooms: { variable: "CHAT_MAX_ROOMS", fallback: "10000", parser: whole(1, MAX_COUNT),
    meaning: "rooms kept in memory; beyond it those without members go that cost least to lose" },
  membersPerRoom: { variable: "CHAT_MEMBERS_PER_ROOM", fallback: "0", parser: limit(MAX_COUNT),
    meaning: "users in one room (0: no limit)" },
  historySize: { variable: "CHAT_HISTORY_SIZE", fallback: "1000", parser: whole(1, 1_000_000),
    meaning: "messages in memory per room" },
  joinHistory: { variable: "CHAT_JOIN_HISTORY", fallback: "200", parser: whole(0, 10_000),
    meaning: "messages sent to a newcomer" },
  textLength: { variable: "CHAT_TEXT_LENGTH", fallback: "4000", parser: whole(1, 1_000_000),
    meaning: "characters (code points) in a message" },
  // A `hello` with the longest name and key must fit.
  frameBytes: { variable: "CHAT_FRAME_BYTES", fallback: "16384", parser: whole(1024, 16_777_216),
    meaning: "bytes in a client's frame; 4 for each character of a text and 384 more suffice" },
  messageBurst: { variable: "CHAT_MESSAGE_BURST", fallback: "10", parser: whole(0, MAX_RATE),
    meaning: "messages that a user may send at once (0: no limit, nor for texts of an address)" },
  messagesPerSecond: { variable: "CHAT_MESSAGES_PER_SECOND", fallback: "5",
    parser: whole(0, MAX_RATE),
    meaning: "messages that a user may send in each second after that (0: as above)" },
  commandRate: { variable: "CHAT_COMMANDS_PER_SECOND", fallback: "50",
    parser: convert(whole(0, MAX_RATE), (perSecond) => ({ burst: perSecond * 2, perSecond })),
    meaning: "commands of a connection in a second, with a burst of twice as many (0: no limit)" },
  leaveGraceMs: { variable: "CHAT_LEAVE_GRACE_MS", fallback: "5000", parser: whole(0, DAY_MS),
    meaning: "how long a user whose last connection was lost still counts as present" },
  sendBufferBytes: { variable: "CHAT_SEND_BUFFER_BYTES", fallback: "262144",
    parser: whole(1024, 1_073_741_824),
    meaning: "bytes queued on a socket before its client has to wait" },
  stuckMs: { variable: "CHAT_STUCK_MS", fallback: "30000", parser: whole(100, DAY_MS),
    meaning: "how long a client may read nothing before it is disconnected" },
  helloMs: { variable: "CHAT_HELLO_MS", fallback: "10000", parser: whole(100, DAY_MS),
    meaning: "time for a client to say `hello`" },
  heartbeatMs: { variable: "CHAT_HEARTBEAT_MS", fallback: "25000", parser: whole(100, DAY_MS),
    meaning: "silence after which clients send a `ping`" },
  drainMs: { variable: "CHAT_DRAIN_MS", fallback: "3000", parser: whole(0, DAY_MS),
    meaning: "time for connections to close when the server is stopped" },
  metricsToken: { variable: "CHAT_METRICS_TOKEN", fallback: "", shownDefault: "none", parser: token,
    meaning: "bearer token for `/metrics`: 1 to 256 visible ASCII characters; none: public" },
  logLevel: { variable: "CHAT_LOG", fallback: "info", parser: logLevel,
    meaning: "`debug`, `info`, `warn`, `error` or `silent`" },
} as const satisfies Readonly<Record<string, Setting>>;

type Table = typeof SETTINGS;

/** The value of every setting. */
export type Settings = {
  readonly [Name in keyof Table]: ReturnType<Table[Name]["parser"]["parse"]>;
};

/** The name of a variable of the table. */
export type Variable = Table[keyof Table]["variable"];

/** The variables of the table. */
export const VARIABLES: readonly Variable[] = Object.values(SETTINGS).map((each) => each.variable);
