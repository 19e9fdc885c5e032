/**
 * The oracle of names, rooms, texts, keys and ids: it implements the protocol document independently
 * of the server's code.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The judgement of a value. Where the protocol document leaves it open, `legal` is undefined. */
export interface Ruling {
  readonly legal: boolean | undefined;
  /** The value in its normal form, if it is legal. */
  readonly value: string;
}

/** Judges a room's name. Its normal form is in lower case. */
export function ruleRoom(room: string): Ruling {
  // The Kelvin sign is the only letter beyond ASCII whose lower case is in ASCII.
  const value = room.replace(/[A-Z]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 32))
    .replaceAll("\u212a", "k");
  return { legal: /^[a-z0-9][a-z0-9_-]{0,63}$/.test(value), value };
}

/** Control, zero-width, bidi, private-use and other characters that no name may have. */
const FORBIDDEN_IN_NAMES =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u2800\u3164\ue000-\uf8ff\ufeff\uffa0\ufff9-\ufffc\uffff\u{13441}\u{13442}\u{16fe4}\u{1d159}\u{10ffff}]/u;

/** Scripts that exclude each other in a name: those of the fuzzer, without Han, which mixes with Latin. */
const ALPHABETS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Arabic}/u,
]
  .concat([/\p{Script=Armenian}/u, /\p{Script=Cherokee}/u, /\p{Script=Devanagari}/u]);

/** Names that are certainly legal: Latin and Han letters, with characters of all scripts. */
const PLAIN =
  /^(?:[\p{Script=Latin}\p{Script=Han}\u0300\u0301\u0302]|[\x20-\x7e\p{Emoji_Presentation}])*$/u;

/** Whether the protocol document excludes a name. */
function isIllegalName(name: string): boolean {
  const decomposed = name.normalize("NFD");
  return FORBIDDEN_IN_NAMES.test(name) || ALPHABETS.filter((each) => each.test(name)).length > 1 ||
    /^(?!\ufe0f)\p{M}/u.test(name) || /[\u0300-\u036f]{4}/.test(decomposed) ||
    /[ij]\u0307/.test(decomposed) || /(^|[!-~])[\u200c\u200d]|[\u200c\u200d]([!-~]|$)/.test(name);
}

/** The UTF-16 units of the longest name that a server normalises. */
export const MAX_NAME_UNITS = 256;

/** Judges a user's name: 1 to 32 code points after NFKC, trimming and folding spaces. */
export function ruleName(name: string): Ruling {
  if (name.length > MAX_NAME_UNITS) return { legal: false, value: "" };
  const value = name.normalize("NFKC").split(/\p{Zs}/u).filter((word) => word !== "").join(" ");
  const length = Array.from(value).length;
  if (length === 0 || length > 32 && !value.includes("\ufe0f")) return { legal: false, value };
  if (isIllegalName(value)) return { legal: false, value };
  // This oracle does not know the rules of other scripts, and of U+FE0F.
  return { legal: PLAIN.test(value) || undefined, value };
}

/** White space and invisible characters. */
const INVISIBLE =
  /[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{13441}\u{13442}\u{16fe4}\u{1d159}]/gu;

/** Judges a text: 1 to 4,000 code points without controls, at least one of them visible. */
export function ruleText(text: string): Ruling {
  const points = Array.from(strip(text));
  const value = points.map((each) => /^[\ud800-\udfff]$/.test(each) ? "\ufffd" : each).join("");
  const visible = value.replace(INVISIBLE, "");
  if (points.length > 4000 || visible === "") return { legal: false, value };
  // The font decides whether noncharacters and format controls are visible.
  return { legal: /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Co}]/u.test(visible) || undefined, value };
}

/** Removes C0, C1 and DEL, but not newline and tab. */
function strip(text: string): string {
  let kept = "";
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const isControl = unit < 0x20 || (unit >= 0x7f && unit <= 0x9f);
    if (!isControl || unit === 0x09 || unit === 0x0a) kept += text.charAt(i);
  }
  return kept;
}

/** Judges an emoji. This oracle does not know where U+FE0F belongs. */
export function ruleEmoji(emoji: unknown): Ruling {
  const value = String(emoji);
  if (/^\p{RGI_Emoji}$/v.test(value)) return { legal: true, value };
  return { legal: /[^\p{Emoji_Component}\p{Emoji}]/u.test(value) ? false : undefined, value };
}

/** Whether a value is a string of `min` to `max` UTF-16 units. */
export function isUnits(value: unknown, min: number, max: number): value is string {
  return typeof value === "string" && value.length >= min && value.length <= max;
}

/** Whether a value is 26 characters of Crockford's base32. */
export function isPosition(value: unknown): value is string {
  return isUnits(value, 26, 26) &&
    Array.from(value).every((each) =>
      "0123456789abcdefghjkmnpqrstvwxyz".includes(asciiLower(each))
    );
}

function asciiLower(character: string): string {
  return character >= "A" && character <= "Z" ? character.toLowerCase() : character;
}

/** The public id of a key's user: the first 80 bits of the key's SHA-256, in base32. */
export function idOfKey(key: string): string {
  const hash = BigInt(`0x${createHash("sha256").update(key).digest("hex")}`);
  const digits = (hash >> 176n).toString(32).padStart(16, "0");
  return digits.replace(
    /./g,
    (digit) => "abcdefghijklmnopqrstuvwxyz234567".charAt(parseInt(digit, 32)),
  );
}
