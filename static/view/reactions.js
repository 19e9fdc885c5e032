/// <reference lib="dom" />

/**
 * Reactions below a message: one button for each emoji, which adds or takes back the user's own.
 *
 * @module
 */

/** @import { Room } from "../model/state.js" */
/** @import { Pill } from "../model/reactions.js" */
import { isMessage } from "../model/log.js";
import { describePill } from "../model/reactions.js";
import { element } from "./dom.js";

/**
 * @param {readonly Pill[]} pills
 * @param {{ you: string, nameOf: (id: string) => string | undefined }} people
 * @returns {HTMLElement}
 */
export function createReactions(pills, people) {
  return element(
    "div",
    { className: "reactions", role: "group", "aria-label": "Reactions" },
    ...pills.map(createButton),
  );

  /** @param {Pill} pill */
  function createButton(pill) {
    const { emoji, count, isYours, isPending } = pill;
    const button = element(
      "button",
      {
        type: "button",
        className: isPending ? "reaction pending" : "reaction",
        "aria-pressed": String(isYours),
        "aria-label": describePill(pill, people),
      },
      element("span", { className: "emoji", textContent: emoji }),
      element("span", { textContent: String(count) }),
    );
    button.dataset["emoji"] = emoji;
    return button;
  }
}

/**
 * Finds names by id, among the members of a room and the authors of its messages. They are
 * collected when the first one is asked for.
 *
 * @param {Pick<Room, "entries" | "members">} room
 * @returns {(id: string) => string | undefined}
 */
export function createNames({ entries, members }) {
  /** @type {Map<string, string> | undefined} */
  let names;
  return (id) => {
    names ??= new Map(
      [...entries.filter(isMessage).map(({ user }) => user), ...members]
        .map((user) => [user.id, user.name]),
    );
    return names.get(id);
  };
}
