/// <reference lib="dom" />

/**
 * The help dialog.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { State } from "./state.js" */
import { openedBy } from "./dialog.js";

/**
 * @param {Dispatch} _dispatch
 * @returns {(state: State) => void}
 */
export function createHelpView(_dispatch) {
  openedBy("help-open", "help");
  return () => {};
}
