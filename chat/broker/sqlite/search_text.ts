/**
 * Tokens of a text in the search index, and the phrases that a search asks for.
 *
 * Both are made of tokens, which the index takes apart at spaces:
 *
 * - a word: letters, digits and their marks, folded and hashed. The index keeps beginnings of some words
 *   as signposts after the last message that has them is gone; of a hash those tell nothing;
 * - each character of a script that is written without spaces, or that people search by parts of
 *   words, so that a phrase of such tokens finds them as a substring;
 * - each other visible character, such as a punctuation mark, by its code point;
 * - space between two of the latter kinds, so that no phrase reaches across it.
 *
 * @module
 */

/** Scripts whose characters are tokens of their own. */
const SPACELESS =
  "\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Bopomofo}\\p{scx=Hangul}\\p{scx=Yi}" +
  "\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}\\p{scx=Tibetan}\\p{scx=Javanese}" +
  "\\p{scx=Balinese}\\p{scx=Tai_Le}\\p{scx=New_Tai_Lue}\\p{scx=Tai_Tham}\\p{scx=Tai_Viet}";

/** A character of a spaceless script, a word, space, or any other character. */
const TOKEN = new RegExp(
  `(?<single>[[${SPACELESS}]&&[\\p{L}\\p{M}\\p{N}]])` +
    `|(?<word>[[\\p{L}\\p{M}\\p{N}]--[${SPACELESS}]]+)` +
    "|(?<space>[\\s\\p{Cc}]+)|(?<other>.)",
  "gvs",
);

/**
 * Marks that may be left out: accents, and the vowels of Hebrew and Arabic. Not the sound marks of
 * Japanese, nor the vowel signs of scripts that can't be read without them.
 */
const ACCENTS = new RegExp(
  "[[\\p{Mn}&&[\\p{sc=Inherited}\\p{sc=Latin}\\p{sc=Greek}\\p{sc=Cyrillic}\\p{sc=Hebrew}" +
    "\\p{sc=Arabic}\\p{sc=Syriac}]]--[\\u3099\\u309A]]",
  "gv",
);

/** Characters that only steer how others are shown, such as joiners and soft hyphens. */
const FORMATS = /\p{Cf}/gu;

/** Begins the token of a character that is no letter; no word contains it, as it is none itself. */
const MARK = "\uE000";
const SPACE = `${MARK}20`;

interface Token {
  readonly kind: "word" | "single" | "space" | "other";
  readonly text: string;
  /** Of what it stands for: the longer, the rarer. */
  readonly length: number;
}

/** How much longer than twice its length a text may become by being folded. */
const MAX_EXPANSION = 2_000;

/** A text as it is compared: without case and accents, in the form that most resembles it. */
export function fold(text: string): string {
  const expanded = text.normalize("NFKD");
  // A ligature may have 18 letters: a message of such ones took 60 ms.
  const isLong = expanded.length > 2 * text.length + MAX_EXPANSION;
  return (isLong ? text.normalize("NFD") : expanded).replace(ACCENTS, "").replace(FORMATS, "")
    // Up, then down: so ß is ss, and the two small sigmas are one.
    .toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}

/** The tokens of a text, as the index takes them; empty if there are none. */
export function indexedText(text: string): string {
  const tokens = tokensOf(text);
  const isAlone = (token: Token | undefined) => token?.kind === "single" || token?.kind === "other";
  return tokens
    .filter(({ kind }, i) => kind !== "space" || (isAlone(tokens[i - 1]) && isAlone(tokens[i + 1])))
    .map(({ text }) => text).join(" ");
}

/**
 * The phrases that a message must have to be found by a text: its words, and the runs of characters
 * that are tokens of their own, the longest first. Of a text of punctuation alone, all of it as it
 * stands.
 */
export function phrasesOf(text: string): string[] {
  const tokens = tokensOf(text.trim());
  const lengths = new Map<string, number>();
  let run: string[] = [];
  const endRun = () => {
    const phrase = run.join(" ");
    if (run.length > 0) lengths.set(phrase, phrase.length);
    run = [];
  };
  for (const { kind, text, length } of tokens) {
    if (kind === "single") {
      run.push(text);
      continue;
    }
    endRun();
    if (kind === "word") lengths.set(text, length);
  }
  endRun();
  if (lengths.size > 0) {
    return [...lengths].sort(([, a], [, b]) => b - a).map(([phrase]) => phrase);
  }
  const literal = tokens.map(({ text }) => text).join(" ");
  return tokens.some(({ kind }) => kind === "other") ? [literal] : [];
}

/** Whether a text has some phrases, as {@linkcode phrasesOf} gives them. */
export function hasPhrases(text: string, phrases: readonly string[]): boolean {
  if (phrases.length === 0) return true;
  const tokens = ` ${indexedText(text)} `;
  return phrases.every((phrase) => tokens.includes(` ${phrase} `));
}

function tokensOf(text: string): Token[] {
  return fold(text).matchAll(TOKEN).map(({ groups = {} }): Token => {
    const { word, single, other } = groups;
    if (word !== undefined) return { kind: "word", text: hashOf(word), length: word.length };
    if (single !== undefined) return { kind: "single", text: single, length: 1 };
    if (other === undefined) return { kind: "space", text: SPACE, length: 1 };
    return { kind: "other", text: MARK + other.codePointAt(0)?.toString(16), length: 1 };
  }).toArray();
}

/** 53 bits of a hash (cyrb53), in base 36. */
export function hashOf(word: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < word.length; i++) {
    const unit = word.charCodeAt(i);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^
    Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^
    Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return ((low & 0x1fffff) * 2 ** 32 + (high >>> 0)).toString(36);
}
