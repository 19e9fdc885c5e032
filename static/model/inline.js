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
  const marks = new OpenMarks(text);
  START.lastIndex = 0;
  for (let found = START.exec(text); found !== null; found = START.exec(text)) {
    const { 0: sign, index } = found;
    switch (sign.charAt(0)) {
      case "*":
      case "_":
      case "~":
        marks.takeRun(sign, index);
        continue;
      case "\n":
        marks.giveUpAll(index);
        continue;
    }
    const place = placeAt(marks, sign, index);
    if (place === undefined) continue;
    if (place.token !== undefined) marks.add(place, place.token);
    START.lastIndex = Math.max(START.lastIndex, place.end);
  }
  return marks.giveUpAll(text.length);
}

/**
 * The code or link at an index, or a place in which there is none.
 *
 * @param {OpenMarks} marks
 * @param {string} sign its beginning
 * @param {number} index
 * @returns {{ start: number, end: number, token?: Token } | undefined}
 */
function placeAt(marks, sign, index) {
  const { text } = marks;
  switch (sign.charAt(0)) {
    case "`": {
      CODE.lastIndex = index;
      const [match, code] = CODE.exec(text) ?? [];
      if (match === undefined || code === undefined || isBlank(code)) return undefined;
      return { start: index, end: index + match.length, token: { type: "code", text: code } };
    }
    case "@": {
      const mail = mailAround(text, index, marks.end);
      return mail && { ...mail, token: linkToken(text, mail) };
    }
    case "#": {
      const room = roomAt(text, index);
      if (room === undefined) return undefined;
      const token = { type: "room", text: text.slice(index, room.end), room: room.href };
      return { ...room, token: /** @type {Token} */ (token) };
    }
    default: {
      if (isInWord(sign, text.charAt(index - 1)) && index > marks.start) return undefined;
      const url = marks.urlAt(index);
      return url.href === "" ? url : { ...url, token: linkToken(text, url) };
    }
  }
}

/** The tokens of a text so far, in the marks of emphasis that are open. */
class OpenMarks {
  /** The index up to which the text is in tokens. */
  end = 0;
  /** Outermost first. @type {[Frame, ...Frame[]]} */
  #frames = [{ mark: "", start: 0, word: 0, tokens: [] }];
  #word = -1;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  /** The index after the innermost mark. */
  get start() {
    return this.#top.start;
  }

  get #top() {
    return this.#frames.at(-1) ?? this.#frames[0];
  }

  /**
   * @param {{ start: number, end: number }} place
   * @param {Token} token
   */
  add(place, token) {
    this.#flush(place.start);
    append(this.#top, token);
    this.end = place.end;
  }

  /**
   * Shows all open marks before an index as they were typed.
   *
   * @param {number} index
   */
  giveUpAll(index) {
    this.#flush(index);
    this.#giveUpAbove(0);
    return this.#frames[0].tokens;
  }

  /**
   * Takes a run of marks that opens or closes emphasis.
   *
   * @param {string} run
   * @param {number} index
   */
  takeRun(run, index) {
    const marks = RUNS[run];
    if (marks === undefined) return;
    const after = index + run.length;
    const [previous, next] = [characterBefore(this.text, index), characterAt(this.text, after)];
    const places = marks.map((mark) => this.#placeOf(mark));
    const isClosing = canClose(previous, next) && this.start < index &&
      places.every((place) => (this.#frames[place]?.word ?? Infinity) < index);
    if (!isClosing && !canOpen(previous, next)) return;
    this.#flush(index);
    this.end = after;
    if (isClosing) {
      // The innermost first.
      const inner = (places[1] ?? 0) > (places[0] ?? 0);
      for (const mark of inner ? [...marks].reverse() : marks) this.#close(mark);
      return;
    }
    for (const mark of marks) {
      const place = this.#placeOf(mark);
      if (place !== -1) this.#giveUp(place);
      this.#frames.push({ mark, start: after, word: this.#wordAfter(after), tokens: [] });
    }
  }

  /**
   * The URL at an index. The marks that it ends with may be those of the emphasis that it is in.
   *
   * @param {number} index
   */
  urlAt(index) {
    const url = urlAt(this.text, index);
    let until = url.end;
    for (const { mark } of this.#frames) {
      if (mark !== "" && this.text.endsWith(mark, until)) until -= mark.length;
    }
    return until === url.end ? url : urlAt(this.text.slice(0, until), index);
  }

  /** @param {number} until */
  #flush(until) {
    if (until > this.end) {
      append(this.#top, { type: "text", text: this.text.slice(this.end, until) });
    }
    this.end = until;
  }

  /** @param {number} index */
  #wordAfter(index) {
    if (this.#word < index) {
      WORD.lastIndex = index;
      this.#word = WORD.exec(this.text)?.index ?? Infinity;
    }
    return this.#word;
  }

  /** @param {string} mark */
  #placeOf(mark) {
    return this.#frames.findIndex((frame) => frame.mark === mark);
  }

  /**
   * Shows an open mark as it was typed.
   *
   * @param {number} place in `#frames`, not 0
   */
  #giveUp(place) {
    const [frame] = this.#frames.splice(place, 1);
    const outer = this.#frames[place - 1];
    if (frame === undefined || outer === undefined) return;
    append(outer, { type: "text", text: frame.mark });
    for (const token of frame.tokens) append(outer, token);
  }

  /** @param {number} place in `#frames` */
  #giveUpAbove(place) {
    while (this.#frames.length > place + 1) this.#giveUp(this.#frames.length - 1);
  }

  /** @param {string} mark */
  #close(mark) {
    this.#giveUpAbove(this.#placeOf(mark));
    const { tokens } = this.#frames.pop() ?? this.#frames[0];
    append(this.#top, { type: STYLES[mark] ?? "em", mark, tokens });
  }
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
