/// <reference lib="dom" />

/**
 * Drawers for the rooms and the people on a narrow page: a dialog that holds the panel while it is
 * open.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId } from "./dom.js";

/** The widths below which a panel is in a drawer, as in layout.css. */
const WIDTHS = ["(max-width: 47.5em)", "(max-width: 65em)"];

/**
 * @param {Dispatch} _dispatch
 * @returns {(state: State) => void}
 */
export function createDrawerView(_dispatch) {
  const drawer = byId("drawer", HTMLDialogElement);
  let room = "";
  let putBack = () => {};

  for (const id of ["rooms", "people"]) {
    const panel = byId(id, HTMLElement);
    byId(`${id}-toggle`, HTMLButtonElement).addEventListener("click", () => {
      const { parentElement, nextSibling } = panel;
      putBack = () => parentElement?.insertBefore(panel, nextSibling);
      drawer.dataset["side"] = id;
      drawer.setAttribute("aria-label", panel.dataset["label"] ?? "");
      drawer.append(panel);
      drawer.showModal();
      panel.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    });
  }
  drawer.addEventListener("close", () => putBack());
  drawer.addEventListener("click", ({ target }) => {
    // The backdrop counts as the dialog itself. A click on a room or on a name leads out of the
    // drawer.
    const isWay = target instanceof Element && target.closest(".room-link, .mentionable") !== null;
    if (target === drawer || isWay) drawer.close();
  });
  byId("drawer-close", HTMLButtonElement).addEventListener("click", () => drawer.close());
  for (const width of WIDTHS) matchMedia(width).addEventListener("change", () => drawer.close());

  return (state) => {
    if (state.current === room) return;
    room = state.current;
    drawer.close();
  };
}
