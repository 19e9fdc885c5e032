/**
 * Skeletons of names. Two names that share a skeleton look alike. After UTS 39
 * (https://www.unicode.org/reports/tr39/#Confusable_Detection), with the case folded.
 *
 * @module
 */

import { CONFUSABLES } from "./confusables.ts";

/**
 * Pairs that `confusables.txt` lacks, or has for another purpose than names: a character, and the
 * character that it looks like. Small capitals, letters that resemble a Latin one, and long dashes.
 */
const MORE_CONFUSABLES =
  "ᴀA ʙB ᴅD ᴇE ꜰF ɢG ʜH ᴊJ ᴋK ĸk ʟL ᴍM ʍM ɴN ᴘP ꞯQ ʀR ᴛT ȷj ɾr ꞮI ƲU ꭤa │| ¦| ˍ_ " +
  "ⱭA βb εe ζz ηn μu πn χx ωw ƅb ғf пn Ҽe Һh Ԁd ԚQ ー-";

/**
 * Latin letters and digits that look alike in the case in which they are written, instead of the
 * rows of `confusables.txt`. Applied before the case is folded, since "l" looks like "I", but "L"
 * does not; "|" then stands for I, l, 1 and |.
 */
const LATIN_LOOK_ALIKES: ReadonlyMap<string, string> = new Map([
  ...["I", "l", "1"].map((each) => [each, "|"] as const),
  ["0", "O"],
  ["5", "S"],
  ["m", "rn"],
  ["d", "c|"],
  ["w", "vv"],
  ["W", "VV"],
]);

/**
 * The prototype of each character that looks like another, in Latin letters where possible. Read at
 * the first name, not at the start: that takes 8 ms.
 */
let prototypes: ReadonlyMap<string, string> | undefined;

function readPrototypes(): ReadonlyMap<string, string> {
  const more = new Map(MORE_CONFUSABLES.split(" ").map((pair) => [pair.charAt(0), pair.slice(1)]));
  const prototypes = new Map<string, string>();
  for (const line of CONFUSABLES.split("\n")) {
    const [text = "", characters = ""] = line.split(" ");
    const target = Array.from(text, (each) => more.get(each) ?? each).join("");
    for (const character of characters) prototypes.set(character, target);
  }
  for (const [character, target] of more) prototypes.set(character, target);
  return prototypes;
}

/**
 * One to three skeletons of a name of at most 32 code points: of the name as it is written, of the
 * name in title case, and of the Latin letters that it resembles in title case. Takes at most
 * 0.05 ms (2 cores, Deno 2.9).
 *
 * Title case removes differences in case. The name as written has a skeleton too, since likeness
 * depends on case: "Ian" looks like "lan", and "lan" is "Lan", but "Ian" does not look like "Lan".
 *
 * @param name normalised by `checkName`
 */
export function skeletonsOf(name: string): readonly string[] {
  const written = name.replace(/[\uFE0F\u200C\u200D]/g, "").normalize("NFD")
    // NFKC makes the first of ´ and similar signs; the others are letters that look like
    // apostrophes.
    .replace(/ [\u0300\u0301\u0313\u0314]|[\u02B9\u02BB-\u02BE\u02C8\u02CA\u02CB\uA78C]/g, "'");
  const latin = toPrototypes(written);
  return [
    ...new Set([
      skeletonOf(latin),
      skeletonOf(toPrototypes(toTitleCase(written))),
      skeletonOf(toTitleCase(joinLookAlikes(latin))),
    ]),
  ];
}

function toPrototypes(text: string): string {
  prototypes ??= readPrototypes();
  let latin = "";
  for (const character of text) latin += prototypes.get(character) ?? character;
  return latin;
}

/** Each word with a capital letter at its start and small letters behind it. */
function toTitleCase(text: string): string {
  return text.replace(/[^\p{Z}\p{P}]+/gu, (word) => {
    const small = foldCase(word);
    const first = String.fromCodePoint(small.codePointAt(0) ?? 0);
    return first.toUpperCase() + small.slice(first.length);
  });
}

/** Small letters, with "ss" for "ß" and a plain sigma for a final one. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase();
}

/** Replaces "rn" by "m" and "cl" by "d", so that "rnax" becomes "Max" in title case. */
function joinLookAlikes(latin: string): string {
  return latin.replaceAll("rn", "m").replace(/c[lI1|]/g, "d");
}

function skeletonOf(latin: string): string {
  let skeleton = "";
  for (const character of latin) skeleton += LATIN_LOOK_ALIKES.get(character) ?? character;
  return foldCase(skeleton)
    // The dot of İ, which i has too.
    .replace(/([ij|]\p{M}*?)\u0307/gu, "$1")
    .normalize("NFC");
}
