/**
 * Who is spoken to: "@Ada" in a text. Pure.
 *
 * @module
 */

/**
 * Finds the mentions of a name in any case. A longer word that begins with the name is none.
 *
 * @param {string} name
 * @returns {RegExp} global
 */
export function mentionPattern(name) {
  // Only these: with the flag "u" it is an error to escape what needs no escape.
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_])@${escaped}(?![\\p{L}\\p{N}_])`, "giu");
}

/**
 * @param {string} text
 * @param {string} name
 * @returns {boolean}
 */
export function isMentioned(text, name) {
  // Most texts speak to nobody.
  return name !== "" && text.includes("@") && mentionPattern(name).test(text);
}
