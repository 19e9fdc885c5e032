/**
 * What names, rooms, texts, keys and ids may be: written from the protocol's words and not from the
 * server's code, so that the one can be held against the other.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** What the protocol says of a value. Where it says nothing, `legal` is undefined. */
export interface Ruling {
  readonly legal: boolean | undefined;
  /** The value as everyone gets it, if it is legal. */
  readonly value: string;
}

/** A room's name, in lower case. */
export function ruleRoom(room: string): Ruling {
  // The Kelvin sign is the one letter beyond ASCII whose small form is in it.
  const value = room.replace(/[A-Z]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 32))
    .replaceAll("\u212a", "k");
  return { legal: /^[a-z0-9][a-z0-9_-]{0,63}$/.test(value), value };
}

/** Control, zero-width, bidi, private-use and other characters that no name may have. */
const FORBIDDEN_IN_NAMES =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u2800\u3164\ue000-\uf8ff\ufeff\uffa0\ufff9-\ufffc\uffff\u{13441}\u{13442}\u{16fe4}\u{1d159}\u{10ffff}]/u;

/** Letters of which no two may be in one name: those of the fuzzer, but for Han, which go with Latin. */
const ALPHABETS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Arabic}/u,
]
  .concat([/\p{Script=Armenian}/u, /\p{Script=Cherokee}/u, /\p{Script=Devanagari}/u]);

/** Parts of names: letters that go together, and characters that go with all. */
const PLAIN =
  /^(?:[\p{Script=Latin}\p{Script=Han}\u0300\u0301\u0302]|[\x20-\x7e\p{Emoji_Presentation}])*$/u;

/** Whether no server may let a name pass, by what the protocol lists. */
function isIllegalName(name: string): boolean {
  const decomposed = name.normalize("NFD");
  return FORBIDDEN_IN_NAMES.test(name) || ALPHABETS.filter((each) => each.test(name)).length > 1 ||
    /^(?!\ufe0f)\p{M}/u.test(name) || /[\u0300-\u036f]{4}/.test(decomposed) ||
    /[ij]\u0307/.test(decomposed) || /(^|[!-~])[\u200c\u200d]|[\u200c\u200d]([!-~]|$)/.test(name);
}

/** UTF-16 units of a name that is read at all. */
export const MAX_NAME_UNITS = 256;

/** A user's name: 1 to 32 code points after NFKC, trimming and folding spaces. */
export function ruleName(name: string): Ruling {
  if (name.length > MAX_NAME_UNITS) return { legal: false, value: "" };
  const value = name.normalize("NFKC").split(/\p{Zs}/u).filter((word) => word !== "").join(" ");
  const length = Array.from(value).length;
  if (length === 0 || length > 32 && !value.includes("\ufe0f")) return { legal: false, value };
  if (isIllegalName(value)) return { legal: false, value };
  // Of many other scripts, and of U+FE0F's place, this oracle knows nothing.
  return { legal: PLAIN.test(value) || undefined, value };
}

/** White space, and what is drawn as nothing. */
const UNSEEN =
  /[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{13441}\u{13442}\u{16fe4}\u{1d159}]/gu;

/** A text: 1 to 4,000 code points without controls, and one of them at least is seen. */
export function ruleText(text: string): Ruling {
  const points = Array.from(strip(text));
  const value = points.map((each) => /^[\ud800-\udfff]$/.test(each) ? "\ufffd" : each).join("");
  const seen = value.replace(UNSEEN, "");
  if (points.length > 4000 || seen === "") return { legal: false, value };
  // Whether a noncharacter, or a control of some script, is seen, depends on the font.
  return { legal: /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Co}]/u.test(seen) || undefined, value };
}

/** Without C0, C1 and DEL, other than newline and tab. */
function strip(text: string): string {
  let kept = "";
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const isControl = unit < 0x20 || (unit >= 0x7f && unit <= 0x9f);
    if (!isControl || unit === 0x09 || unit === 0x0a) kept += text.charAt(i);
  }
  return kept;
}

/** Whether a value is a string of so many UTF-16 units. */
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

/** The public id of whoever has a key: the first 80 bits of its SHA-256, in base32. */
export function idOfKey(key: string): string {
  const hash = BigInt(`0x${createHash("sha256").update(key).digest("hex")}`);
  const digits = (hash >> 176n).toString(32).padStart(16, "0");
  return digits.replace(
    /./g,
    (digit) => "abcdefghijklmnopqrstuvwxyz234567".charAt(parseInt(digit, 32)),
  );
}
