/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Requests for the quotes that are close to what is in sight, and that the page does not have.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { currentRoom } from "../model/state.js";
import { byId } from "./dom.js";

/** The distance that still counts as in sight, in pixels. */
const MARGIN = 800;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createQuoteRequestsView(dispatch) {
  const log = byId("log", HTMLElement);
  let isJoined = false;
  /** @type {unknown[]} */
  let drawn = [];

  log.addEventListener("scroll", ask, { passive: true });

  function ask() {
    if (!isJoined) return;
    const wanted = [...log.querySelectorAll(".quote.wanted")];
    if (wanted.length === 0) return;
    const { top, bottom } = log.getBoundingClientRect();
    const ids = wanted.filter((quote) => {
      const box = quote.getBoundingClientRect();
      return box.bottom > top - MARGIN && box.top < bottom + MARGIN;
    }).map((quote) => quote.getAttribute("data-quote") ?? "");
    if (ids.length > 0) dispatch({ type: "quotes_wanted", ids });
  }

  return (state) => {
    const room = currentRoom(state);
    // Nothing else brings quotes in sight, or an answer. Each request draws the page again.
    const slice = [room, state.pending, state.quotesDueAt > state.now];
    if (slice.every((part, index) => part === drawn[index])) return;
    drawn = slice;
    isJoined = room.status === "joined";
    ask();
  };
}
