/**
 * The command line of the server.
 *
 * @module
 */

import type { Environment } from "./config.ts";
import { type FlagTable, readArguments } from "./flags.ts";
import { type Setting, SETTINGS } from "./settings.ts";

/** A parsed command line. */
export type CommandLine =
  | { readonly action: "help" | "version" }
  | {
    readonly action: "serve";
    /** The values of the variables that flags have set. */
    readonly flags: Environment;
    /** True if it is to wait for a server that is stopping. */
    readonly wait: boolean;
  };

/** Flags that belong to no setting, with their meanings. */
export const OTHER_FLAGS = {
  wait: "wait until a stopping server has given up the folder and the port",
  help: "show this text",
  version: "show the version",
} as const;

/** The settings that have flags. */
export const SETTINGS_WITH_FLAGS: readonly Setting[] = Object.values<Setting>(SETTINGS)
  .filter(({ flag }) => flag !== undefined);

/**
 * Parses the arguments of the server.
 *
 * @throws {RangeError} in one line, for what can't be used
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  // Before all else, for those who ask since something else is wrong.
  if (args.includes("--help") || args.includes("-h")) return { action: "help" };
  if (args.includes("--version") || args.includes("-V")) return { action: "version" };
  const table: FlagTable = {
    ...Object.fromEntries(SETTINGS_WITH_FLAGS.map(({ flag = "" }) => [flag, true])),
    ...Object.fromEntries(Object.keys(OTHER_FLAGS).map((flag) => [flag, false])),
  };
  // `deno task start -- --port 9000` passes on the dashes, with which npm's scripts need them.
  const { flags, words } = readArguments(args[0] === "--" ? args.slice(1) : args, table);
  const [word] = words;
  if (word !== undefined) {
    throw new RangeError(`Cannot use ${JSON.stringify(word)}: only flags can be used, see --help`);
  }
  const variables = SETTINGS_WITH_FLAGS.flatMap(({ variable, flag = "" }) => {
    const value = flags.get(flag);
    return value === undefined ? [] : [[variable, value] as const];
  });
  return { action: "serve", flags: Object.fromEntries(variables), wait: flags.has("wait") };
}
