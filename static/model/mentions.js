/**
 * Mentions of a user: "@Ada" in a text. Pure.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Token } from "./tokens.js" */
import { characterAt, characterBefore, isBoundary } from "./text.js";
import { tokenize } from "./tokens.js";

/** "@" and the characters that NFKC maps to it. */
const AT = /[@＠﹫]/u;
const ASCII = /^[\x20-\x7e\n\t]*$/;
/**
 * A character with those that compose with it: marks, and the later parts of a Hangul syllable.
 * Joiners stand between the marks of letters; those between emoji are characters of their own.
 */
const COMPOSED = /\p{L}[\p{M}\u1160-\u11ff\u200c\u200d]*|.[\p{M}\u1160-\u11ff]*/gsu;
const LETTER = /^\p{L}/u;

/**
 * A text in the form in which names are compared.
 *
 * @typedef {object} Folded
 * @property {string} text
 * @property {number[] | undefined} places for each unit of `text` the index in the original where
 *   its character begins, -1 inside of a character, and at last the original's length; undefined:
 *   each is its own index
 */

/**
 * The name to look for, folded; and the longer folded names of members that begin with it, with
 * their lengths. These are made when they are first needed, since most texts have no mention.
 *
 * @typedef {object} Target
 * @property {string} name
 * @property {() => { names: ReadonlySet<string>, lengths: ReadonlySet<number> }} longer
 */

/**
 * Returns true if a text mentions a user outside of code, links and quotes: a quoted text speaks to
 * nobody.
 *
 * @param {string} text
 * @param {string} name the user's
 * @param {readonly User[]} members of the room: a longer name at the same place wins
 * @returns {boolean}
 */
export function isMentioned(text, name, members) {
  if (name === "" || !AT.test(text)) return false;
  return hasMention(markMentions(tokenize(text), name, members));
}

/**
 * @param {readonly Token[]} tokens
 * @returns {boolean}
 */
function hasMention(tokens) {
  return tokens.some((token) => {
    if (token.type === "list") return token.items.some(hasMention);
    return token.type === "mention" || ("tokens" in token && hasMention(token.tokens));
  });
}

/**
 * The text of a mention between two parts of a text, with a space on each side that has none.
 *
 * @param {string} name
 * @param {string} before
 * @param {string} after
 * @returns {string}
 */
export function mentionToWrite(name, before, after) {
  return `${/[^\s([{]$/.test(before) ? " " : ""}@${name}${after.startsWith(" ") ? "" : " "}`;
}

/**
 * Splits the mentions of a user from the pieces of a text.
 *
 * @param {readonly Token[]} tokens
 * @param {string} name the user's; "": none
 * @param {readonly User[]} members
 * @returns {readonly Token[]}
 */
export function markMentions(tokens, name, members) {
  if (name === "") return tokens;
  return markTarget(tokens, targetOf(name, members));
}

/**
 * @param {readonly Token[]} tokens
 * @param {Target} target
 * @returns {readonly Token[]}
 */
function markTarget(tokens, target) {
  return tokens.flatMap((token) => {
    switch (token.type) {
      case "text":
        return AT.test(token.text) ? splitAtMentions(token.text, target) : [token];
      case "em":
      case "strong":
      case "s":
        return [{ ...token, tokens: markTarget(token.tokens, target) }];
      case "list":
        return [{ ...token, items: token.items.map((item) => markTarget(item, target)) }];
      default:
        return [token];
    }
  });
}

/**
 * @param {string} name
 * @param {readonly User[]} members
 * @returns {Target}
 */
function targetOf(name, members) {
  const wanted = fold(name).text;
  /** @type {ReturnType<Target["longer"]> | undefined} */
  let longer;
  return {
    name: wanted,
    longer: () => {
      if (longer !== undefined) return longer;
      const names = members.map((member) => fold(member.name).text)
        .filter((name) => name.length > wanted.length && name.startsWith(wanted));
      longer = { names: new Set(names), lengths: new Set(names.map((name) => name.length)) };
      return longer;
    },
  };
}

/**
 * @param {string} text
 * @param {Target} target
 * @returns {Token[]}
 */
function splitAtMentions(text, target) {
  /** @type {Token[]} */
  const pieces = [];
  let end = 0;
  for (const mention of findMentions(text, target)) {
    if (mention.start > end) pieces.push({ type: "text", text: text.slice(end, mention.start) });
    pieces.push({ type: "mention", text: text.slice(mention.start, mention.end) });
    end = mention.end;
  }
  if (end < text.length) pieces.push({ type: "text", text: text.slice(end) });
  return pieces;
}

/**
 * The places at which a plain text mentions a user, in order and without overlaps.
 *
 * @param {string} text
 * @param {Target} target
 * @returns {{ start: number, end: number }[]}
 */
function findMentions(text, target) {
  const folded = fold(text);
  /** @type {{ start: number, end: number }[]} */
  const found = [];
  let last = 0;
  for (let at = folded.text.indexOf("@"); at !== -1; at = folded.text.indexOf("@", at + 1)) {
    const start = placeOf(folded, at);
    const end = endOfName(folded, at, target.name);
    if (start < last || end === -1) continue;
    if (isLongerNamed(folded, at, target)) continue;
    found.push({ start, end });
    last = end;
  }
  return found;
}

/**
 * Whether a longer name follows an "@". Looked up by length, so that many names cost no more than
 * few.
 *
 * @param {Folded} folded
 * @param {number} at
 * @param {Target} target
 */
function isLongerNamed(folded, at, { longer }) {
  const { names, lengths } = longer();
  for (const length of lengths) {
    const name = folded.text.slice(at + 1, at + 1 + length);
    if (names.has(name) && endOfName(folded, at, name) !== -1) return true;
  }
  return false;
}

/**
 * The end of the name after an "@" in the original, or -1 if the whole name does not stand there.
 *
 * @param {Folded} folded
 * @param {number} at
 * @param {string} name folded
 */
function endOfName(folded, at, name) {
  const { text } = folded;
  const after = at + 1 + name.length;
  if (!text.startsWith(name, at + 1)) return -1;
  if (!isBoundary(characterBefore(text, at), characterAt(name, 0))) return -1;
  if (!isBoundary(characterBefore(name, name.length), characterAt(text, after))) return -1;
  return placeOf(folded, after);
}

/**
 * @param {Folded} folded
 * @param {number} index
 */
function placeOf({ places }, index) {
  return places === undefined ? index : places[index] ?? -1;
}

/**
 * Folds a text: NFKC, one case, without optional characters of names: the selectors of an emoji's
 * look, and joiners after letters.
 *
 * @param {string} text
 * @returns {Folded}
 */
function fold(text) {
  if (ASCII.test(text)) return { text: text.toLowerCase(), places: undefined };
  let folded = "";
  /** @type {number[]} */
  const places = [];
  for (const { 0: character, index } of text.matchAll(COMPOSED)) {
    const ignored = LETTER.test(character) ? /[\u200c\u200d\ufe0f]/gu : /\ufe0f/gu;
    // Upper case first: that folds what has no single lower case, such as ß and final sigma.
    const part = character.replace(ignored, "").normalize("NFKC").toUpperCase().toLowerCase();
    for (let unit = 0; unit < part.length; unit++) places.push(unit === 0 ? index : -1);
    folded += part;
  }
  places.push(text.length);
  return { text: folded, places };
}
