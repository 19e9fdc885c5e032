/**
 * Frames for fuzzing: commands, and what strangers may send in their place.
 *
 * @module
 */

import type { Chance } from "../support/seeded_random.ts";
import {
  freshRef,
  makeId,
  makeKey,
  makeName,
  makeRef,
  makeText,
  makeValue,
  niceName,
  NUMBERS,
  ODD_ROOMS,
  PIECES,
  quote,
  ROOMS,
  VALUES,
} from "./random_values.ts";

/** A frame, and how it was made. */
export interface Sample {
  readonly kind: string;
  readonly frame: string;
}

/** The fields of an object: each value is JSON, or no JSON; names may come twice. */
type Fields = [name: string, json: string][];

type Mutation = (fields: Fields, chance: Chance) => string;

const TYPES = ["hello", "join", "leave", "send", "rename", "typing", "history", "ping"] as const;

/** What is easily mistaken for a type, or finds something in an object's prototype. */
const NO_TYPES = ["Hello", "ping ", "", "message", "ack", "toString", "__proto__", "constructor"];

const FIELDS = ["type", "ref", "room", "name", "key", "text", "since", "before", "after", "limit"];

const STRANGE_FIELDS = [
  ...["__proto__", "constructor", "prototype", "toString", "valueOf", "toJSON", "hasOwnProperty"],
  ...["then", "length", "0", "", " ", "TYPE", "ref ", "\u0000", "\ud800", "🙂", "id", "user"],
];

const SPACES = [
  " ",
  "\n",
  "\r\n",
  "\t",
  " \t\n\r ",
  "\ufeff",
  "\u00a0",
  "\u0000",
  "\u2028",
  "//x\n",
];

/** A frame: every second one is a command as a good client sends it, mostly. */
export function makeSample(chance: Chance): Sample {
  if (chance.is(0.5)) return { kind: "valid", frame: write(makeFields(chance)) };
  const kind = chance.of(Object.keys(MUTATIONS));
  const frame = MUTATIONS[kind]?.(makeFields(chance), chance) ?? "";
  // A text frame has no lone surrogates; JSON has them escaped.
  return { kind, frame: frame.toWellFormed() };
}

/** A command that takes the client to a room that others are in. */
export function makeJoin(chance: Chance): Sample {
  return { kind: "valid", frame: write([["type", '"join"'], ["room", quote(chance.of(ROOMS))]]) };
}

/** A command of one type: one of many that come in a row. */
export function makeOne(type: string, chance: Chance): Sample {
  return { kind: "valid", frame: write(fieldsOf(type, chance)) };
}

/** What can become of a command. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "other value": (fields, chance) => write(withOne(fields, chance, () => makeValue(chance))),
  "odd string": (fields, chance) => write(withOne(fields, chance, () => quote(makeText(chance)))),
  "missing field": (fields, chance) => write(fields.toSpliced(chance.below(fields.length), 1)),
  "strange fields": (fields, chance) => {
    const strange = chance.list(1 + chance.below(5), () => strangeField(chance));
    return write([...strange, ...fields]);
  },
  "other's field": (fields, chance) => write([...fields, [chance.of(FIELDS), makeValue(chance)]]),
  "field twice": (fields, chance) => {
    const [name = "", json = ""] = chance.of(fields);
    const other: Fields[number] = [name, chance.is(0.5) ? json : makeValue(chance)];
    return write(fields.toSpliced(chance.below(fields.length + 1), 0, other));
  },
  "other type": (fields, chance) => {
    const type = chance.is(0.5) ? chance.of(TYPES) : chance.of(NO_TYPES);
    return write(set(fields, "type", quote(type)));
  },
  "odd ref": (fields, chance) => write(set(fields, "ref", makeRef(chance))),
  "odd name": (fields, chance) => {
    const json = quote(makeName(chance));
    return write(set(fields, "name", json).with(0, ["type", '"rename"']));
  },
  "odd room": (fields, chance) => write(set(fields, "room", quote(chance.of(ODD_ROOMS)))),
  "number": (fields, chance) => {
    return write(set(set(fields, "type", '"history"'), "limit", chance.of(NUMBERS)));
  },
  "deep": (fields, chance) => write([[chance.of(FIELDS), nest(chance)], ...fields]),
  "only deep": (_, chance) => nest(chance),
  "long": (fields, chance) => pad(write(fields), chance),
  "long string": (fields, chance) =>
    write(withOne(fields, chance, () => quote(chance.of(PIECES).repeat(lengthOf(chance))))),
  "long list": (fields, chance) =>
    write([["list", `[${"0,".repeat(lengthOf(chance))}0]`], ...fields]),
  "escaped": (fields, chance) => escape(write(fields), chance),
  "spaced": (fields, chance) => spread(write(fields), chance),
  "edited": (fields, chance) => edit(write(fields), chance),
  "cut": (fields, chance) => {
    const whole = write(fields);
    return whole.slice(0, chance.below(whole.length));
  },
  "twice": (fields, chance) => write(fields) + chance.of(["", ",", "\n"]) + write(fields),
  "in a list": (fields) => `[${write(fields)}]`,
  "as a string": (fields) => quote(write(fields)),
  "a field in the prototype": (fields) => `{"__proto__":${write(fields)}}`,
  "no object": (_, chance) => chance.of([...VALUES, ...NUMBERS, ...SPACES, ""]),
  "noise": (_, chance) => makeText(chance),
};

/** A command of any type as a good client sends it. */
function makeFields(chance: Chance): Fields {
  return fieldsOf(chance.of([...TYPES.slice(1), "join", "send", "send"]), chance);
}

function fieldsOf(type: string, chance: Chance): Fields {
  const fields: Fields = [["type", quote(type)]];
  const add = (name: string, json: string): number => fields.push([name, json]);
  if (type === "send" || chance.is(0.8)) add("ref", quote(freshRef(chance)));
  if (["join", "leave", "send", "typing", "history"].includes(type)) {
    add("room", quote(chance.is(0.9) ? chance.of(ROOMS) : `room-${chance.below(500)}`));
  }
  if (type === "hello" || type === "rename") add("name", quote(niceName(chance)));
  if (type === "hello" && chance.is(0.7)) add("key", quote(makeKey(chance)));
  if (type === "send") add("text", quote(makeText(chance)));
  if (type === "join" && chance.is(0.2)) add("since", quote(makeId(chance)));
  if (type === "history" && chance.is(0.6)) {
    add(chance.of(["before", "after"]), quote(makeId(chance)));
  }
  if (type === "history" && chance.is(0.9)) add("limit", `${1 + chance.below(20)}`);
  return fields;
}

function strangeField(chance: Chance): Fields[number] {
  return [chance.of(STRANGE_FIELDS), makeValue(chance)];
}

function withOne(fields: Fields, chance: Chance, make: () => string): Fields {
  const at = chance.below(fields.length);
  return fields.map(([name, json], i) => [name, i === at ? make() : json]);
}

function set(fields: Fields, name: string, json: string): Fields {
  return [...fields.filter((field) => field[0] !== name), [name, json]];
}

/** Thousands of levels, with an end and without; as deep as a frame can hold, and deeper. */
function nest(chance: Chance): string {
  const levels = chance.of([100, 2700, 8000, 10_000]);
  const [open = "", close = ""] = chance.of([["[", "]"], ['{"a":', "}"], ['{"__proto__":', "}"]]);
  return `${open.repeat(levels)}0${chance.is(0.7) ? close.repeat(levels) : ""}`;
}

/** Up to the limit of a frame in bytes, or beyond it by little or much. */
function pad(json: string, chance: Chance): string {
  const bytes = chance.of([16_383, 16_384, 16_385, 20_000, 100_000]);
  const filler = chance.of(["x", "é", "あ", "🙂"]);
  const size = new TextEncoder().encode(filler).length;
  const missing = bytes - new TextEncoder().encode(`${json},"pad":""`).length;
  const padding = filler.repeat(Math.max(0, Math.floor(missing / size)));
  const rest = " ".repeat(Math.max(0, missing % size));
  return `${json.slice(0, -1)},"pad":"${padding}"}${rest}`;
}

function lengthOf(chance: Chance): number {
  return chance.of([100, 1000, 4000, 8000, 20_000]);
}

/** Some characters as their escapes, the names of fields among them. */
function escape(json: string, chance: Chance): string {
  const toEscape = (each: string): string =>
    chance.is(0.3) ? `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}` : each;
  return json.replace(/(?<!\\)[A-Za-z0-9]/g, toEscape);
}

/** White space between the parts, or what looks like it. */
function spread(json: string, chance: Chance): string {
  const space = (): string => chance.is(0.2) ? chance.of(SPACES) : chance.of(SPACES.slice(0, 5));
  return space() + json.replace(/[{}:,]/g, (each) => chance.is(0.3) ? each + space() : each);
}

/** Some characters removed, doubled, swapped or replaced. */
function edit(json: string, chance: Chance): string {
  let text = json;
  for (let count = 1 + chance.below(3); count > 0; count--) {
    const at = chance.below(text.length);
    const middle = chance.of([
      "",
      text.slice(at, at + 1).repeat(2),
      chance.of(PIECES),
      chance.of([...'{}[]",:\\']),
      String.fromCharCode(text.charCodeAt(at) ^ (1 << chance.below(7))),
    ]);
    text = text.slice(0, at) + middle + text.slice(at + 1);
  }
  return text;
}

/** JSON that `JSON.stringify` would not write. */
function write(fields: Fields): string {
  return `{${fields.map(([name, json]) => `${quote(name)}:${json}`).join(",")}}`;
}
