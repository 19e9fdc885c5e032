/**
 * Flags of a command line.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { editDistance } from "./edit_distance.ts";

/** The flags that a program takes, without their dashes: `true` for those that take a value. */
export type FlagTable = Readonly<Record<string, boolean>>;

/** The arguments of a command line. */
export interface Arguments {
  /** The values of the flags that are there, "" of a flag that takes none. The last one counts. */
  readonly flags: ReadonlyMap<string, string>;
  /** The arguments that are neither flags nor their values. */
  readonly words: readonly string[];
}

/**
 * Reads the arguments of a command line.
 *
 * @throws {RangeError} in one line, for a flag that does not exist, a value that is missing or empty,
 *   and a value of a flag that takes none
 */
export function readArguments(args: readonly string[], table: FlagTable): Arguments {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, hasValue]) =>
      [name, { type: hasValue ? "string" : "boolean" }] as const
    ),
  );
  // Not strict: its errors do not name the nearest flag.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const flags = new Map<string, string>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    if (!Object.hasOwn(table, name) || !rawName.startsWith("--")) {
      throw new RangeError(
        `Cannot use ${JSON.stringify(rawName)} as there is no such flag: the nearest one is ` +
          nearestFlag(name, table),
      );
    }
    if (table[name] && (!value || (!inlineValue && value.startsWith("-")))) {
      throw new RangeError(`Cannot use ${rawName} without a value, such as in ${rawName}=VALUE`);
    }
    if (!table[name] && value !== undefined) {
      throw new RangeError(`Cannot use ${rawName} with a value`);
    }
    flags.set(name, value ?? "");
  }
  return { flags, words };
}

function nearestFlag(name: string, table: FlagTable): string {
  const distance = (flag: string) => editDistance(name, flag);
  return `--${Object.keys(table).reduce((a, b) => distance(b) < distance(a) ? b : a)}`;
}
