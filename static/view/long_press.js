/// <reference lib="dom" />

/**
 * Long press on a touch screen.
 *
 * @module
 */

/** The time after which a touch is a long press, in milliseconds. */
const PRESS_MS = 500;
/** The distance that a finger may move meanwhile, in pixels. */
const MAX_MOVE = 10;

/**
 * Calls `pressed` for a long press on anything but links and buttons. Scrolling is none.
 *
 * @param {HTMLElement} area
 * @param {(target: EventTarget | null) => void} pressed
 * @returns {void}
 */
export function listenToLongPress(area, pressed) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let [startX, startY] = [0, 0];
  /** True if the finger of a long press is still down. */
  let isPressed = false;

  area.addEventListener("pointerdown", ({ target, pointerType, isPrimary, clientX, clientY }) => {
    cancel();
    if (pointerType !== "touch" || !isPrimary || isControl(target)) return;
    [startX, startY] = [clientX, clientY];
    timer = setTimeout(() => {
      isPressed = true;
      pressed(target);
    }, PRESS_MS);
  });
  area.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (Math.hypot(clientX - startX, clientY - startY) > MAX_MOVE) cancel();
  });
  for (const type of ["pointerup", "pointercancel"]) addEventListener(type, cancel);
  addEventListener("scroll", cancel, { capture: true, passive: true });
  // The browser's own menu comes at a long press too.
  area.addEventListener("contextmenu", (event) => {
    if (timer !== undefined) event.preventDefault();
  });
  // The finger that goes up must not press what has opened below it.
  addEventListener("pointerdown", () => isPressed = false, { capture: true });
  addEventListener("click", (event) => {
    if (!isPressed) return;
    isPressed = false;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });

  function cancel() {
    clearTimeout(timer);
    timer = undefined;
  }
}

/** @param {EventTarget | null} target */
function isControl(target) {
  return target instanceof Element && target.closest("a, button, [role=button]") !== null;
}
