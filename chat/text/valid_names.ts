/**
 * Valid names that are made of texts of other applications.
 *
 * @module
 */

import { checkName, MAX_NAME_LENGTH, MAX_NAME_UNITS } from "./names.ts";
import { INVISIBLE } from "./texts.ts";

const INVALID = new RegExp(`[\\p{C}\\p{Z}${INVISIBLE}]+`, "gu");

/**
 * A valid name that is the text, or its beginning, without the characters that a name can't have if
 * need be; `undefined` if there is none.
 */
export function validNameOf(text: string): string | undefined {
  const start = text.slice(0, MAX_NAME_UNITS);
  for (const each of [text, beginning(start), beginning(start.replace(INVALID, " ").trim())]) {
    const name = checkName(each);
    if (name.ok) return name.value;
  }
  return undefined;
}

function beginning(text: string): string {
  return Array.from(text.normalize("NFKC")).slice(0, MAX_NAME_LENGTH).join("");
}
