/**
 * Marks of searched words in a text, and the excerpt around the first of them. What is compared is
 * what the server compares: words without case and accents, and parts of texts in scripts without
 * spaces. Pure. All functions take time linear in the length of the text.
 *
 * @module
 */

/** A part of a text. @typedef {{ text: string, isMarked: boolean }} Part */

/** A range of a text, the end excluded. @typedef {{ start: number, end: number }} Range */

/** A character with its marks. */
const CLUSTER = /\P{M}\p{M}*|\p{M}+/gsu;
/** Letters of scripts that are searched by parts of words. */
const SINGLE =
  /(?=[\p{L}\p{M}\p{N}])[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Yi}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}\p{scx=Java}\p{scx=Bali}\p{scx=Tale}\p{scx=Talu}\p{scx=Lana}\p{scx=Tavt}]/u;
const WORD = /[\p{L}\p{M}\p{N}]/u;
const ACCENTS =
  /(?![\u3099\u309a])(?=[\p{sc=Zinh}\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Hebr}\p{sc=Arab}\p{sc=Syrc}])\p{Mn}/gu;
const ASCII = /^[\0-\x7f]$/;

/** The most different words that are marked. */
const MAX_WORDS = 50;
/** The UTF-16 units of an excerpt, and how many of them stand before the first mark at most. */
const MAX_EXCERPT = 240;
const MAX_BEFORE = 60;

/**
 * A character as it is compared.
 *
 * @param {string} cluster
 * @returns {string}
 */
function fold(cluster) {
  if (ASCII.test(cluster)) return cluster.toLowerCase();
  return cluster.normalize("NFKD").replace(ACCENTS, "").replace(/\p{Cf}/gu, "")
    .toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}

/**
 * A run of characters of a kind: a word, or text of a script without spaces.
 *
 * @typedef {object} Run
 * @property {boolean} isWord
 * @property {string} text folded
 * @property {Range[]} ranges for each unit of that, the character of the text that it comes from
 */

/**
 * @param {string} text
 * @returns {Run[]}
 */
function runsOf(text) {
  /** @type {Run[]} */
  const runs = [];
  /** @type {Run | undefined} */
  let run;
  for (const { 0: cluster, index: start } of text.matchAll(CLUSTER)) {
    const folded = fold(cluster);
    // Joiners and soft hyphens part no word.
    if (folded === "") continue;
    if (!WORD.test(folded)) {
      run = undefined;
      continue;
    }
    const isWord = !SINGLE.test(folded);
    if (run?.isWord !== isWord) {
      run = { isWord, text: "", ranges: [] };
      runs.push(run);
    }
    run.text += folded;
    for (let unit = 0; unit < folded.length; unit++) {
      run.ranges.push({ start, end: start + cluster.length });
    }
  }
  return runs;
}

/**
 * The ranges of a text that a search has found, in order.
 *
 * @param {string} text
 * @param {string} searched
 * @returns {Range[]}
 */
export function findMarks(text, searched) {
  const wanted = runsOf(searched).slice(0, MAX_WORDS);
  if (wanted.length === 0) return findLiteral(text, searched.trim());
  const words = new Set(wanted.filter(({ isWord }) => isWord).map((run) => run.text));
  const phrases = wanted.filter(({ isWord }) => !isWord).map((run) => run.text);
  /** @type {Range[]} */
  const found = [];
  for (const { isWord, text: folded, ranges } of runsOf(text)) {
    const hits = isWord
      ? words.has(folded) ? [{ start: 0, end: folded.length }] : []
      : phrases.flatMap((phrase) => findLiteral(folded, phrase));
    for (const { start, end } of hits) {
      found.push({ start: ranges[start]?.start ?? 0, end: ranges[end - 1]?.end ?? 0 });
    }
  }
  return merge(found);
}

/**
 * @param {string} text
 * @param {string} wanted
 * @returns {Range[]}
 */
function findLiteral(text, wanted) {
  /** @type {Range[]} */
  const found = [];
  if (wanted === "") return found;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
    found.push({ start: at, end: at + wanted.length });
  }
  return found;
}

/** @param {Range[]} ranges */
function merge(ranges) {
  /** @type {Range[]} */
  const merged = [];
  for (const range of ranges.sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start < last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged;
}

/**
 * The part of a text around the first mark, with "…" where something is left out.
 *
 * @param {string} text
 * @param {string} searched
 * @returns {Part[]}
 */
export function excerptOf(text, searched) {
  const marks = findMarks(text, searched);
  const first = marks[0]?.start ?? 0;
  const start = first > MAX_BEFORE ? boundaryFrom(text, first - MAX_BEFORE) : 0;
  const isCut = text.length - start > MAX_EXCERPT;
  const end = isCut ? boundaryBefore(text, start + MAX_EXCERPT) : text.length;
  /** @type {Part[]} */
  const parts = [];
  let at = start;
  for (const mark of marks) {
    if (mark.start >= end) break;
    parts.push({ text: text.slice(at, mark.start), isMarked: false });
    at = Math.min(end, mark.end);
    parts.push({ text: text.slice(mark.start, at), isMarked: true });
  }
  parts.push({ text: text.slice(at, end), isMarked: false });
  if (start > 0) parts.unshift({ text: "…", isMarked: false });
  if (isCut) parts.push({ text: "…", isMarked: false });
  return parts.filter((part) => part.text !== "");
}

/**
 * The first place after white space that is close, or between two characters.
 *
 * @param {string} text
 * @param {number} from
 */
function boundaryFrom(text, from) {
  const space = /\s/u.exec(text.slice(from, from + MAX_BEFORE / 2));
  if (space !== null) return from + space.index + 1;
  return isInside(text, from) ? from + 1 : from;
}

/**
 * @param {string} text
 * @param {number} end
 */
function boundaryBefore(text, end) {
  return isInside(text, end) ? end - 1 : end;
}

/**
 * Returns true if an index is within a surrogate pair.
 *
 * @param {string} text
 * @param {number} index
 */
function isInside(text, index) {
  return /[\udc00-\udfff]/.test(text.charAt(index)) &&
    /[\ud800-\udbff]/.test(text.charAt(index - 1));
}
