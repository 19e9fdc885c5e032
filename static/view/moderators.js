/// <reference lib="dom" />

/**
 * Moderators of a room, in its settings.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Dispatch } from "../app.js" */
/** @import { Part } from "./room_dialog.js" */
import { element, keyedList, setText } from "./dom.js";
import { nameOf } from "../model/people_names.js";
import { mayDo } from "../model/permissions.js";
import { problemOf } from "./room_fields.js";
import { userAvatar, userBadge, userName } from "./user.js";

/**
 * @param {Dispatch} dispatch
 * @returns {Part}
 */
export function createModerators(dispatch) {
  let room = "";
  let may = false;
  const list = element("ul", { className: "people-rows" });
  const hint = element("p", { className: "hint" });
  const problem = problemOf("room-moderators-problem");
  const legend = element("legend", { textContent: "Moderators", tabIndex: -1 });
  const node = element("fieldset", {}, legend, list, hint, problem);
  const draw = keyedList(list, {
    /** @param {User} user */
    keyOf: ({ id, name }) => JSON.stringify([id, name, may]),
    create: (user) => {
      const remove = element("button", {
        type: "button",
        textContent: "Remove",
        "aria-label": `Remove ${user.name} from the moderators`,
        onclick() {
          // The button goes with the moderator.
          legend.focus();
          dispatch({ type: "moderator_chosen", room, user, isModerator: false });
        },
      });
      const row = element("li", {}, userAvatar(user), userName(user), userBadge(user));
      if (may) row.append(remove);
      return row;
    },
  });

  return {
    node,
    draw(state, shown, { typed, problems }) {
      room = shown.name;
      may = mayDo(state, shown, "set moderators");
      const { moderators = [] } = shown.settings ?? {};
      const ids = typed.moderators ?? moderators.map(({ id }) => id);
      draw(ids.map((id) => ({ id, name: nameOf(state, shown, id) })));
      const none = ids.length === 0 ? "There are none. " : "";
      setText(hint, may ? `${none}Name one in the menu of a person, in the list of people.` : none);
      setText(problem, problems.moderators ?? "");
    },
  };
}
