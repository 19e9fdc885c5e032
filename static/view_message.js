/// <reference lib="dom" />

/**
 * One row of the log.
 *
 * @module
 */

/** @import { User } from "../chat/protocol.ts" */
/** @import { Dispatch } from "./app.js" */
/** @import { Note } from "./log.js" */
/** @import { Outgoing } from "./outbox.js" */
/** @import { Row } from "./rows.js" */
import { element } from "./dom.js";
import { formatText } from "./format.js";
import { isMentioned } from "./mentions.js";
import { listNames, userAvatar, userBadge, userName } from "./view_user.js";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

const PROGRESS = { queued: "Waiting to be sent…", sent: "Sending…", failed: "" };

/**
 * @param {Row} row
 * @param {User} you
 * @param {Dispatch} dispatch
 * @returns {HTMLElement}
 */
export function createRow(row, you, dispatch) {
  switch (row.type) {
    case "day": {
      const day = DAY.format(row.time);
      return element("h2", { className: "day" }, element("span", { textContent: day }));
    }
    case "gap":
      return element("p", {
        className: "gap",
        textContent: "Some messages may be missing here",
      });
    case "unread":
      return element("p", { className: "unread-line" }, element("span", { textContent: "New" }));
    case "note":
      return describeNote(row.note);
    case "message": {
      const { user, text, time } = row.message;
      const message = bubble({ ...row, user, text, aside: timeOf(time), reader: you.name });
      const isForYou = user.id !== you.id && isMentioned(text, you.name);
      message.classList.toggle("mentioned", isForYou);
      return message;
    }
    case "outgoing": {
      const { item, continues } = row;
      const aside = element("span", { textContent: PROGRESS[item.status] });
      const message = bubble({ user: you, text: item.text, continues, aside, reader: "" });
      message.classList.add(item.status === "failed" ? "failed" : "sending");
      if (item.status === "failed") message.append(failure(item, dispatch));
      return message;
    }
  }
}

/**
 * @param {{ user: User, text: string, continues: boolean, aside: HTMLElement, reader: string }}
 *   message `reader`: whose mentions are marked
 */
function bubble({ user, text, continues, aside, reader }) {
  const content = element("div", { className: "text", dir: "auto" }, formatText(text, reader));
  aside.classList.add("when");
  const header = element("header", {}, userName(user), aside, userBadge(user));
  return element(
    "article",
    {
      className: continues ? "message continues" : "message",
      ariaLabel: `${user.name}, ${aside.textContent}`,
    },
    userAvatar(user),
    header,
    content,
  );
}

/**
 * "Ada and Bob joined · Eve left"
 *
 * @param {Note} note
 */
function describeNote({ joined, left }) {
  const note = element("p", { className: "note" });
  if (joined.length > 0) note.append(...listNames(joined), " joined");
  if (joined.length > 0 && left.length > 0) note.append(" · ");
  if (left.length > 0) note.append(...listNames(left), " left");
  return note;
}

/** @param {number} time */
function timeOf(time) {
  const date = new Date(time);
  return element("time", {
    dateTime: date.toISOString(),
    title: FULL.format(date),
    textContent: CLOCK.format(date),
  });
}

/**
 * @param {Outgoing} item
 * @param {Dispatch} dispatch
 */
function failure({ ref, error }, dispatch) {
  return element(
    "p",
    { className: "failure" },
    `Not sent: ${error} `,
    element("button", {
      type: "button",
      textContent: "Try again",
      onclick: () => dispatch({ type: "message_retried", ref }),
    }),
    " ",
    element("button", {
      type: "button",
      textContent: "Discard",
      onclick: () => dispatch({ type: "message_discarded", ref }),
    }),
  );
}
