/// <reference lib="dom" />

/**
 * Links to a room for others, in its settings: of a locked room also with its password.
 *
 * @module
 */

/** @import { Part } from "./room_dialog.js" */
import { copyText } from "../browser/clipboard.js";
import { linkToRoom } from "../browser/location.js";
import { element, setText } from "./dom.js";
import { inviteFragment } from "../model/invitation.js";

/**
 * @returns {Part}
 */
export function createInvitation() {
  let room = "";
  let known = "";
  const legend = element("legend", { textContent: "Invite" });
  const link = element("button", { type: "button", textContent: "Copy link" });
  const field = element("input", {
    id: "invite-password",
    type: "password",
    autocomplete: "off",
    placeholder: "The room’s password",
    "aria-label": "Password for the link",
  });
  const secret = element("button", { textContent: "Copy link with password" });
  const form = element("form", { className: "field-row", noValidate: true }, field, secret);
  const hint = element("p", {
    className: "hint",
    textContent: "A link with the password in it lets in everybody who has the link.",
  });
  const status = element("p", { role: "status", className: "hint" });

  link.addEventListener("click", () => copy(linkToRoom(room)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value === "") {
      setText(status, "Type the password first.");
      return field.focus();
    }
    copy(linkToRoom(room) + inviteFragment(field.value));
  });

  /** @param {string} text */
  async function copy(text) {
    setText(status, "");
    const isCopied = await copyText(text);
    // A link with a password is not shown.
    setText(status, isCopied ? "Link copied" : "The link could not be copied");
  }

  return {
    node: element("fieldset", { className: "room-fields" }, legend, link, form, hint, status),
    draw(_state, { name, settings, password: entered }, dialog) {
      if (name !== room) {
        room = name;
        field.value = "";
        setText(status, "");
      }
      const isLocked = settings?.locked ?? false;
      for (const part of [form, hint]) part.hidden = !isLocked;
      const password = dialog.password || entered;
      if (password === known) return;
      known = password;
      field.value = password;
    },
  };
}
