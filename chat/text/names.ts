/**
 * Names of users and rooms.
 *
 * @module
 */

import {
  type Checked,
  exceedsCodePoints,
  INVISIBLE,
  INVISIBLE_JOINING_SIGNS,
} from "./characters.ts";
import { mixesScripts } from "./scripts.ts";

/** The most code points in a user's name. */
export const MAX_NAME_LENGTH = 32;

/**
 * The most UTF-16 units of a user's name that are looked at. NFKC makes at most 18 units of one
 * (U+FDFA). The worst name of this length, 256 times U+0344, takes 0.06 ms (2 cores, Deno 2.9); a
 * process that meets its first mixed scripts or first joined emoji takes 10 ms more, once each, to
 * compile regular expressions.
 */
export const MAX_NAME_UNITS = 256;

const MAX_ROOM_LENGTH = 64;
const ROOM_PATTERN = /^[a-z0-9][a-z0-9_-]*$/;

/** {@linkcode Checked}; a name that is `overlong` has over 256 UTF-16 units and was not read. */
export type CheckedName = Checked & { readonly overlong?: boolean };

/** The room's name in lower case, if it is one. */
export function checkRoom(room: string): Checked {
  const value = room.length <= MAX_ROOM_LENGTH ? room.toLowerCase() : "";
  if (ROOM_PATTERN.test(value)) return { ok: true, value };
  return {
    ok: false,
    message: '"room" must be 1 to 64 of a-z, 0-9, "_" and "-", and start with a letter or a digit',
  };
}

/** The name after NFKC, with outer spaces trimmed and inner ones folded. */
export function checkName(name: string): CheckedName {
  const message = `"name" must be 1 to ${MAX_NAME_LENGTH} characters`;
  if (name.length > MAX_NAME_UNITS) return { ok: false, overlong: true, message };
  const value = name.normalize("NFKC")
    // With nothing before it to make an emoji of, it would only be a name's invisible part.
    .replace(/(?<=^|\p{Zs})\uFE0F+/gu, "")
    .replace(/\p{Zs}+/gu, " ")
    .replace(/^ | $/g, "");
  if (value === "" || exceedsCodePoints(value, MAX_NAME_LENGTH)) return { ok: false, message };
  const problem = problemOf(value);
  return problem === undefined ? { ok: true, value } : { ok: false, message: problem };
}

/** Characters that a name can't have. U+FE0F is allowed: it makes an emoji of the one before it. */
const FORBIDDEN = new RegExp(
  `(?!\\uFE0F)[\\p{C}\\p{Zl}\\p{Zp}${INVISIBLE}]|[${INVISIBLE_JOINING_SIGNS}](?!\\p{L})`,
  "u",
);

/** Marks above and below each other; those with a width of their own don't count. */
const STACK_OF_MARKS = /[\p{Mn}\p{Me}](?:\p{Mc}*[\p{Mn}\p{Me}]){3}/u;

/** A dot above i, j and their kin is drawn in the place of the letter's own. */
const HIDDEN_DOT = /[\p{Soft_Dotted}\u0131\u0237][^\P{M}\u0307]*\u0307/u;

/** Why a normalised name of at most 32 code points can't be one. */
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

/** The name without the emoji and joiners in which invisible characters are as they should be. */
function withoutJoiners(name: string): string {
  if (!/[\u200C\u200D\u{E0020}-\u{E007F}]/u.test(name)) return name;
  return qualifyEmoji(name)
    .replace(/[\p{RGI_Emoji_ZWJ_Sequence}\p{RGI_Emoji_Tag_Sequence}]/gv, " ")
    .replace(JOINERS, "");
}

/**
 * The name with U+FE0F wherever an emoji has it in its fully qualified form: behind what is not
 * drawn as an emoji by itself.
 */
function qualifyEmoji(name: string): string {
  return name.replaceAll("\uFE0F", "")
    .replace(/[\p{Emoji}--\p{Emoji_Presentation}](?!\p{Emoji_Modifier})/gv, "$&\uFE0F");
}

/** Scripts whose letters are told to join or not to: Arabic and its kin, and those with viramas. */
const JOINING = ("Arab Syrc Mand Mong Nkoo Adlm Rohg Deva Beng Guru Gujr Orya Taml Telu Knda " +
  "Mlym Sinh Khmr Mymr Tibt Bali Java Sund Cakm Newa").split(" ")
  .map((each) => `\\p{Script_Extensions=${each}}`).join("");

const JOINING_LETTER = `[[\\p{L}\\p{M}]&&[${JOINING}]]`;

/**
 * U+200C and U+200D between letters or their marks, and U+200D behind the Malayalam virama, which
 * it makes a letter of its own (chillu), also at the end of a word.
 */
const JOINERS = new RegExp(
  `(?<=${JOINING_LETTER})[\\u200C\\u200D](?=${JOINING_LETTER})|(?<=\\u0D4D)\\u200D`,
  "gv",
);
