/**
 * Tokenizer of a text without blocks: plain text, emphasis, code and links. Takes time linear in
 * the length of the text: it reads each character a bounded number of times. Pure.
 *
 * @module
 */

/** @import { Link } from "./links.js" */
/** @import { Token } from "./tokens.js" */
import { mailAround, roomAt, urlAt } from "./links.js";
import { characterAt, characterBefore, isBlank, isBoundary, isUnspaced } from "./text.js";

/** The characters with which a token other than plain text can begin, and blank lines. */
const START = /[`@#]|https?:\/\/|www\.|\*+|_+|~+|\n[^\S\n]*\n/gi;
const CODE = /`([^`\n]+)`/y;
/** Something of a text that is worth emphasis: `*.*` and `*-*` are typed so. */
const WORD = /[\p{L}\p{N}\p{RI}\p{Extended_Pictographic}]/gu;

/**
 * The elements for emphasis. Other runs of these characters are text, such as those of `__init__`.
 *
 * @type {Readonly<Record<string, "em" | "strong" | "s">>}
 */
const STYLES = { "*": "em", "_": "em", "**": "strong", "~~": "s" };
/** The marks of a run. @type {Readonly<Record<string, readonly string[]>>} */
const RUNS = { "*": ["*"], "_": ["_"], "**": ["**"], "***": ["**", "*"], "~~": ["~~"] };
/**
 * A character after which emphasis can begin: white space, brackets, quotes, dashes, the punctuation
 * of texts without spaces, emoji, and marks. Others are parts of `^_^`, `>_<` and `¯\_(ツ)_/¯`.
 */
const OPENS_AFTER =
  /[\s\p{Ps}\p{Pi}\p{Pf}"'¡¿–—…\u3000-\u303f\uff01-\uff0f\uff1a-\uff1f*_~\ufe0f\p{Emoji_Modifier}\p{Extended_Pictographic}]/u;
/** A character that emphasis neither begins with nor ends with. */
const BEGINS_NONE = /[\s\p{Pe}]/u;
const ENDS_NONE = /[\s\p{Ps}/]/u;

/**
 * An open mark, with what follows it. There is one of each mark at most, so that nesting is bounded.
 *
 * @typedef {object} Frame
 * @property {string} mark "" of the text itself
 * @property {number} start the index after the mark
 * @property {number} word the index of the first word after it
 * @property {Token[]} tokens
 */

/**
 * @param {string} text
 * @returns {Token[]}
 */
export function tokenizeInline(text) {
  /** Outermost first. @type {[Frame, ...Frame[]]} */
  const frames = [{ mark: "", start: 0, word: 0, tokens: [] }];
  let end = 0;
  let word = -1;

  /** @param {number} until */
  function flush(until) {
    if (until > end) append(top(), { type: "text", text: text.slice(end, until) });
    end = until;
  }

  function top() {
    return frames.at(-1) ?? frames[0];
  }

  /**
   * @param {{ start: number, end: number }} place
   * @param {Token} token
   */
  function add(place, token) {
    flush(place.start);
    append(top(), token);
    end = place.end;
    START.lastIndex = end;
  }

  /** @param {number} index */
  function wordAfter(index) {
    if (word < index) {
      WORD.lastIndex = index;
      word = WORD.exec(text)?.index ?? Infinity;
    }
    return word;
  }

  /**
   * Shows an open mark as it was typed.
   *
   * @param {number} place in `frames`, not 0
   */
  function giveUp(place) {
    const [frame] = frames.splice(place, 1);
    const outer = frames[place - 1];
    if (frame === undefined || outer === undefined) return;
    append(outer, { type: "text", text: frame.mark });
    for (const token of frame.tokens) append(outer, token);
  }

  /** @param {number} place in `frames` */
  function giveUpAbove(place) {
    while (frames.length > place + 1) giveUp(frames.length - 1);
  }

  /** @param {string} mark */
  function close(mark) {
    giveUpAbove(placeOf(mark));
    const { tokens } = frames.pop() ?? frames[0];
    append(top(), { type: STYLES[mark] ?? "em", mark, tokens });
  }

  /** @param {string} mark */
  function placeOf(mark) {
    return frames.findIndex((frame) => frame.mark === mark);
  }

  /**
   * @param {string} run
   * @param {number} index
   */
  function takeMarks(run, index) {
    const marks = RUNS[run];
    if (marks === undefined) return;
    const after = index + run.length;
    const [previous, next] = [characterBefore(text, index), characterAt(text, after)];
    const places = marks.map(placeOf);
    const isClosing = canClose(previous, next) && top().start < index &&
      places.every((place) => (frames[place]?.word ?? Infinity) < index);
    if (!isClosing && !canOpen(previous, next)) return;
    flush(index);
    end = after;
    if (isClosing) {
      // The innermost first.
      const inner = (places[1] ?? 0) > (places[0] ?? 0);
      for (const mark of inner ? [...marks].reverse() : marks) close(mark);
      return;
    }
    for (const mark of marks) {
      const place = placeOf(mark);
      if (place !== -1) giveUp(place);
      frames.push({ mark, start: after, word: wordAfter(after), tokens: [] });
    }
  }

  /**
   * The URL at an index. The marks that it ends with may be those of the emphasis that it is in.
   *
   * @param {number} index
   */
  function findUrl(index) {
    const url = urlAt(text, index);
    let until = url.end;
    for (const { mark } of frames) {
      if (mark !== "" && text.endsWith(mark, until)) until -= mark.length;
    }
    return until === url.end ? url : urlAt(text.slice(0, until), index);
  }

  START.lastIndex = 0;
  for (let found = START.exec(text); found !== null; found = START.exec(text)) {
    const { 0: sign, index } = found;
    switch (sign.charAt(0)) {
      case "*":
      case "_":
      case "~":
        takeMarks(sign, index);
        break;
      case "\n":
        flush(index);
        giveUpAbove(0);
        break;
      case "`": {
        CODE.lastIndex = index;
        const [match, code] = CODE.exec(text) ?? [];
        if (match === undefined || code === undefined || isBlank(code)) break;
        add({ start: index, end: index + match.length }, { type: "code", text: code });
        break;
      }
      case "@": {
        const mail = mailAround(text, index, end);
        if (mail !== undefined) add(mail, linkToken(text, mail));
        break;
      }
      case "#": {
        const room = roomAt(text, index);
        if (room === undefined) break;
        add(room, { type: "room", text: text.slice(index, room.end), room: room.href });
        break;
      }
      default: {
        if (isInWord(sign, text.charAt(index - 1)) && index > top().start) break;
        const url = findUrl(index);
        if (url.href !== "") add(url, linkToken(text, url));
        else START.lastIndex = Math.max(START.lastIndex, url.end);
      }
    }
  }
  flush(text.length);
  giveUpAbove(0);
  return frames[0].tokens;
}

/**
 * Adjacent texts are one token, in which a mention can be found.
 *
 * @param {Frame} frame
 * @param {Token} token
 */
function append({ tokens }, token) {
  const last = tokens.at(-1);
  if (last?.type === "text" && token.type === "text") last.text += token.text;
  else tokens.push(token);
}

/**
 * @param {string} before
 * @param {string} after
 */
function canOpen(before, after) {
  if (after === "" || BEGINS_NONE.test(after)) return false;
  return before === "" || OPENS_AFTER.test(before) || isUnspaced(before, after);
}

/**
 * @param {string} before
 * @param {string} after
 */
function canClose(before, after) {
  if (before === "" || ENDS_NONE.test(before)) return false;
  return /[*_~]/.test(after) || isBoundary(before, after);
}

/**
 * Returns true if a URL would begin at the end of a word, of another scheme, or of a host.
 *
 * @param {string} sign its beginning
 * @param {string} before
 */
function isInWord(sign, before) {
  return /[\w@]/.test(before) || (/^www/i.test(sign) && /[./-]/.test(before));
}

/**
 * @param {string} text
 * @param {Link} link
 * @returns {Token}
 */
function linkToken(text, { start, end, href }) {
  return { type: "link", text: text.slice(start, end), href };
}
