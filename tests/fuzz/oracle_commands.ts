/**
 * The oracle of commands: it judges frames by the protocol document alone, to check `parseCommand`.
 *
 * @module
 */

import type { CommandType } from "../../chat/protocol/types.ts";
import { isPosition, isUnits } from "./oracle_values.ts";

/** A frame that is a command. */
export interface Legal {
  readonly legal: true;
  readonly type: CommandType;
  readonly ref: string | undefined;
  /** The fields of its type, all valid. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A frame that is no command. */
export interface Illegal {
  readonly legal: false;
  /** The type, if it is valid. */
  readonly type: CommandType | undefined;
  /** The `ref` that the answer must carry. */
  readonly ref: string | undefined;
  /** The invalid fields. The error message must name one of them. */
  readonly wrong: readonly string[];
}

/** The judgement of a frame. */
export type Verdict = Legal | Illegal;

interface Rule {
  readonly required: boolean;
  readonly holds: (value: unknown) => boolean;
}

const string: Rule = { required: true, holds: (value) => typeof value === "string" };
const position: Rule = { required: false, holds: isPosition };
const limitOf = (max: number): Rule => ({
  required: false,
  holds: (value) => typeof value === "number" && value % 1 === 0 && value >= 1 && value <= max,
});
const BOUNDS = ["before", "after", "around", "since"];
const key: Rule = {
  required: false,
  holds: (value) => isUnits(value, 16, 128) && !/^(token|header):/.test(value),
};
const token: Rule = { required: false, holds: (value) => isUnits(value, 0, 8192) };
const ref: Rule = { required: false, holds: (value) => isUnits(value, 1, 64) };

const flag: Rule = { required: true, holds: (value) => typeof value === "boolean" };
const change = {
  ref: { ...ref, required: true },
  room: string,
  id: { ...position, required: true },
};

const textOf = (max: number): Rule => ({
  required: false,
  holds: (value) => typeof value === "string" && Array.from(value).length <= max,
});
const isUserId = (value: unknown) => isUnits(value, 16, 16) && /^[a-z2-7]*$/.test(value);
const BAN = {
  user: { required: true, holds: isUserId },
  minutes: {
    required: true,
    holds: (value: unknown) =>
      typeof value === "number" && value % 1 === 0 && value >= 0 && value <= 43_200,
  },
};
const optionalFlag: Rule = { ...flag, required: false };
const SETTINGS = {
  topic: textOf(200),
  password: textOf(128),
  readOnly: optionalFlag,
  slowMs: {
    required: false,
    holds: (value: unknown) =>
      typeof value === "number" && value % 1 === 0 && value >= 0 && value <= 3_600_000,
  },
  listed: optionalFlag,
  moderators: {
    required: false,
    holds: (value: unknown) =>
      Array.isArray(value) && value.length <= 50 &&
      value.every(isUserId),
  },
};

/** The commands, with a rule for each field. */
const COMMANDS: ReadonlyMap<unknown, readonly [CommandType, Readonly<Record<string, Rule>>]> =
  new Map(
    ([
      ["hello", { name: string, key, password: textOf(128), token }],
      ["join", { room: string, since: position, password: textOf(128) }],
      ["leave", { room: string }],
      ["send", { ref: { ...ref, required: true }, room: string, text: string, reply: position }],
      ["edit", { ...change, text: string }],
      ["delete", change],
      ["react", { ...change, emoji: string, on: flag }],
      ["rename", { name: string }],
      ["typing", { room: string }],
      ["history", {
        room: string,
        before: position,
        after: position,
        around: position,
        since: position,
        limit: limitOf(200),
      }],
      ["search", {
        room: { ...string, required: false },
        text: string,
        before: position,
        limit: limitOf(50),
      }],
      ["rooms", {}],
      ["configure", { room: string, ...SETTINGS }],
      ["kick", { room: string, ...BAN }],
      ["mute", { room: string, ...BAN }],
      ["ban", BAN],
      ["bans", { room: { ...string, required: false } }],
      ["ping", {}],
    ] as const).map(([type, rules]) => [type, [type, rules]]),
  );

/** Judges whether a frame is a command, and if not, why. */
export function judge(frame: string): Verdict {
  const given = readObject(frame);
  if (given === undefined) {
    return { legal: false, type: undefined, ref: undefined, wrong: ["JSON"] };
  }
  const echo = given.get("ref");
  const hasGoodRef = echo === undefined || ref.holds(echo);
  const [type, rules = {}] = COMMANDS.get(given.get("type")) ?? [];
  const wrong = Object.entries({ ref, ...rules })
    .filter(([name, rule]) => given.has(name) ? !rule.holds(given.get(name)) : rule.required)
    .map(([name]) => `"${name}"`);
  if (type === undefined) wrong.push('"type"');
  const bounds = BOUNDS.filter((name) => given.has(name));
  if (type === "history" && bounds.length > 1) wrong.push(...bounds.map((name) => `"${name}"`));
  const settings = Object.keys(SETTINGS);
  if (type === "configure" && !settings.some((name) => given.has(name))) {
    wrong.push(...settings.map((name) => `"${name}"`));
  }
  const echoed = isUnits(echo, 1, 64) ? echo : undefined;
  if (wrong.length > 0 || type === undefined) {
    return { legal: false, type: hasGoodRef ? type : undefined, ref: echoed, wrong };
  }
  const fields = Object.keys(rules).map((name) => [name, given.get(name)] as const);
  return { legal: true, type, ref: echoed, fields: Object.fromEntries(fields) };
}

/** The fields of a JSON object, which may include `__proto__`. */
function readObject(frame: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(frame);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value));
  } catch {
    return undefined;
  }
}
