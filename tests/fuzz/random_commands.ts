/**
 * Random commands for fuzzing, valid and mutated, as the text of frames.
 *
 * @module
 */

import type { SeededRandom } from "../support/seeded_random.ts";
import {
  freshRef,
  makeId,
  makeKey,
  makeName,
  makeRef,
  makeText,
  makeUserId,
  makeValue,
  NUMBERS,
  ODD_ROOMS,
  PIECES,
  quote,
  ROOMS,
  validName,
  VALUES,
} from "./random_values.ts";

/** A frame, and the kind of its mutation. */
export interface Sample {
  readonly kind: string;
  readonly frame: string;
}

/** The fields of an object, which may repeat names. Each value is JSON, or invalid JSON. */
type Fields = [name: string, json: string][];

type Mutation = (fields: Fields, random: SeededRandom) => string;

const TYPES = [
  "hello",
  "join",
  "leave",
  "send",
  "edit",
  "delete",
  "react",
  "rename",
  "typing",
  "history",
  "search",
  "rooms",
  "configure",
  "kick",
  "mute",
  "ban",
  "bans",
  "ping",
] as const;

/** Strings that resemble a type, or name a property of an object's prototype. */
const WRONG_TYPES = [
  "Hello",
  "ping ",
  "",
  "message",
  "ack",
  "toString",
  "__proto__",
  "constructor",
];

const FIELDS = [
  ...["type", "ref", "room", "name", "key", "text", "since", "before", "after", "limit"],
  ...["id", "reply", "emoji", "on", "password", "topic", "slowMs", "moderators"],
  ...["user", "minutes", "token"],
];

/** The commands that need a `ref`, and those of a room. */
const NEEDS_REF = ["send", "edit", "delete", "react"];
const OF_MODERATORS = ["configure", "kick", "mute", "bans"];
const IN_ROOM = [
  ...[...NEEDS_REF, "join", "leave", "typing", "history", "search"],
  ...OF_MODERATORS,
];

const EMOJI = ["👍", "👍\ufe0f", "❤", "👨‍👩‍👧‍👦", "🇩🇪", "1\ufe0f\u20e3", "x", "", "👍👍", "\ufe0f"];

const PASSWORDS = ["", "", "secret", "p#%&+ü w"];

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

/** A random frame. Every second one is a valid command, mostly. */
export function makeSample(random: SeededRandom): Sample {
  if (random.chance(0.5)) return { kind: "valid", frame: write(makeFields(random)) };
  const kind = random.pick(Object.keys(MUTATIONS));
  const frame = MUTATIONS[kind]?.(makeFields(random), random) ?? "";
  // A text frame can't contain lone surrogates. JSON contains them as escapes.
  return { kind, frame: frame.toWellFormed() };
}

/** A command that joins a room of other clients. */
export function makeJoin(random: SeededRandom): Sample {
  return { kind: "valid", frame: write([["type", '"join"'], ["room", quote(random.pick(ROOMS))]]) };
}

/** A random command of one type. */
export function makeOne(type: string, random: SeededRandom): Sample {
  return { kind: "valid", frame: write(fieldsOf(type, random)) };
}

/** The mutations of a command, by kind. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "other value": (fields, random) => write(withOne(fields, random, () => makeValue(random))),
  "odd string": (fields, random) => write(withOne(fields, random, () => quote(makeText(random)))),
  "missing field": (fields, random) => write(fields.toSpliced(random.below(fields.length), 1)),
  "strange fields": (fields, random) => {
    const strange = random.list(1 + random.below(5), () => strangeField(random));
    return write([...strange, ...fields]);
  },
  "other's field": (fields, random) => write([...fields, [random.pick(FIELDS), makeValue(random)]]),
  "field twice": (fields, random) => {
    const [name = "", json = ""] = random.pick(fields);
    const other: Fields[number] = [name, random.chance(0.5) ? json : makeValue(random)];
    return write(fields.toSpliced(random.below(fields.length + 1), 0, other));
  },
  "other type": (fields, random) => {
    const type = random.chance(0.5) ? random.pick(TYPES) : random.pick(WRONG_TYPES);
    return write(set(fields, "type", quote(type)));
  },
  "odd ref": (fields, random) => write(set(fields, "ref", makeRef(random))),
  "odd name": (fields, random) => {
    const json = quote(makeName(random));
    return write(set(fields, "name", json).with(0, ["type", '"rename"']));
  },
  "odd room": (fields, random) => write(set(fields, "room", quote(random.pick(ODD_ROOMS)))),
  "number": (fields, random) => {
    return write(set(set(fields, "type", '"history"'), "limit", random.pick(NUMBERS)));
  },
  "deep": (fields, random) => write([[random.pick(FIELDS), nest(random)], ...fields]),
  "only deep": (_, random) => nest(random),
  "long": (fields, random) => pad(write(fields), random),
  "long string": (fields, random) =>
    write(withOne(fields, random, () => quote(random.pick(PIECES).repeat(lengthOf(random))))),
  "long list": (fields, random) =>
    write([["list", `[${"0,".repeat(lengthOf(random))}0]`], ...fields]),
  "escaped": (fields, random) => escape(write(fields), random),
  "spaced": (fields, random) => spread(write(fields), random),
  "edited": (fields, random) => edit(write(fields), random),
  "cut": (fields, random) => {
    const whole = write(fields);
    return whole.slice(0, random.below(whole.length));
  },
  "twice": (fields, random) => write(fields) + random.pick(["", ",", "\n"]) + write(fields),
  "in a list": (fields) => `[${write(fields)}]`,
  "as a string": (fields) => quote(write(fields)),
  "a field in the prototype": (fields) => `{"__proto__":${write(fields)}}`,
  "no object": (_, random) => random.pick([...VALUES, ...NUMBERS, ...SPACES, ""]),
  "noise": (_, random) => makeText(random),
};

/** The commands that are sent more often than others. */
const OFTEN = ["join", "join", "send", "send", "send", "react"];

/** The fields of a valid command of a random type, but `hello`. */
function makeFields(random: SeededRandom): Fields {
  return fieldsOf(
    random.pick([...TYPES.slice(1), ...OFTEN]),
    random,
  );
}

function fieldsOf(type: string, random: SeededRandom): Fields {
  const fields: Fields = [["type", quote(type)]];
  const add = (name: string, json: string): number => fields.push([name, json]);
  if (NEEDS_REF.includes(type) || random.chance(0.8)) add("ref", quote(freshRef(random)));
  if (IN_ROOM.includes(type)) {
    add("room", quote(makeRoom(type, random)));
  }
  if (type === "hello" || type === "rename") add("name", quote(validName(random)));
  if (type === "hello" && random.chance(0.7)) add("key", quote(makeKey(random)));
  if (type === "hello" && random.chance(0.1)) {
    add("password", quote(random.pick(PASSWORDS)));
    add("token", quote(random.pick(["", "a.b.c", "x".repeat(8192), "x".repeat(8193)])));
  }
  if (["send", "edit", "search"].includes(type)) add("text", quote(makeText(random)));
  if (["edit", "delete", "react"].includes(type)) add("id", quote(makeId(random)));
  if (type === "send" && random.chance(0.1)) add("reply", quote(makeId(random)));
  if (type === "react") add("emoji", quote(random.pick(EMOJI)));
  if (type === "react") add("on", `${random.chance(0.5)}`);
  if (["kick", "mute", "ban"].includes(type)) {
    add("user", quote(makeUserId(random)));
    add("minutes", random.pick(["0", "1", "43200", "43201", "-1", "1e1"]));
  }
  if (type === "configure") fields.push(...makeSettings(random));
  if (type === "join" && random.chance(0.1)) add("password", quote(random.pick(PASSWORDS)));
  if (type === "join" && random.chance(0.2)) add("since", quote(makeId(random)));
  if (type === "history" && random.chance(0.6)) {
    add(random.pick(["before", "after", "around", "since"]), quote(makeId(random)));
  }
  if (type === "history" && random.chance(0.9)) add("limit", `${1 + random.below(20)}`);
  return fields;
}

/** Some changes of a room's settings. Few of them keep others from talking. */
function makeSettings(random: SeededRandom): Fields {
  const settings: Fields = [
    ["topic", quote(random.pick(["", "tea", makeText(random)]).slice(0, 200))],
    ["listed", `${random.chance(0.5)}`],
    ["moderators", JSON.stringify(random.list(random.below(4), () => makeUserId(random)))],
    ["readOnly", `${random.chance(0.1)}`],
    ["slowMs", random.pick(["0", "0", "0", "1", "3600000"])],
    ["password", quote(random.pick(PASSWORDS))],
  ];
  return [random.chance(0.7) ? random.pick(settings.slice(0, 3)) : random.pick(settings)];
}

/** The room that the client of a script has made, if it has joined it. */
const ownRooms = new WeakMap<SeededRandom, string>();

/** A room that others are in, one that they may be in, or the client's own. */
function makeRoom(type: string, random: SeededRandom): string {
  const ownShare = OF_MODERATORS.includes(type) ? 0.6 : 0.1;
  if (random.chance(ownShare)) {
    const own = ownRooms.get(random) ?? `own-${random.below(2 ** 32)}`;
    ownRooms.set(random, own);
    return own;
  }
  return random.chance(0.9) ? random.pick(ROOMS) : `room-${random.below(500)}`;
}

function strangeField(random: SeededRandom): Fields[number] {
  return [random.pick(STRANGE_FIELDS), makeValue(random)];
}

function withOne(fields: Fields, random: SeededRandom, make: () => string): Fields {
  const at = random.below(fields.length);
  return fields.map(([name, json], i) => [name, i === at ? make() : json]);
}

function set(fields: Fields, name: string, json: string): Fields {
  return [...fields.filter((field) => field[0] !== name), [name, json]];
}

/** Thousands of nested values, closed or not, up to the depth that fits into a frame, and beyond. */
function nest(random: SeededRandom): string {
  const levels = random.pick([100, 2700, 8000, 10_000]);
  const [open = "", close = ""] = random.pick([["[", "]"], ['{"a":', "}"], ['{"__proto__":', "}"]]);
  return `${open.repeat(levels)}0${random.chance(0.7) ? close.repeat(levels) : ""}`;
}

/** Pads an object to about the byte limit of a frame, or far beyond. */
function pad(json: string, random: SeededRandom): string {
  const bytes = random.pick([16_383, 16_384, 16_385, 20_000, 100_000]);
  const filler = random.pick(["x", "é", "あ", "🙂"]);
  const size = new TextEncoder().encode(filler).length;
  const missing = bytes - new TextEncoder().encode(`${json},"pad":""`).length;
  const padding = filler.repeat(Math.max(0, Math.floor(missing / size)));
  const rest = " ".repeat(Math.max(0, missing % size));
  return `${json.slice(0, -1)},"pad":"${padding}"}${rest}`;
}

function lengthOf(random: SeededRandom): number {
  return random.pick([100, 1000, 4000, 8000, 20_000]);
}

/** Escapes some characters, including those of field names. */
function escape(json: string, random: SeededRandom): string {
  const toEscape = (each: string): string =>
    random.chance(0.3) ? `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}` : each;
  return json.replace(/(?<!\\)[A-Za-z0-9]/g, toEscape);
}

/** Adds white space between the parts, or characters that resemble it. */
function spread(json: string, random: SeededRandom): string {
  const space = (): string =>
    random.chance(0.2) ? random.pick(SPACES) : random.pick(SPACES.slice(0, 5));
  return space() + json.replace(/[{}:,]/g, (each) => random.chance(0.3) ? each + space() : each);
}

/** Removes, doubles, or replaces some characters. */
function edit(json: string, random: SeededRandom): string {
  let text = json;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(text.length);
    const middle = random.pick([
      "",
      text.slice(at, at + 1).repeat(2),
      random.pick(PIECES),
      random.pick([...'{}[]",:\\']),
      String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(7))),
    ]);
    text = text.slice(0, at) + middle + text.slice(at + 1);
  }
  return text;
}

/** Writes fields as an object, including repeated names and invalid values. */
function write(fields: Fields): string {
  return `{${fields.map(([name, json]) => `${quote(name)}:${json}`).join(",")}}`;
}
