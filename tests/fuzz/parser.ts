/**
 * Holds `parseCommand` against the oracle.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseCommand } from "../../chat/protocol/parse.ts";
import { Chance } from "../support/chance.ts";
import { makeSample } from "./commands.ts";
import { judge, type Legal } from "./oracle_commands.ts";

/** How many frames of each kind were commands, and how many were not. */
export type Verdicts = Record<string, { legal: number; illegal: number }>;

/** Holds `parseCommand` against the oracle for so many frames. */
export function fuzzParser(seed: number, commands: number): Verdicts {
  const verdicts: Verdicts = {};
  const chance = new Chance(seed);
  for (let i = 0; i < commands; i++) {
    const { kind, frame } = makeSample(chance);
    (verdicts[kind] ??= { legal: 0, illegal: 0 })[checkParser(frame) ? "legal" : "illegal"]++;
  }
  return verdicts;
}

/** Holds `parseCommand` against the oracle. Returns whether the frame is a command. */
function checkParser(frame: string): boolean {
  const verdict = judge(frame);
  const result = parseCommand(frame);
  assertEquals(result.ok, verdict.legal, frame);
  if (result.ok && verdict.legal) {
    assertEquals<Record<string, unknown>>(result.command, commandOf(verdict), frame);
  } else if (!result.ok && !verdict.legal) {
    assertEquals([result.type, result.ref], [verdict.type, verdict.ref], frame);
    assert(verdict.wrong.some((each) => result.message.includes(each)), frame);
  }
  return verdict.legal;
}

/** What a legal frame is to be read as: ids in upper case, and the limit of a page filled in. */
function commandOf({ type, ref, fields }: Legal): Record<string, unknown> {
  const limit = fields["limit"] ?? (type === "history" ? 50 : undefined);
  const given = Object.entries({ ref, ...fields, limit });
  const read = given.filter(([, value]) => value !== undefined).map(([name, value]) => {
    const isId = ["since", "before", "after"].includes(name);
    return [name, isId ? String(value).toUpperCase() : value];
  });
  return { type, ...Object.fromEntries(read) };
}
