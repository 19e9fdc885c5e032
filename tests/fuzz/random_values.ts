/**
 * Values for fuzzing: names, rooms, texts, ids and what may stand in their place.
 *
 * @module
 */

import type { Chance } from "../support/seeded_random.ts";

/** The room of the bystander. */
export const LOBBY = "lobby";

/** Rooms that are met again and again. */
export const ROOMS = [
  LOBBY,
  LOBBY,
  LOBBY,
  LOBBY,
  LOBBY,
  "kitchen",
  "attic",
  "a",
  "0",
  "constructor",
  "x_-",
  "x".repeat(64),
];

const NAMES = [
  "Ada",
  "Bob",
  "李 小龙",
  "José",
  "Ада",
  "ᎪᎠᎪ",
  "AdI",
  "علی\u200cرضا",
  "Ａｄａ",
  "❤\ufe0f",
  "👍🏽",
  "\ufdfa",
  "ß",
  "İ",
  "ſ",
];

/** Parts of names and texts that somebody once got wrong. */
export const PIECES = [
  ...[
    "a",
    "Z",
    "0",
    " ",
    "  ",
    "\u00a0",
    "\u3000",
    "\u1680",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\t",
    "\n",
  ],
  ...[
    "\u0000",
    "\u0007",
    "\u001b[31m",
    "\u007f",
    "\u0085",
    "\u009b",
    "\r\n",
    "\\",
    '"',
    "'",
    "<b>",
  ],
  ...["\u200b", "\u200c", "\u200d", "\u200e", "\u202e", "\u2066", "\u2069", "\u061c", "\u2060"],
  ...["\ufffc", "\u{13441}", "\u{16fe4}", "\u{1d159}", "\u{e0041}", "\ue000", "\u0378", "\u0336"],
  ...["Аd", "Ν", "ա", "Ꭺ", "अ", "i\u0307", "\u0301\u0316\u0317\u0334", "\u0344", "rn", "cl", "I"],
  ...["👩\u200d", "ی\u200cا", "क्\u200d", "🏴\u{e0067}\u{e007f}", "\u200d\u200d", "1\ufe0f\u20e3"],
  ...["\u00ad", "\u034f", "\u115f", "\u3164", "\uffa0", "\u2800", "\ufe0f", "\ufe00", "\u{e0100}"],
  ...[
    "\ud800",
    "\udfff",
    "\ud83d\ude00",
    "\ude00\ud83d",
    "\uffff",
    "\ufffd",
    "\u{10ffff}",
    "\ufdd0",
  ],
  ...["e\u0301", "\u0301", "\u0300\u0301\u0302", "\u0e33", "\u{1f1e9}\u{1f1ea}", "👩‍👩‍👧", "각", "ﬁ"],
  ...[
    "\ufdfa",
    "\u1e9e",
    "ß",
    "ı",
    "İ",
    "ſ",
    "\u212a",
    "\u212b",
    "Σς",
    "ǅ",
    "①",
    "㍿",
    "𝒜",
    "\u{1d15e}",
  ],
  ...["${7*7}", "{{x}}", "../", "%00", "%s%n", "null", "' OR 1=1 --", "<script>alert(1)</script>"],
];

/** Room names beside those that are fine. */
export const ODD_ROOMS = [
  ...[
    "LOBBY",
    "Lobby",
    "\u212aitchen",
    "k\u0131tchen",
    "K\u0130TCHEN",
    "\u017f",
    "ﬁ",
    "ａ",
    "lobby ",
  ],
  ...[
    "",
    " ",
    "-a",
    "_a",
    "__proto__",
    "x".repeat(65),
    "../etc",
    "a/b",
    "#a",
    "a\u0000",
    "\u0000",
    "🙂",
  ],
];

/** Numbers as JSON has them, or nearly. */
export const NUMBERS = [
  ...["0", "-0", "1", "-1", "50.0", "2e2", "200", "201", "1.5", "1e0", "100e-2", "1e400", "-1e400"],
  ...["1e-400", "9007199254740993", "4294967297", "123456789".repeat(30), "199.99999999999999999"],
  ...["01", "+1", "1.", ".5", "0x10", "NaN", "Infinity", "-", "1e", "1_0", "１"],
];

/** Values of any type. */
export const VALUES = [
  ...["null", "true", "false", "[]", "{}", '""', '"x"', "[null]", '["lobby"]', '{"toString":"x"}'],
  ...['{"__proto__":null}', '{"length":26}', "undefined", "'x'", '"\\ud800"', '"\\u0000"', '"\\x"'],
];

/** A string as JSON; lone surrogates are escaped. */
export const quote = (value: string): string => JSON.stringify(value);

/** Mostly new; else one of a few that other commands have, too. */
export function freshRef(chance: Chance): string {
  return chance.is(0.8) ? `r${chance.below(2 ** 32)}` : `again ${chance.below(8)}`;
}

/** Mostly a user who was never there; else one of a few with several connections. */
export function makeKey(chance: Chance): string {
  const secret = chance.is(0.8) ? `secret ${chance.below(2 ** 32)}` : `shared ${chance.below(4)}`;
  return secret.padEnd(16 + chance.below(113), chance.of(["-", "é", "\ud800"]));
}

/** Mostly free: those of a few are taken somewhere. */
export function niceName(chance: Chance): string {
  return chance.is(0.8) ? `Guest ${chance.below(2 ** 32)}` : chance.of(NAMES);
}

export function makeName(chance: Chance): string {
  // About as long as a name may be to be read, and as long as a frame lets it be.
  if (chance.is(0.05)) {
    return `a${chance.of(PIECES)}`.padEnd(chance.of([255, 256, 257, 4000]), chance.of(PIECES));
  }
  return chance.list(1 + chance.below(8), () => chance.of([...NAMES, ...PIECES])).join("");
}

export function makeId(chance: Chance): string {
  const id = chance.of(["01K", "01", "00", "7Z", "zz", ""]).padEnd(26, chance.of(["0", "Z", "a"]));
  if (chance.is(0.9)) return id;
  // Base32 has all letters but these.
  return chance.is(0.5)
    ? `${id}${chance.of(PIECES)}`
    : `${id.slice(1)}${chance.of([..."ILOUilou"])}`;
}

export function makeRef(chance: Chance): string {
  const length = chance.of([0, 1, 63, 64, 65, 1000]);
  return chance.is(0.5) ? makeValue(chance) : quote(chance.of(["x", "\ud800", "é"]).repeat(length));
}

/** Short, mostly; sometimes at the limit of 4,000 code points. */
export function makeText(chance: Chance): string {
  if (chance.is(0.01)) return chance.of(["x", "é", "🙂"]).repeat(chance.of([3999, 4000, 4001]));
  if (chance.is(0.5)) return `hi ${chance.below(2 ** 32)}`;
  return chance.list(chance.below(12), () => chance.of(PIECES)).join("");
}

export function makeValue(chance: Chance): string {
  const die = chance.next();
  if (die < 0.4) return chance.of(VALUES);
  if (die < 0.7) return chance.of(NUMBERS);
  return quote(makeText(chance));
}
