/**
 * Texts of messages.
 *
 * @module
 */

import {
  type Checked,
  exceedsCodePoints,
  INVISIBLE,
  INVISIBLE_JOINING_SIGNS,
} from "./characters.ts";

// C0 without \t and \n, DEL, and C1.
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

const VISIBLE = new RegExp(`[^\\p{White_Space}${INVISIBLE}${INVISIBLE_JOINING_SIGNS}]`, "u");

/**
 * The text without control characters other than newline and tab, well-formed. It must have one
 * character at least that is seen. Takes time in proportion to the text's length.
 *
 * @param maxLength in code points
 */
export function checkText(text: string, maxLength: number): Checked {
  const value = text.replace(CONTROLS, "").toWellFormed();
  if (!VISIBLE.test(value)) {
    return { ok: false, message: '"text" must have a visible character' };
  }
  if (exceedsCodePoints(value, maxLength)) {
    return { ok: false, message: `"text" must be at most ${maxLength} characters` };
  }
  return { ok: true, value };
}
