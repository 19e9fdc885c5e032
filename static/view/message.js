/// <reference lib="dom" />

/**
 * Row of the log.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Dispatch } from "../app.js" */
/** @import { MembershipLine } from "../model/log.js" */
/** @import { OutgoingMessage } from "../model/outbox.js" */
/** @import { Row } from "../model/rows.js" */
import { attempt } from "../browser/attempt.js";
import { element } from "./dom.js";
import { formatText } from "./format.js";
import { createGap } from "./gap.js";
import { createIgnored } from "./ignored_messages.js";
import { createQuote } from "./quote.js";
import { createReactions } from "./reactions.js";
import { isMentioned } from "../model/mentions.js";
import { pillsOf } from "../model/reactions.js";
import { cutText, isLong } from "../model/text.js";
import { listNames, nameToMention, userAvatar, userBadge, userName } from "./user.js";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

/** The most users in a membership line whose old and new names are shown. */
const MAX_RENAMES = 3;
/** The characters of a message in the labels of its buttons. */
const MAX_LABEL = 40;
const PROGRESS = { queued: "Sending…", sent: "Sending…", failed: "" };

/**
 * The context in which a row is drawn: `members` and `reacted` of the room; `nameOf` gives the name
 * of a user by id.
 *
 * @typedef {{ you: User, members: readonly User[], reacted: ReadonlySet<string>,
 *   nameOf: (id: string) => string | undefined, dispatch: Dispatch }} Context
 */

/**
 * A row, or its plain text if it can't be drawn.
 *
 * @param {Row} row
 * @param {Context} context
 * @returns {HTMLElement}
 */
export function createRow(row, context) {
  return attempt(() => drawRow(row, context)) ?? plainRow(row);
}

/**
 * @param {Row} row
 * @param {Context} context
 * @returns {HTMLElement}
 */
function drawRow(row, { you, members, reacted, nameOf, dispatch }) {
  switch (row.type) {
    case "day": {
      const day = DAY.format(row.time);
      return element("h2", { className: "day" }, element("span", { textContent: day }));
    }
    case "gap":
      return createGap(row.fill, dispatch);
    case "unread":
      return element("p", { className: "unread-line" }, element("span", { textContent: "New" }));
    case "ignored":
      return createIgnored(row.messages, dispatch);
    case "membership":
      return describeMembershipLine(row.line);
    case "message": {
      const { id, user, text, time, deleted } = row.message;
      const content = deleted
        ? element("em", { className: "nothing", textContent: "Message deleted" })
        : formatText(text, you.name, members);
      const isYours = user.id === you.id;
      const { continues, hasNamesake } = row;
      const { reply } = row.message;
      const message = bubble({
        user,
        content,
        quote: reply === undefined ? [] : [createQuote(reply, row.quote)],
        continues,
        hasNamesake,
        isYours,
        aside: timeOf(time),
      });
      message.dataset["id"] = id;
      if (isLong(text)) makeFoldable(message);
      const pills = deleted
        ? []
        : pillsOf(row.message, { you: you.id, pending: row.pending, reacted });
      if (pills.length > 0) message.append(createReactions(pills, { you: you.id, nameOf }));
      const isForYou = !isYours &&
        (row.quote?.user.id === you.id || isMentioned(text, you.name, members));
      message.classList.toggle("mentioned", isForYou);
      return message;
    }
    case "outgoing": {
      const { item, continues, isWaiting } = row;
      const aside = element("span", { textContent: isWaiting ? "" : PROGRESS[item.status] });
      const content = formatText(item.text, "", []);
      const { reply } = item;
      const quote = reply === undefined ? [] : [createQuote(reply, row.quote)];
      const message = bubble({ user: you, content, continues, isYours: true, aside, quote });
      message.dataset["ref"] = item.ref;
      if (isLong(item.text)) makeFoldable(message);
      message.classList.add(item.status === "failed" ? "failed" : "sending");
      if (item.status === "failed") message.append(failure(item, dispatch));
      if (isWaiting) message.append(waiting(item, dispatch));
      return message;
    }
  }
}

/**
 * Draws a row with functions that can't fail.
 *
 * @param {Row} row
 */
function plainRow(row) {
  const text = element("div", { className: "text" });
  if (row.type === "message") text.textContent = `${row.message.user.name}: ${row.message.text}`;
  else if (row.type === "outgoing") text.textContent = row.item.text;
  else return element("p", { className: "membership" });
  return element("article", { className: "message" }, text);
}

/**
 * @param {{ user: User, content: Node, continues: boolean, hasNamesake?: boolean, isYours: boolean,
 *   aside: HTMLElement, quote?: Node[] }} message
 */
function bubble({ user, content, continues, hasNamesake = false, isYours, aside, quote = [] }) {
  aside.classList.add("when");
  const name = continues || isYours ? userName(user) : nameToMention(user, { isTabStop: false });
  const badge = continues ? [] : [userBadge(user)];
  // A screen reader would speak it before each text; it is needed only where the name is ambiguous.
  if (!hasNamesake) badge[0]?.setAttribute("aria-hidden", "true");
  else badge[0]?.classList.add("needed");
  const header = element("header", {}, name, aside, ...badge);
  return element(
    "article",
    {
      className: continues ? "message continues" : "message",
      "aria-label": `${user.name}, ${aside.textContent}`,
    },
    userAvatar(user),
    header,
    ...quote,
    element("div", { className: "text", dir: "auto" }, content),
  );
}

/** @param {HTMLElement} message */
function makeFoldable(message) {
  message.classList.add("long");
  message.append(element("button", { type: "button", className: "quiet more", hidden: true }));
}

/**
 * "Ada and Bob joined · Eve left · Cem is now Cem 2"
 *
 * @param {MembershipLine} line
 */
function describeMembershipLine({ joined, left, renamed }) {
  /** @type {(Node | string)[][]} */
  const parts = [];
  if (joined.length > 0) parts.push([...listNames(joined), " joined"]);
  if (left.length > 0) parts.push([...listNames(left), " left"]);
  for (const { from, to } of renamed.slice(0, MAX_RENAMES)) {
    const [before, after] = [from, to].map((name) => element("bdi", { textContent: name }));
    parts.push([before ?? "", " is now ", after ?? ""]);
  }
  const others = renamed.length - MAX_RENAMES;
  if (others > 0) parts.push([`${others} more have other names`]);
  const pieces = parts.flatMap((part, index) => index === 0 ? part : [" · ", ...part]);
  return element("p", { className: "membership" }, ...pieces);
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
 * @param {OutgoingMessage} item
 * @param {Dispatch} dispatch
 */
function failure(item, dispatch) {
  const { ref, error, text } = item;
  return element(
    "p",
    { className: "failure" },
    `Not sent: ${error} `,
    element("button", {
      type: "button",
      textContent: "Try again",
      "aria-label": `Try again: ${cutText(text, MAX_LABEL)}`,
      onclick: () => dispatch({ type: "message_retried", ref }),
    }),
    " ",
    discardButton(item, dispatch),
  );
}

/**
 * @param {OutgoingMessage} item
 * @param {Dispatch} dispatch
 */
function waiting(item, dispatch) {
  return element(
    "p",
    { className: "waiting" },
    "Waiting to be sent… ",
    discardButton(item, dispatch),
  );
}

/**
 * Moves the focus when the focused button is removed: to the next button of its kind, or to the
 * composer.
 *
 * @param {EventTarget | null} button
 */
function passFocusOn(button) {
  if (!(button instanceof HTMLElement)) return;
  const all = [...document.querySelectorAll("#log .discard")];
  const next = all[all.indexOf(button) + 1] ?? all[all.indexOf(button) - 1] ??
    document.querySelector("#message");
  if (next instanceof HTMLElement) next.focus();
}

/**
 * @param {OutgoingMessage} item
 * @param {Dispatch} dispatch
 */
function discardButton({ ref, text }, dispatch) {
  return element("button", {
    type: "button",
    className: "discard",
    textContent: "Discard",
    "aria-label": `Discard: ${cutText(text, MAX_LABEL)}`,
    onclick({ currentTarget, detail }) {
      // The button was pressed by keyboard.
      if (detail === 0) passFocusOn(currentTarget);
      dispatch({ type: "message_discarded", ref });
    },
  });
}
