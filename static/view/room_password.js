/// <reference lib="dom" />

/**
 * Password of a room: set, changed or removed by its owner, and shown to nobody.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Part } from "./room_dialog.js" */
import { element, setText } from "./dom.js";
import { mayDo } from "../model/permissions.js";
import { problemOf, setValue } from "./room_fields.js";

/**
 * @param {Dispatch} dispatch
 * @returns {Part}
 */
export function createRoomPassword(dispatch) {
  let room = "";
  const lock = element("p", { className: "hint" });
  const label = element("label", { htmlFor: "room-password", textContent: "Password" });
  const field = element("input", {
    id: "room-password",
    type: "password",
    autocomplete: "new-password",
    "aria-describedby": "room-password-problem",
  });
  const set = element("button", {});
  const remove = element("button", { type: "button", textContent: "Remove" });
  remove.setAttribute("aria-label", "Remove the password");
  const form = element("form", { className: "field-row", noValidate: true }, field, set, remove);
  const problem = problemOf("room-password-problem");

  field.addEventListener("input", () => {
    dispatch({ type: "setting_typed", change: { password: field.value } });
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // An empty one would remove the password.
    if (field.value === "") return field.focus();
    dispatch({ type: "setting_chosen", room, change: { password: field.value } });
  });
  remove.addEventListener("click", () => {
    // The button goes with the password.
    field.focus();
    dispatch({ type: "setting_chosen", room, change: { password: "" } });
  });

  return {
    node: element("div", { className: "room-fields" }, label, form, problem, lock),
    draw(state, shown, { typed, problems }) {
      room = shown.name;
      const isLocked = shown.settings?.locked ?? false;
      const may = mayDo(state, shown, "set password");
      for (const part of [label, form]) part.hidden = !may;
      setText(
        lock,
        isLocked ? "The room has a password." : "The room has no password: everybody may come in.",
      );
      setValue(field, typed.password ?? "");
      setText(set, isLocked ? "Change" : "Set");
      remove.hidden = !isLocked;
      setText(problem, problems.password ?? "");
    },
  };
}
