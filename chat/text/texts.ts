/**
 * Checks of message texts.
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
 * Checks the text of a message, and normalises it: well-formed, without control characters other
 * than newline and tab. It must have a visible character. Takes time linear in the text's length.
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
