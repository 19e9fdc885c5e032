/**
 * The table of emoji, which is loaded when it is first needed.
 *
 * @module
 */

/** @typedef {typeof import("../model/emoji_names.js")} EmojiTable */

/** @type {EmojiTable | undefined} */
let table;

/**
 * The table, if it is loaded.
 *
 * @returns {EmojiTable | undefined}
 */
export function emojiTable() {
  return table;
}

/**
 * Loads the table. Tried again at the next call where that fails: perhaps there is no network.
 *
 * @returns {Promise<EmojiTable | undefined>}
 */
export async function loadEmojiTable() {
  try {
    table ??= await import("../model/emoji_names.js");
  } catch (error) {
    reportError(error);
  }
  return table;
}
