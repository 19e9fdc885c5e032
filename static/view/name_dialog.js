/// <reference lib="dom" />

/**
 * Dialog that asks for a name.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { NameDialog, State } from "../model/state.js" */
import { mayTakeFocus } from "../browser/attention.js";
import { TITLE } from "../browser/page_settings.js";
import { byId, openDialog, setText } from "./dom.js";
import { createWelcomeView } from "./welcome.js";

const TITLES = {
  first: `Welcome to ${TITLE}`,
  change: "Choose another name",
  refused: "Choose another name",
};

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createNameDialogView(dispatch) {
  const dialog = byId("name-dialog", HTMLDialogElement);
  const form = byId("name-form", HTMLFormElement);
  const title = byId("name-dialog-title", HTMLElement);
  const field = byId("name", HTMLInputElement);
  const error = byId("name-error", HTMLElement);
  const submit = byId("enter", HTMLButtonElement);
  const cancel = byId("name-cancel", HTMLButtonElement);
  const message = byId("message", HTMLTextAreaElement);
  const drawWelcome = createWelcomeView();
  /** @type {NameDialog | null | undefined} */
  let drawn;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dispatch({ type: "name_chosen", name: field.value });
  });
  cancel.addEventListener("click", () => dispatch({ type: "name_dismissed" }));
  dialog.addEventListener("cancel", (event) => {
    // The state closes the dialog, and only if there is a name to go on with.
    event.preventDefault();
    dispatch({ type: "name_dismissed" });
  });

  dialog.addEventListener("close", () => {
    // Browsers ignore the preventDefault() of a second Escape.
    if (drawn !== null) openDialog(dialog);
  });

  return (state) => {
    const { nameDialog, current } = state;
    const isFirstDraw = drawn === undefined;
    // Focused, unless that would open the keyboard of a phone.
    const canType = matchMedia("(hover: hover)").matches && mayTakeFocus();
    if (isFirstDraw && nameDialog === null && canType) message.focus();
    if (nameDialog === drawn) return;
    // Opened by early_name_dialog.js: the user may be writing in it.
    const isOpenEarly = isFirstDraw && dialog.open;
    const isFirstVisit = drawn?.reason === "first";
    drawn = nameDialog;
    if (nameDialog === null) {
      dialog.close();
      if (isFirstVisit) message.focus();
      return;
    }
    setText(title, TITLES[nameDialog.reason]);
    drawWelcome(nameDialog.reason === "first");
    setText(error, nameDialog.error);
    setText(submit, nameDialog.reason === "change" ? "Save" : `Join #${current}`);
    field.setAttribute("aria-invalid", String(nameDialog.error !== ""));
    cancel.hidden = state.name === "";
    if (isOpenEarly) return;
    field.value = nameDialog.name;
    openDialog(dialog);
    if (mayTakeFocus()) field.select();
  };
}
