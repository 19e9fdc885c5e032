/// <reference lib="dom" />

/**
 * Dialog with the settings of a room. Everybody may read them; only those that the user may change
 * are enabled.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Room, State } from "../model/state.js" */
/** @import { RoomDialog, SettingName } from "../model/room_settings.js" */
import { closeBeside } from "./dialog.js";
import { element, setText } from "./dom.js";
import { createInvitation } from "./invitation.js";
import { createKeptOut } from "./kept_out.js";
import { createModerators } from "./moderators.js";
import { createRoomFields } from "./room_fields.js";
import { createRoomPassword } from "./room_password.js";
import { nameOf } from "../model/people_names.js";
import { findRoom } from "../model/state.js";

/**
 * A part of the dialog: it is drawn with the state, the room and the dialog.
 *
 * @typedef {{ node: HTMLElement, draw: (state: State, room: Room, dialog: RoomDialog) => void }} Part
 */

/** @type {Readonly<Record<SettingName, string>>} */
const SAVED = {
  topic: "Topic saved",
  password: "Password saved",
  readOnly: "Saved",
  slowMs: "Slow mode saved",
  listed: "Saved",
  moderators: "Moderators saved",
};

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createRoomDialogView(dispatch) {
  // Takes the first focus, so that a phone opens no keyboard.
  const title = element("h2", { id: "room-settings-title", tabIndex: -1, autofocus: true });
  const owner = element("p", { className: "hint", dir: "auto" });
  const status = element("p", { role: "status", className: "hint room-status" });
  const done = element("button", { type: "button", className: "primary", textContent: "Done" });
  const parts = [
    createRoomFields,
    createRoomPassword,
    createInvitation,
    createModerators,
    createKeptOut,
  ].map((create) => create(dispatch));
  const dialog = element(
    "dialog",
    { id: "room-settings", "aria-labelledby": "room-settings-title" },
    element(
      "div",
      {},
      title,
      owner,
      ...parts.map(({ node }) => node),
      element("div", { className: "actions" }, status, done),
    ),
  );
  document.body.append(dialog);
  done.addEventListener("click", () => dialog.close());
  closeBeside(dialog);
  dialog.addEventListener("close", () => dispatch({ type: "room_settings_closed" }));

  return (state) => {
    const { roomDialog } = state;
    const room = findRoom(state, roomDialog?.room ?? "");
    if (roomDialog === null || room === undefined || room.settings === null) {
      if (dialog.open) dialog.close();
      return;
    }
    setText(title, `#${room.name}`);
    setText(owner, describeOwner(state, room));
    setText(status, roomDialog.saved === "" ? "" : SAVED[roomDialog.saved]);
    for (const part of parts) part.draw(state, room, roomDialog);
    if (!dialog.open) dialog.showModal();
  };
}

/**
 * @param {State} state
 * @param {Room} room
 */
function describeOwner(state, room) {
  const owner = room.settings?.owner ?? null;
  if (owner === null) return "Nobody owns this room; the admins of the chat look after it.";
  return owner === state.you?.id ? "This is your room." : `Owner: ${nameOf(state, room, owner)}`;
}
