/**
 * What users may call themselves and their rooms, what they may say, and who they are.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The most code points in a user's name. */
export const MAX_NAME_LENGTH = 32;

const ROOM_PATTERN = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Length of a user id: 10 base32 characters carry 50 bits. */
const USER_ID_LENGTH = 10;

// Controls, format characters (zero-width and bidi ones among them), lone surrogates, line and
// paragraph separators, and all else that is drawn as nothing. U+2800 is the blank Braille pattern.
// U+FE0F is let through, since it makes an emoji of the character before it.
const FORBIDDEN_IN_NAMES =
  /(?!\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

// C0 without \t and \n, DEL, and C1.
// deno-lint-ignore no-control-regex
const REMOVED_FROM_TEXT = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/** A value that was accepted and normalised, or why it was not. */
export type Checked =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string };

/** The room's name in lower case, if it is one. */
export function checkRoom(room: string): Checked {
  const value = room.toLowerCase();
  if (ROOM_PATTERN.test(value)) return { ok: true, value };
  return {
    ok: false,
    message: '"room" must be 1 to 64 of a-z, 0-9, "_" and "-", and start with a letter or a digit',
  };
}

/** The name after NFKC, with outer spaces trimmed and inner ones folded. */
export function checkName(name: string): Checked {
  const value = name.normalize("NFKC")
    // With nothing before it to make an emoji of, it would only be a name's invisible part.
    .replace(/(?<=^|\p{Zs})\uFE0F+/gu, "")
    .replace(/\p{Zs}+/gu, " ")
    .replace(/^ | $/g, "");
  if (FORBIDDEN_IN_NAMES.test(value)) {
    return { ok: false, message: '"name" must not have control, invisible or bidi characters' };
  }
  if (value !== "" && !exceedsCodePoints(value, MAX_NAME_LENGTH)) return { ok: true, value };
  return { ok: false, message: `"name" must be 1 to ${MAX_NAME_LENGTH} characters` };
}

/**
 * The text without control characters other than newline and tab, well-formed.
 *
 * @param maxLength in code points
 */
export function checkText(text: string, maxLength: number): Checked {
  const value = text.replace(REMOVED_FROM_TEXT, "").toWellFormed();
  if (value.trim() === "") return { ok: false, message: '"text" must not be empty' };
  if (exceedsCodePoints(value, maxLength)) {
    return { ok: false, message: `"text" must be at most ${maxLength} characters` };
  }
  return { ok: true, value };
}

/** Whether `text` has more than `max` code points. */
function exceedsCodePoints(text: string, max: number): boolean {
  if (text.length <= max) return false;
  let count = 0;
  for (const _ of text) {
    if (++count > max) return true;
  }
  return false;
}

/** The public id of the user who holds `key`. */
export function userIdOf(key: string): string {
  return base32(createHash("sha256").update(key).digest()).slice(0, USER_ID_LENGTH);
}

/** RFC 4648 base32 in lower case, of as many whole characters as the bytes hold. */
function base32(bytes: Uint8Array): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt(buffer >>> bits);
      buffer &= (1 << bits) - 1;
    }
  }
  return text;
}

/**
 * What a name looks like: two names that share a skeleton can be taken for each other.
 *
 * There are two skeletons when capitals and small letters resemble different Latin letters, as
 * Greek capital nu (N) and small nu (v) do.
 *
 * @param name as {@linkcode checkName} gives it
 */
export function skeletonsOf(name: string): readonly string[] {
  const asWritten = skeleton(name);
  const asLowerCase = skeleton(name.toLowerCase());
  return asWritten === asLowerCase ? [asWritten] : [asWritten, asLowerCase];
}

function skeleton(name: string): string {
  let latin = "";
  // Decomposed, so that a letter is found under its accents.
  for (const character of name.normalize("NFD").replaceAll("\uFE0F", "")) {
    latin += LOOK_ALIKES.get(character) ?? character;
  }
  // Upper case first: that folds what has no single lower case, such as ß and final sigma.
  return latin.toUpperCase().toLowerCase().normalize("NFC");
}

/**
 * Characters of other alphabets, and digits, by the Latin letter that they resemble. Chosen from
 * Unicode's confusables (https://www.unicode.org/Public/security/latest/confusables.txt).
 */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    ["0", "o"],
    ["1|ӏӀ", "l"],
    ["аАαΑɑ", "a"],
    ["вВβΒЬьʙ", "b"],
    ["сСϲϹ", "c"],
    ["ԁԀ", "d"],
    ["еЕεΕҽҼ", "e"],
    ["ϜғҒ", "f"],
    ["ɡԌԍ", "g"],
    ["нНһҺΗʜ", "h"],
    ["іІιΙıɩ", "i"],
    ["јЈϳȷ", "j"],
    ["кКκΚ", "k"],
    ["ʟ", "l"],
    ["мМΜ", "m"],
    ["ΝпПηɴ", "n"],
    ["оОοΟσ", "o"],
    ["рРρΡ", "p"],
    ["ԛԚ", "q"],
    ["гГʀ", "r"],
    ["ѕЅ", "s"],
    ["тТτΤ", "t"],
    ["υμ", "u"],
    ["νѵѴ", "v"],
    ["ԝԜωѡ", "w"],
    ["хХχΧ", "x"],
    ["уУүҮγΥʏ", "y"],
    ["ζΖ", "z"],
  ].flatMap(([characters = "", latin = ""]) => [...characters].map((each) => [each, latin])),
);
