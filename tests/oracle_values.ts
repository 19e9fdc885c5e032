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

/** Control, zero-width and bidi characters. */
const FORBIDDEN_IN_NAMES =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;

/** Characters that are seen, or make the one before them another. */
const SEEN = /^(?:(?!\p{Default_Ignorable_Code_Point}|\u2800)[\p{L}\p{M}\p{N}\p{P}\p{S} ])*$/u;

/** A user's name: 1 to 32 code points after NFKC, trimming and folding spaces. */
export function ruleName(name: string): Ruling {
  const value = name.normalize("NFKC").split(/\p{Zs}/u).filter((word) => word !== "").join(" ");
  const length = Array.from(value).length;
  if (length === 0 || length > 32 && !value.includes("\ufe0f")) return { legal: false, value };
  if (FORBIDDEN_IN_NAMES.test(value)) return { legal: false, value };
  // Of what is drawn as nothing but none of these, and of U+FE0F's place, the protocol says nothing.
  return { legal: SEEN.test(value) || undefined, value };
}

/** A text: 1 to 4,000 code points without controls, not only white space. */
export function ruleText(text: string): Ruling {
  const points = Array.from(strip(text));
  const value = points.map((each) => /^[\ud800-\udfff]$/.test(each) ? "\ufffd" : each).join("");
  if (points.length > 4000 || /^\p{White_Space}*$/u.test(value)) return { legal: false, value };
  // U+FEFF was white space once.
  return { legal: /^[\p{White_Space}\ufeff]*$/u.test(value) ? undefined : true, value };
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

/** The public id of whoever has a key: the first 50 bits of its SHA-256, in base32. */
export function idOfKey(key: string): string {
  const hash = BigInt(`0x${createHash("sha256").update(key).digest("hex")}`);
  const digits = (hash >> 206n).toString(32).padStart(10, "0");
  return digits.replace(
    /./g,
    (digit) => "abcdefghijklmnopqrstuvwxyz234567".charAt(parseInt(digit, 32)),
  );
}
