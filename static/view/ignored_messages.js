/// <reference lib="dom" />

/**
 * Line in the place of messages of people whom the user ignores.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Dispatch } from "../app.js" */
import { element } from "./dom.js";
import { listNames } from "./user.js";

/**
 * "3 messages of Bob, whom you ignore", with a button that shows them.
 *
 * @param {readonly Message[]} messages
 * @param {Dispatch} dispatch
 * @returns {HTMLElement}
 */
export function createIgnored(messages, dispatch) {
  const authors = [...new Map(messages.map(({ user }) => [user.id, user])).values()];
  const count = messages.length === 1 ? "1 message" : `${messages.length} messages`;
  return element(
    "p",
    { className: "membership" },
    `${count} of `,
    ...listNames(authors),
    ", whom you ignore · ",
    element("button", {
      type: "button",
      className: "quiet",
      textContent: "Show",
      "aria-label": `Show ${count} of ${authors[0]?.name}`,
      onclick: () => dispatch({ type: "ignored_shown", ids: messages.map(({ id }) => id) }),
    }),
  );
}
