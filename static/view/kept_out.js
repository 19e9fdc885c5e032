/// <reference lib="dom" />

/**
 * People whom a room or the whole chat keeps out, in the settings of a room, for those who may end
 * that.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Part } from "./room_dialog.js" */
/** @import { Ban } from "../model/room_settings.js" */
import { element, keyedList, setText } from "./dom.js";
import { describeMatched, matchBans } from "../model/kept_out.js";
import { nameOf } from "../model/people_names.js";
import { mayDo } from "../model/permissions.js";
import { problemOf } from "./room_fields.js";
import { userAvatar, userBadge, userName } from "./user.js";

const UNTIL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const KINDS = { kick: "Kicked", mute: "Muted", ban: "Banned" };

/** @typedef {{ ban: Ban, by: string }} Row */

/**
 * @param {Dispatch} dispatch
 * @returns {Part}
 */
export function createKeptOut(dispatch) {
  let room = "";
  let redraw = () => {};
  const problem = problemOf("room-bans-problem");
  const [here, everywhere] = [section("Kicked and muted here"), section("Banned from this chat")];

  /** @param {string} title */
  function section(title) {
    const list = element("ul", { className: "people-rows" });
    const none = element("p", { className: "hint" });
    const legend = element("legend", { textContent: title, tabIndex: -1 });
    const field = element("input", {
      type: "search",
      autocomplete: "off",
      "aria-label": `Find by name or id: ${title}`,
      placeholder: "Find by name or id",
      oninput: () => redraw(),
    });
    const draw = keyedList(list, {
      /** @param {Row} row */
      keyOf: ({ ban, by }) => JSON.stringify([ban, by]),
      create: ({ ban, by }) => createRow(ban, by, () => legend.focus()),
    });
    const node = element("fieldset", { hidden: true }, legend, field, list, none);
    return { node, field, none, draw };
  }

  /**
   * @param {Ban} ban
   * @param {string} by the name of the user who gave it
   * @param {() => void} passFocusOn the button goes with the ban
   */
  function createRow({ user, kind, until }, by, passFocusOn) {
    const named = { ...user, name: user.name || user.id.slice(0, 8) };
    const details = element("span", {
      className: "hint",
      dir: "auto",
      textContent: `${KINDS[kind]} until ${UNTIL.format(until)}, by ${by}`,
    });
    const end = element("button", {
      type: "button",
      textContent: "End",
      "aria-label": `End: ${named.name} is ${KINDS[kind].toLowerCase()}`,
      onclick() {
        passFocusOn();
        dispatch({ type: "ban_ended", kind, room, user: user.id });
      },
    });
    const text = element("div", { className: "kept-out" }, userName(named), " ", userBadge(user));
    text.append(details);
    return element("li", {}, userAvatar(named), text, end);
  }

  return {
    node: element("div", {}, here.node, everywhere.node, problem),
    draw(state, shown, dialog) {
      const { bans, serverBans, bansProblem } = dialog;
      room = shown.name;
      redraw = () => this.draw(state, shown, dialog);
      const lists = /** @type {const} */ ([
        [here, bans, mayDo(state, shown, "read the bans of a room")],
        [everywhere, serverBans, mayDo(state, shown, "read the bans of the server")],
      ]);
      for (const [part, all, may] of lists) {
        part.node.hidden = !may;
        const matched = matchBans(all ?? [], part.field.value, state.now);
        part.field.hidden = !matched.isFindable;
        if (part.field.hidden) part.field.value = "";
        part.draw(matched.shown.map((ban) => ({
          ban,
          by: ban.by === state.you?.id ? "you" : nameOf(state, shown, ban.by),
        })));
        setText(part.none, all === null ? "…" : describeMatched(matched));
      }
      setText(problem, bansProblem);
    },
  };
}
