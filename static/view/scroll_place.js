/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Places in the log: kept over a change of what is drawn, and noted to be gone back to.
 *
 * @module
 */

/** @import { Place } from "../model/log_window.js" */

/**
 * Notes what is in sight. What it returns is called after a change and scrolls so that what is
 * still there of it stands where it stood.
 *
 * @param {Element} scroller
 * @param {Element} list whose children move
 * @returns {() => void}
 */
export function keepPlace(scroller, list) {
  const { top, bottom } = scroller.getBoundingClientRect();
  /** @type {{ child: Element, top: number }[]} */
  const inSight = [];
  for (const child of list.children) {
    const box = child.getBoundingClientRect();
    if (box.bottom > top && box.top < bottom) inSight.push({ child, top: box.top });
  }
  return () => {
    const kept = inSight.find(({ child }) => child.isConnected);
    if (kept !== undefined) scroller.scrollTop += kept.child.getBoundingClientRect().top - kept.top;
  };
}

/**
 * The place of the first message that is in sight.
 *
 * @param {Element} scroller
 * @param {Element} list in which messages have their ids in `data-id`
 * @returns {Place | null}
 */
export function placeIn(scroller, list) {
  const { top } = scroller.getBoundingClientRect();
  for (const child of list.children) {
    const box = child.getBoundingClientRect();
    const id = child instanceof HTMLElement ? child.dataset["id"] : undefined;
    if (id !== undefined && box.bottom > top) return { id, offset: box.top - top };
  }
  return null;
}

/**
 * Scrolls to a place, whose message must be in the list.
 *
 * @param {Element} scroller
 * @param {Element} list
 * @param {Place} place
 * @returns {void}
 */
export function goToPlace(scroller, list, { id, offset }) {
  const message = list.querySelector(`[data-id="${id}"]`);
  if (message === null) return;
  const { top } = scroller.getBoundingClientRect();
  scroller.scrollTop += message.getBoundingClientRect().top - top - offset;
}
