/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Folding of long messages: of a text with much more than 20 lines only the first ones are shown,
 * until the user unfolds it.
 *
 * @module
 */

import { setText } from "./dom.js";

/** The most that is shown of a folded text, in em of 1.5 to a line: 20 lines. */
const SHOWN_EM = 30;
/** A text is folded from this height on: 3 lines more, so that unfolding shows more than a line. */
const MAX_EM = 34.5;

/**
 * @param {HTMLElement} list in which the messages are, with their ids in `data-id`, or in `data-ref`
 *   before they have any; those that may be long have the class "long"
 */
export function createFolds(list) {
  /** The ids of unfolded messages, which may be drawn again. @type {Set<string>} */
  const unfolded = new Set();
  /**
   * The height of each when it is folded, in em; Infinity: not folded. @type {WeakMap<Element,
   * number>}
   */
  const cuts = new WeakMap();

  /**
   * Folds the long ones of the messages that are new in the list, or of all.
   *
   * @param {"new" | "all"} which
   */
  function fold(which) {
    const articles = [...list.querySelectorAll(".long")]
      .filter((article) => which === "all" || !cuts.has(article));
    if (articles.length === 0) return;
    const emPx = parseFloat(getComputedStyle(list).fontSize);
    // All are measured before any is changed, so that there is one layout.
    for (const article of articles) cuts.set(article, measureCut(textOf(article), emPx));
    for (const article of articles) show(article, !unfolded.has(idOf(article)));
  }

  /**
   * @param {Element} article
   * @param {boolean} isFolded if it is too long
   */
  function show(article, isFolded) {
    const cut = cuts.get(article) ?? Infinity;
    const isCut = isFolded && cut < Infinity;
    article.classList.toggle("folded", isCut);
    textOf(article)?.style.setProperty("max-height", isCut ? `${cut}em` : "none");
    const button = article.querySelector(".more");
    if (!(button instanceof HTMLButtonElement)) return;
    button.hidden = cut === Infinity;
    button.setAttribute("aria-expanded", String(!isCut));
    setText(button, isCut ? "Show more" : "Show less");
  }

  /** @param {Element} article */
  function unfold(article) {
    unfolded.add(idOf(article));
    show(article, false);
  }

  /** @param {Element} article */
  function toggle(article) {
    if (article.classList.contains("folded")) return unfold(article);
    unfolded.delete(idOf(article));
    show(article, true);
    // Only its end may have been in sight.
    article.scrollIntoView({ block: "nearest" });
  }

  // Only focus and the search of the browser scroll a folded text.
  list.addEventListener("scroll", ({ target }) => {
    const article = target instanceof Element ? target.closest(".folded") : null;
    if (article !== null && target === textOf(article)) unfold(article);
  }, { capture: true, passive: true });

  return { fold, toggle };
}

/**
 * The height of a text when it is folded: whole lines, of code too.
 *
 * @param {HTMLElement | null} text
 * @param {number} emPx the size of 1 em
 * @returns {number} in em; Infinity if the text is short enough
 */
function measureCut(text, emPx) {
  if (text === null || text.scrollHeight <= MAX_EM * emPx) return Infinity;
  const { top } = text.getBoundingClientRect();
  const end = top - text.scrollTop + SHOWN_EM * emPx;
  const nodes = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  /**
   * Of the characters of a node.
   *
   * @param {Node} node
   * @param {number} from
   * @param {number} to
   */
  const boxOf = (node, from, to) => {
    range.setStart(node, from);
    range.setEnd(node, to);
    return range.getBoundingClientRect();
  };
  for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
    const { length } = node.textContent ?? "";
    if (boxOf(node, 0, length).bottom <= end) continue;
    // The first character below the end: its line is the first hidden one.
    let [low, high] = [0, length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (boxOf(node, 0, middle + 1).bottom > end) high = middle;
      else low = middle + 1;
    }
    const cut = (boxOf(node, low, low + 1).top - top + text.scrollTop) / emPx;
    // Empty lines have no box, so that the character may be far below.
    return Math.min(SHOWN_EM, Math.floor(cut * 100) / 100);
  }
  return SHOWN_EM;
}

/**
 * @param {Element} article
 * @returns {HTMLElement | null}
 */
function textOf(article) {
  return article.querySelector(".text");
}

/** @param {Element} article */
function idOf(article) {
  if (!(article instanceof HTMLElement)) return "";
  return article.dataset["id"] ?? article.dataset["ref"] ?? "";
}
