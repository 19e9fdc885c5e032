/// <reference lib="dom" />

/**
 * Form for the password of the room on show, below the text that says why it can't be entered.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { JoinError, State } from "../model/state.js" */
import { mayTakeFocus } from "../browser/attention.js";
import { isUnkept } from "../model/outage.js";
import { currentRoom } from "../model/state.js";
import { byId, element, setText } from "./dom.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createLockedRoomView(dispatch) {
  const trouble = byId("trouble", HTMLElement);
  const detail = byId("trouble-detail", HTMLElement);
  const retry = byId("retry", HTMLButtonElement);
  const message = byId("message", HTMLTextAreaElement);
  const label = element("label", { className: "unseen", htmlFor: "room-pass" });
  const field = element("input", {
    id: "room-pass",
    type: "password",
    autocomplete: "current-password",
    spellcheck: false,
    placeholder: "Password",
    "aria-describedby": detail.id,
  });
  const enter = element("button", { className: "primary", textContent: "Enter" });
  const form = element("form", { id: "room-pass-form", hidden: true, noValidate: true });
  form.append(label, field, enter);
  trouble.append(form);
  let asked = "";
  let isWaiting = false;
  /** @type {JoinError | null} */
  let drawn = null;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isWaiting || field.value === "") return field.focus();
    dispatch({ type: "password_given", room: asked, text: field.value });
  });

  return (state) => {
    const { name, status, joinError } = currentRoom(state);
    const isAsked = state.connection.status === "online" && joinError?.needs === "password";
    const until = joinError?.until ?? 0;
    isWaiting = status === "joining" || until > state.now;
    form.hidden = !isAsked;
    // A message that can't be kept is sent again by itself, and soon.
    retry.hidden = isAsked || joinError === null && isUnkept(state);
    enter.setAttribute("aria-disabled", String(isWaiting));
    const isNew = isAsked && asked !== name;
    const hasFailed = isAsked && joinError !== drawn;
    drawn = joinError;
    if (!isAsked) {
      // The user is in, and goes on to write.
      if (asked === name && document.activeElement === field) message.focus();
      asked = "";
      field.value = "";
      return;
    }
    asked = name;
    setText(label, `Password of #${name}`);
    field.setAttribute("aria-invalid", String(joinError?.isWrong === true));
    if (isNew) field.value = "";
    // Unless that would open the keyboard of a phone, or take the focus from something.
    const isFree = document.activeElement === document.body ||
      (document.activeElement === message && message.value === "");
    const canType = matchMedia("(hover: hover)").matches && mayTakeFocus();
    if (isNew && isFree && canType) field.focus();
    else if (hasFailed && form.contains(document.activeElement)) {
      field.focus();
      field.select();
    }
  };
}
