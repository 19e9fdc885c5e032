/// <reference lib="dom" />

/**
 * Dialog that asks before the user leaves a room with unsent text.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId, setText } from "./dom.js";
import { isNewMessage } from "../model/outbox.js";
import { findRoom } from "../model/state.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createLeavingView(dispatch) {
  const dialog = byId("leaving", HTMLDialogElement);
  const title = byId("leaving-title", HTMLElement);
  const loss = byId("leaving-loss", HTMLElement);
  let drawn = "";

  byId("leaving-confirm", HTMLButtonElement)
    .addEventListener("click", () => dispatch({ type: "leave_confirmed" }));
  byId("leaving-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
  // Escape closes it too.
  dialog.addEventListener("close", () => {
    if (drawn !== "") dispatch({ type: "leave_dismissed" });
  });

  return (state) => {
    const { leaving } = state;
    if (leaving === drawn) return;
    drawn = leaving;
    if (leaving === "") return dialog.close();
    setText(title, `Leave #${leaving}?`);
    setText(loss, describeLoss(state));
    if (!dialog.open) dialog.showModal();
  };
}

/**
 * @param {State} state
 * @returns {string}
 */
function describeLoss(state) {
  const items = state.outbox.filter((item) => item.room === state.leaving);
  const room = findRoom(state, state.leaving);
  const editing = room?.editing ?? null;
  const messages = items.filter(isNewMessage).length;
  const changes = items.length - messages;
  const losses = [
    ...(messages === 0 ? [] : [describeUnsent(messages, "message")]),
    ...(changes === 0 ? [] : [describeUnsent(changes, "change")]),
    ...(room?.draft.trim() ? ["your draft"] : []),
    ...(editing !== null && editing.text !== editing.original ? ["your edit"] : []),
  ];
  const text = losses.join(losses.length > 2 ? ", " : " and ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} will be discarded.`;
}

/**
 * @param {number} count
 * @param {"message" | "change"} thing
 */
function describeUnsent(count, thing) {
  return count === 1 ? `a ${thing} that was not sent` : `${count} ${thing}s that were not sent`;
}
