/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Gap of the log, with a button if the server has what is missing.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Fill } from "../model/log.js" */
/** @import { Row } from "../model/rows.js" */
/** @import { Room } from "../model/state.js" */
import { element } from "./dom.js";
import { drawLoader } from "./loader.js";

/**
 * @param {Fill | undefined} fill
 * @param {Dispatch} dispatch
 * @returns {HTMLElement}
 */
export function createGap(fill, dispatch) {
  const text = fill === undefined
    ? "Some messages may be missing here"
    : "Messages are missing here";
  const gap = element("p", { className: "gap" }, element("span", { textContent: text }));
  if (fill === undefined) return gap;
  const { key } = fill;
  gap.dataset["gap"] = key;
  gap.append(element("button", {
    type: "button",
    onclick: () => dispatch({ type: "gap_wanted", key, isWhole: true }),
  }));
  return gap;
}

/**
 * Draws what changes of a gap while it stays.
 *
 * @param {HTMLElement} drawn
 * @param {Row} row
 * @param {Room} room
 * @returns {void}
 */
export function updateGap(drawn, row, room) {
  if (row.type !== "gap" || row.fill === undefined) return;
  const button = drawn.querySelector("button");
  if (button === null) return;
  const { loaded, isLoading, isWhole } = row.fill;
  const isBusy = isLoading || isWhole;
  const count = loaded === null ? "" : ` ${loaded.toLocaleString("en")} so far`;
  const label = isBusy ? `Loading…${count}` : "Load messages";
  drawLoader(button, label, { canLoad: room.status === "joined", isBusy });
}

/**
 * The keys of the gaps in sight that can be filled.
 *
 * @param {Element} scroller
 * @param {number} margin the distance that still counts as in sight, in pixels
 * @returns {string[]}
 */
export function gapsInSight(scroller, margin) {
  const { top, bottom } = scroller.getBoundingClientRect();
  return [...scroller.querySelectorAll("[data-gap]")].filter((gap) => {
    const box = gap.getBoundingClientRect();
    return box.bottom > top - margin && box.top < bottom + margin;
  }).map((gap) => gap.getAttribute("data-gap") ?? "");
}
