/// <reference lib="dom" />

/**
 * Keeping one's place in a scrolling list while it changes.
 *
 * @module
 */

/**
 * Notes what is in sight. What it returns is called after the change and scrolls so that what is
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
