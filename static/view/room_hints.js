/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Hints at both ends of the list of rooms that unread rooms are out of sight.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Room, State } from "../model/state.js" */
import { byId, setText } from "./dom.js";

/** The place of an item of the list. @typedef {"above" | "inside" | "below"} Place */

const ARROWS = { above: "↑", below: "↓" };

/**
 * @param {Dispatch} _dispatch
 * @returns {(state: State) => void}
 */
export function createRoomHintsView(_dispatch) {
  const list = byId("room-list", HTMLElement);
  /** @type {WeakMap<Element, Place>} */
  const places = new WeakMap();
  // Reports scrolling, resizing and an opened drawer, without a layout for each message.
  const observer = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting, boundingClientRect, rootBounds } of changes) {
      const isAbove = boundingClientRect.top < (rootBounds?.top ?? 0);
      places.set(target, isIntersecting ? "inside" : isAbove ? "above" : "below");
    }
    draw();
  }, { root: list, threshold: 0.5 });
  /** @type {WeakSet<Element>} */
  const observed = new WeakSet();

  const hints = (/** @type {const} */ (["above", "below"])).map((place) => {
    const button = byId(`rooms-${place}`, HTMLButtonElement);
    button.addEventListener("click", () => {
      const found = unreadItems(place);
      const nearest = place === "above" ? found.at(-1) : found[0];
      const link = nearest?.querySelector("a");
      // This scrolls there, too.
      link?.focus();
    });
    return { place, button };
  });

  /** @param {Place} place */
  function unreadItems(place) {
    return [...list.querySelectorAll(".has-unread:not(.muted)")]
      .filter((item) => places.get(item) === place);
  }

  function draw() {
    for (const { place, button } of hints) {
      const items = unreadItems(place);
      const { length } = items;
      button.hidden = length === 0;
      if (length === 0) continue;
      const isMentioned = items.some((item) => item.classList.contains("has-mentions"));
      setText(button, `${isMentioned ? "@ " : ""}${length} unread ${ARROWS[place]}`);
      button.classList.toggle("primary", isMentioned);
      const rooms = length === 1 ? "room" : "rooms";
      const mention = isMentioned ? ", you are mentioned" : "";
      button.setAttribute("aria-label", `${length} unread ${rooms} ${place}${mention}`);
    }
  }

  /** @type {readonly Room[] | null} */
  let drawn = null;
  return (state) => {
    if (state.rooms === drawn) return;
    drawn = state.rooms;
    for (const item of list.children) {
      if (observed.has(item)) continue;
      observed.add(item);
      observer.observe(item);
    }
    draw();
  };
}
