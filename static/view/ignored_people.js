/// <reference lib="dom" />

/**
 * People whom the user ignores, in the settings.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId, element, keyedList, passFocusOn } from "./dom.js";
import { userAvatar, userBadge, userName } from "./user.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createIgnoredView(dispatch) {
  const list = element("ul", {});
  const title = element("legend", { textContent: "People whom you ignore, on this device" });
  const section = element("fieldset", { className: "ignored-people", hidden: true }, title, list);
  const settings = byId("settings", HTMLElement);
  settings.querySelector(".actions")?.before(section);
  const draw = keyedList(list, {
    /** @param {{ id: string, name: string }} user */
    keyOf: (user) => JSON.stringify([user.id, user.name]),
    create: (user) =>
      element(
        "li",
        {},
        userAvatar(user),
        userName(user),
        userBadge(user),
        element("button", {
          type: "button",
          textContent: "Stop ignoring",
          "aria-label": `Stop ignoring ${user.name}`,
          onclick({ currentTarget }) {
            // The button that closes the dialog is the last.
            passFocusOn(currentTarget, settings.querySelectorAll("button"));
            dispatch({ type: "user_ignored", user, ignored: false });
          },
        }),
      ),
  });
  /** @type {State["ignored"] | undefined} */
  let drawn;

  return ({ ignored }) => {
    if (ignored === drawn) return;
    drawn = ignored;
    section.hidden = ignored.size === 0;
    draw([...ignored].map(([id, name]) => ({ id, name })));
  };
}
