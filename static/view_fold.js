/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Long messages are folded: of a text that takes much more than 20 lines only those are shown,
 * until its reader asks for more.
 *
 * @module
 */

import { setText } from "./dom.js";

/**
 * A text is folded from this height on, in em of 1.5 to a line: 3 lines more than log.css leaves of
 * it, so that there is something to be shown.
 */
const MAX_EM = 34.5;

/**
 * @param {HTMLElement} list in which the messages are; those that may be long have the class "long"
 *   and their id in `data-id`
 */
export function createFolds(list) {
  /** The ids of those that were unfolded, which are drawn again later. @type {Set<string>} */
  const unfolded = new Set();
  /** @type {WeakSet<Element>} */
  const measured = new WeakSet();

  /**
   * Folds what is too long of the messages that are new in the list, or of all.
   *
   * @param {"new" | "all"} which
   */
  function fold(which) {
    const articles = [...list.querySelectorAll(".long")]
      .filter((article) => which === "all" || !measured.has(article));
    if (articles.length === 0) return;
    const limit = MAX_EM * parseFloat(getComputedStyle(list).fontSize);
    // First all is measured and then all is changed, so there is one layout.
    const tall = articles.map((article) => (textOf(article)?.scrollHeight ?? 0) > limit);
    articles.forEach((article, index) => {
      measured.add(article);
      const isTall = tall[index] === true;
      show(article, { isTall, isFolded: isTall && !unfolded.has(idOf(article)) });
    });
  }

  /** @param {Element} article */
  function unfold(article) {
    unfolded.add(idOf(article));
    show(article, { isTall: true, isFolded: false });
  }

  /** @param {Element} article */
  function toggle(article) {
    if (article.classList.contains("folded")) return unfold(article);
    unfolded.delete(idOf(article));
    show(article, { isTall: true, isFolded: true });
    // Its end may have been all that was in sight.
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
 * @param {Element} article
 * @param {{ isTall: boolean, isFolded: boolean }} look
 */
function show(article, { isTall, isFolded }) {
  article.classList.toggle("folded", isFolded);
  const button = article.querySelector(".more");
  if (!(button instanceof HTMLButtonElement)) return;
  button.hidden = !isTall;
  button.setAttribute("aria-expanded", String(!isFolded));
  setText(button, isFolded ? "Show more" : "Show less");
}

/** @param {Element} article */
function textOf(article) {
  return article.querySelector(".text");
}

/** @param {Element} article */
function idOf(article) {
  return article instanceof HTMLElement ? article.dataset["id"] ?? "" : "";
}
