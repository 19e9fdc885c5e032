/**
 * Made-up texts whose words are as frequent as those of a language: by Zipf's law.
 *
 * @module
 */

import type { SeededRandom } from "../../tests/support/seeded_random.ts";

/** The words of the vocabulary, and the characters of the one without spaces. */
export const WORDS = 50_000;
export const CHARACTERS = 3_000;

/** The share of texts that are written without spaces. */
const SPACELESS = 0.1;

const CONSONANTS = [..."bdfghklmnprstvwz"];
const VOWELS = [..."aeiou"];
const SYLLABLES = CONSONANTS.flatMap((consonant) => VOWELS.map((vowel) => consonant + vowel));

/** The word of a rank, 0 for the most frequent: the more frequent, the shorter. */
export function word(rank: number): string {
  let text = "";
  for (let rest = rank + SYLLABLES.length; rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
    text += SYLLABLES[rest % SYLLABLES.length];
  }
  return text;
}

/** The Chinese character of a rank. 7,919 is a prime: they come from all over the block. */
export function character(rank: number): string {
  return String.fromCharCode(0x4e00 + rank * 7_919 % 20_000);
}

/** A rank by Zipf's law, below `end`. */
export function zipf(random: SeededRandom, end: number): number {
  return Math.floor(Math.exp(random.next() * Math.log(end + 1))) - 1;
}

/** The text of a message: of 12 words or 15 characters, on average. */
export function textOf(random: SeededRandom): string {
  const end = random.pick([".", "?", "!", "", ""]);
  if (random.chance(SPACELESS)) {
    const half = () =>
      random.list(1 + random.below(14), () => character(zipf(random, CHARACTERS))).join("");
    return `${half()}，${half()}。`;
  }
  const words = random.list(1 + random.below(23), () => word(zipf(random, WORDS)));
  if (random.chance(0.02)) words.push(`https://${word(random.below(WORDS))}.example/a-b`);
  return words.join(random.chance(0.2) ? ", " : " ") + end;
}
