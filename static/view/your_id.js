/// <reference lib="dom" />

/**
 * The user's id, in the settings, and the way to become an admin.
 *
 * @module
 */

/** @import { State } from "../model/state.js" */
import { copyText } from "../browser/clipboard.js";
import { byId, element, setText } from "./dom.js";

/**
 * @returns {(state: State) => void}
 */
export function createYourIdView() {
  const id = element("code", { id: "your-id", dir: "ltr" });
  const copy = element("button", { type: "button", textContent: "Copy your id" });
  const status = element("span", { role: "status", className: "hint" });
  const hint = element("p", { className: "hint" });
  const section = element(
    "fieldset",
    { className: "your-id", hidden: true },
    element("legend", { textContent: "Your id" }),
    element("p", {}, id, copy, status),
    hint,
  );
  byId("settings", HTMLElement).querySelector(".actions")?.before(section);
  copy.addEventListener("click", async () => {
    setText(status, "");
    const isCopied = await copyText(id.textContent ?? "");
    setText(status, isCopied ? "Copied" : "It could not be copied");
  });

  return ({ you, features }) => {
    section.hidden = you === null || !features.includes("charge");
    setText(id, you?.id ?? "");
    setText(
      hint,
      you?.role === "admin"
        ? "You are an admin of this chat: you may change every room, and ban."
        : "Those who run this chat make you an admin by adding this id to CHAT_ADMINS, " +
          "as its documents on configuration say.",
    );
  };
}
