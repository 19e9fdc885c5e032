/**
 * Fuzzing of `parseCommand`: random frames, checked by the oracle.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseCommand } from "../../chat/protocol/parse.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { makeSample } from "./random_commands.ts";
import { judge, type Legal } from "./oracle_commands.ts";

/** The numbers of frames that were commands, and of others, by kind. */
export type Verdicts = Record<string, { legal: number; illegal: number }>;

/** Compares `parseCommand` with the oracle for random frames. */
export function fuzzParser(seed: number, commands: number): Verdicts {
  const verdicts: Verdicts = {};
  const random = new SeededRandom(seed);
  for (let i = 0; i < commands; i++) {
    const { kind, frame } = makeSample(random);
    (verdicts[kind] ??= { legal: 0, illegal: 0 })[checkParser(frame) ? "legal" : "illegal"]++;
  }
  return verdicts;
}

/** Compares `parseCommand` with the oracle. Returns whether the frame is a command. */
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

/** The command that a legal frame stands for: ids in upper case, with the default limit. */
function commandOf({ type, ref, fields }: Legal): Record<string, unknown> {
  const limit = fields["limit"] ?? { history: 50, search: 20 }[String(type)];
  const given = Object.entries({ ref, ...fields, limit });
  const read = given.filter(([, value]) => value !== undefined).map(([name, value]) => {
    const isId = ["since", "before", "after", "around", "id", "reply"].includes(name);
    return [name, isId ? String(value).toUpperCase() : value];
  });
  return { type, ...Object.fromEntries(read) };
}
