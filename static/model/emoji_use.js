/**
 * The emoji with which the user reacts most, as they are kept on the device. Pure.
 *
 * @module
 */

/** @typedef {readonly (readonly [emoji: string, count: number])[]} EmojiUses the newest last */

/** Those at hand before the user has reacted with others. */
const FIRST = ["👍", "❤️", "😂", "🎉", "😮", "🙏"];
/** The most emoji that are counted. */
const MAX_COUNTED = 30;
/** Longer than any emoji, in UTF-16 units. */
const MAX_EMOJI = 40;
const MAX_COUNT = 1000;

/**
 * The uses after one more.
 *
 * @param {EmojiUses} uses
 * @param {string} emoji
 * @returns {EmojiUses}
 */
export function countUse(uses, emoji) {
  const count = uses.find(([other]) => other === emoji)?.[1] ?? 0;
  const others = uses.filter(([other]) => other !== emoji);
  const next = /** @type {const} */ ([emoji, Math.min(count + 1, MAX_COUNT)]);
  return [...others, next].slice(-MAX_COUNTED);
}

/**
 * Six emoji: those that the user took most, then the usual ones.
 *
 * @param {EmojiUses} uses
 * @returns {string[]}
 */
export function frequentEmoji(uses) {
  const used = [...uses].reverse().sort((a, b) => b[1] - a[1]).map(([emoji]) => emoji);
  return [...new Set([...used, ...FIRST])].slice(0, FIRST.length);
}

/**
 * @param {unknown} stored
 * @returns {EmojiUses}
 */
export function parseUses(stored) {
  if (!Array.isArray(stored)) return [];
  return stored.slice(-MAX_COUNTED).flatMap((use) => {
    const [emoji, count] = Array.isArray(use) ? use : [];
    const isUse = typeof emoji === "string" && emoji !== "" && emoji.length <= MAX_EMOJI &&
      Number.isInteger(count) && count > 0;
    return isUse ? [/** @type {const} */ ([emoji, Math.min(count, MAX_COUNT)])] : [];
  });
}
