/// <reference lib="dom" />

/**
 * Row of the log.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Dispatch } from "../app.js" */
/** @import { MembershipLine } from "../model/log.js" */
/** @import { Row } from "../model/rows.js" */
import { attempt } from "../browser/attempt.js";
import { element } from "./dom.js";
import { formatText } from "./format.js";
import { createGap } from "./gap.js";
import { createIgnored } from "./ignored_messages.js";
import { createQuote } from "./quote.js";
import { createReactions } from "./reactions.js";
import { isMentioned } from "../model/mentions.js";
import { overlayOf } from "../model/overlay.js";
import { pillsOf } from "../model/reactions.js";
import { isLong } from "../model/text.js";
import { describeEdit, failedEdit, failure, undoDeletion, waiting } from "./unsent.js";
import { listNames, nameToMention, roleMark, userAvatar, userBadge, userName } from "./user.js";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

/** The most users in a membership line whose old and new names are shown. */
const MAX_RENAMES = 3;
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
      const { id, user, time, edited } = row.message;
      const { text, isDeleted, edit, deletion } = overlayOf(row.message, row.pending);
      const content = isDeleted
        ? element("em", { className: "nothing", textContent: "Message deleted" })
        : formatText(text, you.name, members);
      const isYours = user.id === you.id;
      const { continues, hasNamesake } = row;
      const reply = isDeleted ? undefined : row.message.reply;
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
      if (isDeleted) {
        message.classList.add("deleted");
        if (deletion?.isTried === false) {
          textOf(message).append(" · ", undoDeletion(deletion, dispatch));
        }
        return message;
      }
      if (edit?.status === "failed") message.append(failedEdit(edit, dispatch));
      else if (edit !== undefined) textOf(message).append(describeEdit(row.isWaiting));
      else if (edited !== undefined) textOf(message).append(editedAt(edited));
      if (isLong(text)) makeFoldable(message);
      const pills = pillsOf(row.message, { you: you.id, pending: row.pending, reacted });
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
  const role = continues || isYours ? [] : [roleMark(user)];
  // A screen reader would speak it before each text; it is needed only where the name is ambiguous.
  if (!hasNamesake) badge[0]?.setAttribute("aria-hidden", "true");
  else badge[0]?.classList.add("needed");
  const header = element("header", {}, name, ...role, aside, ...badge);
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

/** @param {HTMLElement} message */
function textOf(message) {
  return message.querySelector(".text") ?? message;
}

/**
 * "(edited)", with the full time on hover and for screen readers.
 *
 * @param {number} time
 */
function editedAt(time) {
  const full = FULL.format(time);
  return element(
    "span",
    { className: "edited", title: full },
    " (edited",
    element("span", { className: "unseen", textContent: `, ${full}` }),
    ")",
  );
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
