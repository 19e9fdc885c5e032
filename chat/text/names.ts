/**
 * Checks of user names and room names.
 *
 * @module
 */

import { type Checked, exceedsCodePoints, INVISIBLE, INVISIBLE_JOINING_SIGNS } from "./texts.ts";

/** The most code points in a user's name. */
export const MAX_NAME_LENGTH = 32;

/**
 * The most UTF-16 units of a user's name that are normalised. NFKC makes at most 18 units of one
 * (U+FDFA). The slowest name of this length, 256 times U+0344, takes 0.06 ms (2 cores, Deno 2.9).
 * The first name of mixed scripts and the first with a joined emoji take 10 ms more, to compile
 * regular expressions.
 */
export const MAX_NAME_UNITS = 256;

const MAX_ROOM_LENGTH = 64;
const ROOM_PATTERN = /^[a-z0-9][a-z0-9_-]*$/;

/** Checks the name of a room, and converts it to lower case. */
export function checkRoom(room: string): Checked {
  const value = room.length <= MAX_ROOM_LENGTH ? room.toLowerCase() : "";
  if (ROOM_PATTERN.test(value)) return { ok: true, value };
  return {
    ok: false,
    message: '"room" must be 1 to 64 of a-z, 0-9, "_" and "-", and start with a letter or a digit',
  };
}

/**
 * Checks the name of a user, and normalises it: NFKC, outer spaces removed, inner spaces folded.
 */
export function checkName(name: string): Checked {
  const message = `"name" must be 1 to ${MAX_NAME_LENGTH} characters`;
  if (name.length > MAX_NAME_UNITS) return { ok: false, message };
  const value = name.normalize("NFKC")
    // Without a character before it to make an emoji of, U+FE0F is invisible.
    .replace(/(?<=^|\p{Zs})\uFE0F+/gu, "")
    .replace(/\p{Zs}+/gu, " ")
    .replace(/^ | $/g, "");
  if (value === "" || exceedsCodePoints(value, MAX_NAME_LENGTH)) return { ok: false, message };
  const problem = problemOf(value);
  return problem === undefined ? { ok: true, value } : { ok: false, message: problem };
}

/** Forbidden characters. U+FE0F is allowed: it makes an emoji of the character before it. */
const FORBIDDEN = new RegExp(
  `(?!\\uFE0F)[\\p{C}\\p{Zl}\\p{Zp}${INVISIBLE}]|[${INVISIBLE_JOINING_SIGNS}](?!\\p{L})`,
  "u",
);

/** Four marks in a row that are drawn above each other. Marks with a width do not count. */
const STACK_OF_MARKS = /[\p{Mn}\p{Me}](?:\p{Mc}*[\p{Mn}\p{Me}]){3}/u;

/** A dot above a letter like i or j, where it is drawn in the place of the letter's own dot. */
const HIDDEN_DOT = /[\p{Soft_Dotted}\u0131\u0237][^\P{M}\u0307]*\u0307/u;

/** Why a normalised name of at most 32 code points is refused. */
function problemOf(name: string): string | undefined {
  if (FORBIDDEN.test(withoutJoiners(name))) {
    return '"name" must not have control, invisible, bidi, private-use or unassigned characters';
  }
  // Decomposed, so that marks are counted as they can be typed.
  const decomposed = name.replaceAll("\uFE0F", "").normalize("NFD");
  if (/^\p{M}/u.test(decomposed)) return '"name" must not start with a mark';
  if (STACK_OF_MARKS.test(decomposed)) return '"name" must not have more than 3 marks in a row';
  if (HIDDEN_DOT.test(decomposed)) return '"name" must not have a second dot above i or j';
  if (mixesScripts(name)) return '"name" must not mix letters of different scripts';
  return undefined;
}

/** The name without the emoji and joiners that may have invisible characters. */
function withoutJoiners(name: string): string {
  if (!/[\u200C\u200D\u{E0020}-\u{E007F}]/u.test(name)) return name;
  return qualifyEmoji(name)
    .replace(/[\p{RGI_Emoji_ZWJ_Sequence}\p{RGI_Emoji_Tag_Sequence}]/gv, " ")
    .replace(JOINERS, "");
}

/**
 * The name with U+FE0F where fully qualified emoji have it: behind characters that are not drawn as
 * emoji by themselves.
 */
function qualifyEmoji(name: string): string {
  return name.replaceAll("\uFE0F", "")
    .replace(/[\p{Emoji}--\p{Emoji_Presentation}](?!\p{Emoji_Modifier})/gv, "$&\uFE0F");
}

/** Scripts with joiners between letters: those like Arabic, and those with viramas. */
const JOINING = ("Arab Syrc Mand Mong Nkoo Adlm Rohg Deva Beng Guru Gujr Orya Taml Telu Knda " +
  "Mlym Sinh Khmr Mymr Tibt Bali Java Sund Cakm Newa").split(" ")
  .map((each) => `\\p{Script_Extensions=${each}}`).join("");

const JOINING_LETTER = `[[\\p{L}\\p{M}]&&[${JOINING}]]`;

/**
 * U+200C and U+200D between letters or their marks; and U+200D behind the Malayalam virama, also at
 * the end of a word, with which it forms a letter (chillu).
 */
const JOINERS = new RegExp(
  `(?<=${JOINING_LETTER})[\\u200C\\u200D](?=${JOINING_LETTER})|(?<=\\u0D4D)\\u200D`,
  "gv",
);

/** Scripts that may be mixed, by ISO 15924 codes: Japanese, Chinese, Korean. */
const MIXTURES = ["Latn Hani Hira Kana", "Latn Hani Bopo", "Latn Hani Hang"];

/** The other scripts of Unicode 17, those in wide use first. */
const SCRIPTS = (
  "Cyrl Grek Arab Hebr Deva Thai Beng Taml Telu Armn Geor Ethi Mymr Khmr Sinh Guru Gujr Orya " +
  "Knda Mlym Laoo Tibt Thaa Syrc Mong Adlm Aghb Ahom Armi Avst Bali Bamu Bass Batk Berf Bhks " +
  "Brah Brai Bugi Buhd Cakm Cans Cari Cham Cher Chrs Copt Cpmn Cprt Diak Dogr Dsrt Dupl Egyp " +
  "Elba Elym Gara Glag Gong Gonm Goth Gran Gukh Hano Hatr Hluw Hmng Hmnp Hung Ital Java Kali " +
  "Kawi Khar Khoj Kits Krai Kthi Lana Lepc Limb Lina Linb Lisu Lyci Lydi Mahj Maka Mand Mani " +
  "Marc Medf Mend Merc Mero Modi Mroo Mtei Mult Nagm Nand Narb Nbat Newa Nkoo Nshu Ogam Olck " +
  "Onao Orkh Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phnx Plrd Prti Rjng Rohg Runr Samr " +
  "Sarb Saur Sgnw Shaw Shrd Sidd Sidt Sind Sogd Sogo Sora Soyo Sund Sunu Sylo Tagb Takr Tale " +
  "Talu Tang Tavt Tayo Tfng Tglg Tirh Tnsa Todr Tols Toto Tutg Ugar Vaii Vith Wara Wcho Xpeo " +
  "Xsux Yezi Yiii Zanb"
).split(" ");

/**
 * Characters that belong to every script. Letters, marks and digits that several scripts share
 * belong to those alone (Script_Extensions), such as the Japanese ー; signs such as · to all.
 */
const COMMON =
  /[\p{Script_Extensions=Zyyy}\p{Script_Extensions=Zinh}]|(?![\p{L}\p{M}\p{N}])\p{Script=Zyyy}/gu;

/** Compiled when needed: each takes 0.1 ms, and most texts need only the first. */
const PATTERNS = new Map<string, RegExp>();

/**
 * Whether a text mixes scripts (alphabets) that may not be mixed, by the level "highly restrictive"
 * of UTS 39 (https://www.unicode.org/reports/tr39/#Restriction_Level_Detection). Digits, signs and
 * emoji belong to all scripts. For short texts only: it takes up to 170 passes.
 */
function mixesScripts(text: string): boolean {
  const bound = text.replace(COMMON, "");
  return bound !== "" && ![...MIXTURES, ...SCRIPTS].some((each) => patternOf(each).test(bound));
}

/** An expression that matches a text whose characters all belong to one of the scripts. */
function patternOf(scripts: string): RegExp {
  let pattern = PATTERNS.get(scripts);
  if (pattern !== undefined) return pattern;
  const properties = scripts.split(" ").map((each) => `\\p{Script_Extensions=${each}}`);
  try {
    pattern = new RegExp(`^[${properties.join("")}]+$`, "u");
  } catch {
    // The runtime's Unicode is older than this script.
    pattern = /^(?!)/;
  }
  PATTERNS.set(scripts, pattern);
  return pattern;
}
