/**
 * Random values for fuzzing: names, rooms, texts, ids, and values of wrong types.
 *
 * @module
 */

import type { SeededRandom } from "../support/seeded_random.ts";

/** The room of the observer. */
export const LOBBY = "lobby";

/** Rooms that many clients join. */
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

/** Parts of names and texts that implementations are known to handle wrongly. */
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

/** Room names that are invalid, or need normalising. */
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

/** Numbers in JSON, and strings that resemble them. */
export const NUMBERS = [
  ...["0", "-0", "1", "-1", "50.0", "2e2", "200", "201", "1.5", "1e0", "100e-2", "1e400", "-1e400"],
  ...["1e-400", "9007199254740993", "4294967297", "123456789".repeat(30), "199.99999999999999999"],
  ...["01", "+1", "1.", ".5", "0x10", "NaN", "Infinity", "-", "1e", "1_0", "１"],
];

/** Values of any type, and invalid JSON. */
export const VALUES = [
  ...["null", "true", "false", "[]", "{}", '""', '"x"', "[null]", '["lobby"]', '{"toString":"x"}'],
  ...['{"__proto__":null}', '{"length":26}', "undefined", "'x'", '"\\ud800"', '"\\u0000"', '"\\x"'],
];

/** A string as JSON, which escapes lone surrogates. */
export const quote = (value: string): string => JSON.stringify(value);

/** A ref that is mostly new, and otherwise one of a few. */
export function freshRef(random: SeededRandom): string {
  return random.chance(0.8) ? `r${random.below(2 ** 32)}` : `again ${random.below(8)}`;
}

/** A key of a user that is mostly new, and otherwise one of a few with several connections. */
export function makeKey(random: SeededRandom): string {
  const secret = random.chance(0.8)
    ? `secret ${random.below(2 ** 32)}`
    : `shared ${random.below(4)}`;
  return secret.padEnd(16 + random.below(113), random.pick(["-", "é", "\ud800"]));
}

/** A valid name that is mostly free, and otherwise one of a few. */
export function validName(random: SeededRandom): string {
  return random.chance(0.8) ? `Guest ${random.below(2 ** 32)}` : random.pick(NAMES);
}

/** A name of random parts, sometimes about as long as the limit. */
export function makeName(random: SeededRandom): string {
  // Around the longest name that the server normalises, and about as long as a frame.
  if (random.chance(0.05)) {
    return `a${random.pick(PIECES)}`.padEnd(
      random.pick([255, 256, 257, 4000]),
      random.pick(PIECES),
    );
  }
  return random.list(1 + random.below(8), () => random.pick([...NAMES, ...PIECES])).join("");
}

/** An id that is mostly well-formed, and never one of the server. */
export function makeId(random: SeededRandom): string {
  const id = random.pick(["01K", "01", "00", "7Z", "zz", ""]).padEnd(
    26,
    random.pick(["0", "Z", "a"]),
  );
  if (random.chance(0.9)) return id;
  // Crockford's base32 has all letters but these.
  return random.chance(0.5)
    ? `${id}${random.pick(PIECES)}`
    : `${id.slice(1)}${random.pick([..."ILOUilou"])}`;
}

/** An id of a user that is mostly well-formed, and of nobody. */
export function makeUserId(random: SeededRandom): string {
  const id = random.list(16, () => random.pick([..."abcxyz234567"])).join("");
  return random.chance(0.9) ? id : random.pick([id.slice(1), `${id}a`, id.toUpperCase(), ""]);
}

/** A ref of a length around the limit, or another value. */
export function makeRef(random: SeededRandom): string {
  const length = random.pick([0, 1, 63, 64, 65, 1000]);
  return random.chance(0.5)
    ? makeValue(random)
    : quote(random.pick(["x", "\ud800", "é"]).repeat(length));
}

/** A text that is mostly short, and sometimes around the limit of 4,000 code points. */
export function makeText(random: SeededRandom): string {
  if (random.chance(0.01)) {
    return random.pick(["x", "é", "🙂"]).repeat(random.pick([3999, 4000, 4001]));
  }
  if (random.chance(0.5)) return `hi ${random.below(2 ** 32)}`;
  return random.list(random.below(12), () => random.pick(PIECES)).join("");
}

/** A value of a random type. */
export function makeValue(random: SeededRandom): string {
  const die = random.next();
  if (die < 0.4) return random.pick(VALUES);
  if (die < 0.7) return random.pick(NUMBERS);
  return quote(makeText(random));
}
