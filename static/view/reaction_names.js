/// <reference lib="dom" />

/**
 * Tooltip of a reaction with the names of those who reacted, on hover and focus. Screen readers have
 * them in the label of the button.
 *
 * @module
 */

import { element } from "./dom.js";

/** The distance from the reaction, in pixels. */
const SPACE = 6;

/**
 * @returns {() => void} is called after each change of the page
 */
export function createReactionNames() {
  const tip = element("div", { className: "tip", hidden: true, "aria-hidden": "true" });
  document.body.append(tip);
  /** @type {Element | null} */
  let shown = null;

  for (const type of ["pointerover", "focusin"]) {
    document.addEventListener(type, ({ target }) => {
      const reaction = target instanceof Element ? target.closest(".reaction") : null;
      if (reaction !== null) show(reaction);
      else if (type === "pointerover" || shown !== document.activeElement) hide();
    });
  }
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") hide();
  }, { capture: true });

  /** @param {Element} reaction */
  function show(reaction) {
    shown = reaction;
    tip.textContent = reaction.getAttribute("aria-label");
    tip.hidden = false;
    const box = reaction.getBoundingClientRect();
    const most = document.documentElement.clientWidth - tip.offsetWidth - SPACE;
    tip.style.left = `${Math.max(SPACE, Math.min(box.left, most))}px`;
    tip.style.top = `${Math.max(SPACE, box.top - tip.offsetHeight - SPACE)}px`;
  }

  function hide() {
    shown = null;
    tip.hidden = true;
  }

  return () => {
    if (shown !== null && !shown.isConnected) hide();
  };
}
