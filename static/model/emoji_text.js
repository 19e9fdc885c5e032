/**
 * Names of emoji in a text, such as ":joy:". Pure.
 *
 * @module
 */

import { characterAt, characterBefore, isBoundary } from "./text.js";

/** Code and links, in which a name stays; and names in a row. Each part ends where it must. */
const PART = /```[^]*?```|`[^`\n]+`|(?:https?:\/\/|www\.)\S+|(?::[a-z\d_+-]{1,40}:)+/g;
const NAME = /:([^:]+):/g;

/**
 * A text with emoji in the place of their names. Names stay in code, in links, within words and
 * times (10:30:45), and where there is no such emoji. Takes time linear in the length of the text.
 *
 * @param {string} text
 * @param {(name: string) => string | undefined} emojiOf
 * @returns {string}
 */
export function writeEmoji(text, emojiOf) {
  return text.replace(PART, (part, index) => {
    if (!part.startsWith(":")) return part;
    const before = characterBefore(text, index);
    const after = characterAt(text, index + part.length);
    // More colons belong to code: Vec::new::<u8>.
    if (before === ":" || after === ":" || !isBoundary(before, "a") || !isBoundary("a", after)) {
      return part;
    }
    return part.replace(NAME, (whole, name) => emojiOf(name) ?? whole);
  });
}
