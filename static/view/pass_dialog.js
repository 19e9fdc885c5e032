/// <reference lib="dom" />

/**
 * Dialog that asks for the password of the server, or for a token.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { PassDialog, State } from "../model/state.js" */
import { timeLeft } from "../model/countdown.js";
import { element, openDialog, setText } from "./dom.js";

const TEXTS = {
  password: {
    title: "This chat has a password",
    hint: "Those who run it, or invited you, know it.",
    label: "Password",
  },
  token: {
    title: "This chat needs a pass",
    hint: "Come with a link from the page that leads here, or enter the token that you were given.",
    label: "Token",
  },
};

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createPassView(dispatch) {
  const title = element("h2", { id: "pass-title" });
  const hint = element("p", { id: "pass-hint", className: "hint" });
  const label = element("label", { htmlFor: "pass" });
  const field = element("input", {
    id: "pass",
    type: "password",
    spellcheck: false,
    "aria-describedby": "pass-error",
  });
  const error = element("span");
  // It changes every second, so that screen readers must not speak it.
  const countdown = element("span", { "aria-live": "off" });
  const problem = element("p", { id: "pass-error", className: "error" }, error, " ", countdown);
  problem.setAttribute("role", "alert");
  const cancel = element("button", { type: "button", className: "quiet", textContent: "Cancel" });
  const enter = element("button", { className: "primary", textContent: "Enter" });
  const form = element(
    "form",
    { noValidate: true },
    title,
    hint,
    label,
    field,
    problem,
    element("div", { className: "actions" }, cancel, enter),
  );
  const dialog = element("dialog", {
    id: "pass-dialog",
    "aria-labelledby": title.id,
    "aria-describedby": hint.id,
  }, form);
  document.body.append(dialog);
  /** @type {PassDialog | null} */
  let drawn = null;
  let isWaiting = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (drawn === null || isWaiting) return;
    const { needs } = drawn;
    dispatch({
      type: "pass_given",
      needs,
      text: needs === "token" ? field.value.trim() : field.value,
    });
  });
  cancel.addEventListener("click", () => dispatch({ type: "pass_dismissed" }));
  dialog.addEventListener("close", () => {
    if (drawn !== null) dispatch({ type: "pass_dismissed" });
  });

  return ({ passDialog, now }) => {
    isWaiting = passDialog !== null && passDialog.until > now;
    setText(countdown, isWaiting ? `Next try in ${timeLeft(passDialog?.until ?? 0, now)}.` : "");
    enter.setAttribute("aria-disabled", String(isWaiting));
    if (passDialog === drawn) return;
    const isOther = passDialog?.needs !== drawn?.needs;
    drawn = passDialog;
    if (passDialog === null) return dialog.close();
    const texts = TEXTS[passDialog.needs];
    setText(title, texts.title);
    setText(hint, texts.hint);
    setText(label, texts.label);
    setText(error, passDialog.error);
    field.autocomplete = passDialog.needs === "password" ? "current-password" : "off";
    field.setAttribute("aria-invalid", String(passDialog.error !== ""));
    if (isOther) field.value = "";
    openDialog(dialog);
    if (passDialog.error !== "") field.select();
  };
}
