/**
 * The configuration, parsed from environment variables.
 *
 * @module
 */

import { editDistance } from "./edit_distance.ts";
import {
  DEFAULT_MEMORY_MB,
  MIB,
  NOT_SUPPORTED_YET,
  type Setting,
  SETTINGS,
  type Settings,
  type Variable,
  VARIABLES,
} from "./settings.ts";

/**
 * The values of all settings: the table {@linkcode SETTINGS} has their meanings. Times are in
 * milliseconds; a limit of `Infinity` is none.
 */
export interface Config extends Omit<Settings, "messageBurst" | "messagesPerSecond"> {
  /** A user's messages: `burst` at once, then `perSecond`. */
  readonly messageRate: { readonly burst: number; readonly perSecond: number };
  readonly historyBytes: number;
  /** Memory of the receipts by which repeated messages are recognised. */
  readonly receiptBytes: number;
}

/** The value of each variable that is set. */
export type Environment = Readonly<Partial<Record<Variable, string>>>;

/** The machine on which the server runs. A missing field is unknown. */
export interface Platform {
  /** True if this is an instance of Deno Deploy. */
  readonly isDenoDeploy?: boolean;
  /** The memory limit of the process' cgroup, in bytes. */
  readonly cgroupBytes?: number;
}

/** Variables whose names begin with this belong to the chat. */
const PREFIX = "CHAT_";

/** Memory of the messages of all rooms where the memory of the process has no limit. */
const DEFAULT_HISTORY_BYTES = 256 * MIB;

/** The folder of the messages; on Deno Deploy there is none. */
const DATA_FOLDER = SETTINGS.dataFolder.fallback;
const NO_FOLDER = "none";

/** An instance of Deno Deploy has 512 MB; another page of its documentation says 768. */
const DENO_DEPLOY_MEMORY_MB = 200;

/** What a `send` may need: raw UTF-8 for each code point of its text, and the fields around it. */
const BYTES_PER_CODE_POINT = 4;
const BYTES_AROUND_TEXT = 384;

/**
 * Parses the configuration. A variable that is unset or empty has its default.
 *
 * @param environment may hold variables of other programs too
 * @param platform the facts on which some defaults depend
 * @param flags the values of variables that flags have set, which go before those of the environment
 * @throws {RangeError} for a bad value, with the variable, the value and what is allowed; and for a
 *   `CHAT_` variable that does not exist
 */
export function parseConfig(
  environment: Environment,
  platform: Platform = {},
  flags: Environment = {},
): Config {
  checkNames(environment);
  const { messageBurst, messagesPerSecond, historyBytes, ...settings } = parseSettings({
    ...environment,
    CHAT_DATA: environment.CHAT_DATA || (platform.isDenoDeploy ? NO_FOLDER : DATA_FOLDER),
    CHAT_MAX_MEMORY_MB: environment.CHAT_MAX_MEMORY_MB || String(defaultMemoryMb(platform)),
  }, flags);
  checkUserHeader(settings);
  if (settings.redisWait > 0 && settings.redisUrl === undefined) {
    throw new RangeError("Cannot use CHAT_REDIS_WAIT without CHAT_REDIS");
  }
  const quarterBytes = settings.maxMemoryBytes === Infinity
    ? DEFAULT_HISTORY_BYTES
    : Math.max(1, Math.floor(settings.maxMemoryBytes / 4 / MIB)) * MIB;
  return {
    ...settings,
    messageRate: { burst: messageBurst, perSecond: messagesPerSecond },
    historyBytes: historyBytes ?? quarterBytes,
    receiptBytes: quarterBytes,
  };
}

function parseSettings(
  environment: Readonly<Record<string, string>>,
  flags: Readonly<Record<string, string>>,
): Settings {
  const values = Object.entries<Setting>(SETTINGS).map(([name, setting]) => {
    const { variable, flag } = setting;
    const given = flags[variable];
    return given === undefined
      ? [name, parseSetting(setting, variable, environment[variable])] as const
      : [name, parseSetting(setting, `--${flag}`, given)] as const;
  });
  // Settings is by definition what the parsers of the table return.
  return Object.fromEntries(values) as Settings;
}

function parseSetting(
  { fallback, parser }: Setting,
  source: string,
  text: string | undefined,
): unknown {
  return parser.parse(text || fallback, (bad) => {
    const shown = bad === undefined ? "not shown" : JSON.stringify(bad);
    throw new RangeError(
      `Cannot parse ${source} as it must be ${parser.allowed}: current value is ${shown}`,
    );
  });
}

/** Throws where anybody could say to be anybody, or two settings say who somebody is. */
function checkUserHeader(
  { userHeader, trustProxy, tokenSecret }: Pick<
    Settings,
    "userHeader" | "trustProxy" | "tokenSecret"
  >,
): void {
  if (userHeader === "") return;
  if (trustProxy === 0) {
    throw new RangeError(
      "Cannot use CHAT_USER_HEADER without CHAT_TRUST_PROXY: only a trusted proxy may name users",
    );
  }
  if (tokenSecret === "") return;
  throw new RangeError("Cannot use CHAT_USER_HEADER together with CHAT_TOKEN_SECRET");
}

/** Throws for a misspelt variable: its default would stay in force without a word. */
function checkNames(environment: Readonly<Record<string, string>>): void {
  const supported: readonly string[] = VARIABLES;
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || !environment[name] || supported.includes(name)) continue;
    if (NOT_SUPPORTED_YET.includes(name)) {
      throw new RangeError(`Cannot use ${name}: not supported yet`);
    }
    throw new RangeError(
      `Cannot use ${JSON.stringify(name)} as there is no such variable: the nearest one is ` +
        nearestVariable(name),
    );
  }
}

/** The nearest name without regard to the prefix, so that for CHAT_PORT it is PORT. */
function nearestVariable(name: string): string {
  const bare = (name: string) => name.replace(PREFIX, "").toUpperCase();
  const distance = (other: string) => editDistance(bare(name), bare(other));
  return [...VARIABLES, ...NOT_SUPPORTED_YET].reduce((a, b) => distance(b) < distance(a) ? b : a);
}

/** The bytes of a frame that any text of `textLength` code points fits into. */
export function frameBytesFor(textLength: number): number {
  return textLength * BYTES_PER_CODE_POINT + BYTES_AROUND_TEXT;
}

/**
 * The default of `CHAT_MAX_MEMORY_MB`: at most half of the cgroup's limit, since the runtime may
 * need as much again for a frame that it assembles.
 */
export function defaultMemoryMb(platform: Platform): number {
  const { isDenoDeploy = false, cgroupBytes = Infinity } = platform;
  const most = isDenoDeploy ? DENO_DEPLOY_MEMORY_MB : DEFAULT_MEMORY_MB;
  // At least 1, since 0 means no limit.
  return Math.max(1, Math.min(most, Math.floor(cgroupBytes / 2 / 2 ** 20)));
}
