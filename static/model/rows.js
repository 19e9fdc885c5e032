/**
 * Rows of the log as they are drawn: days, messages in groups, gaps, membership lines, the unread
 * line and outgoing messages. Pure, except for the local time zone.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Entry, Fill, MembershipLine } from "./log.js" */
/** @import { Outgoing, OutgoingChange, OutgoingMessage } from "./outbox.js" */
/** @import { Quote } from "./quotes.js" */
import { withoutEra } from "./era.js";
import { isFillable, isGap, isMessage, isNote } from "./log.js";
import { foldForComparison } from "./names.js";
import { changesById, isNewMessage } from "./outbox.js";

/**
 * A row of the same key always looks the same, but for a gap that can be filled.
 *
 * @typedef {{ type: "day", key: string, time: number }
 *   | { type: "gap", key: string, fill?: Fill }
 *   | { type: "unread", key: string }
 *   | { type: "membership", key: string, line: MembershipLine }
 *   | { type: "ignored", key: string, messages: readonly Message[] }
 *   | { type: "message", key: string, message: Message, continues: boolean, hasNamesake: boolean,
 *     quote: Quote | null | undefined, pending: readonly OutgoingChange[], isWaiting: boolean }
 *   | { type: "outgoing", key: string, item: OutgoingMessage, continues: boolean,
 *     quote: Quote | null | undefined, isWaiting: boolean }} Row `quote` of the message that it
 *   answers; `pending`: changes of the message in the outbox; `isWaiting`: they can't be sent now
 */

/** @type {readonly OutgoingChange[]} */
const NONE = [];

/** Messages of one author within this time form a group under one name. */
const GROUP_MS = 5 * 60_000;

/**
 * @param {readonly Entry[]} entries
 * @param {{ outbox?: readonly Outgoing[], isJoined?: boolean, isSlow?: boolean, you?: string | undefined,
 *   unreadFrom?: string | null, quoteOf?: (reply: string) => Quote | null | undefined }} [options]
 *   `outbox` of this room; `isJoined`: whether it can be sent now; `isSlow`: its messages can't; `you`: your id
 * @returns {Row[]}
 */
export function rowsOf(entries, options = {}) {
  const { outbox = [], isJoined = true, isSlow = false, you, unreadFrom = null } = options;
  const { quoteOf = () => undefined } = options;
  /** @type {Row[]} */
  const rows = [];
  let day = "";
  /** The message that the next one may continue. @type {Message | undefined} */
  let previous;
  const namesakes = namesakesIn(entries);
  const changes = changesById(outbox);
  for (const entry of entries) {
    if (isFillable(entry)) {
      const { fill } = entry;
      if (fill.isQuiet) continue;
      rows.push({ type: "gap", key: `gap ${fill.key}`, fill });
      previous = undefined;
      continue;
    }
    if (isGap(entry)) {
      rows.push({ type: "gap", key: entry.id });
      previous = undefined;
      continue;
    }
    if (isNote(entry)) {
      rows.push({ type: "membership", key: keyOfMembershipLine(entry), line: entry });
      previous = undefined;
      continue;
    }
    const entryDay = new Date(entry.time).toDateString();
    if (entryDay !== day) {
      // With the id, since a clock that was set back brings the same day again.
      rows.push({ type: "day", key: `day ${entry.id}`, time: entry.time });
      day = entryDay;
      previous = undefined;
    }
    if (entry.id === unreadFrom) {
      rows.push({ type: "unread", key: `unread ${entry.id}` });
      previous = undefined;
    }
    if (entry.folded !== undefined) {
      const { folded } = entry;
      rows.push({ type: "ignored", key: `${entry.id} ${folded.at(-1)?.id}`, messages: folded });
      previous = undefined;
      continue;
    }
    const continues = previous !== undefined && isGrouped(previous, entry);
    const hasNamesake = !continues && namesakes.has(entry.user.id);
    const quote = entry.reply === undefined ? undefined : quoteOf(entry.reply);
    const pending = changes.get(withoutEra(entry.id)) ?? NONE;
    const isWaiting = !isJoined && pending.length > 0;
    const key = [
      entry.id,
      entry.changed,
      entry.isTentative && "?",
      continues && "+",
      hasNamesake && "=",
      entry.reply && keyOfQuote(quote),
      ...pending.map(({ ref, status, error }) => ` ${ref} ${status} ${error}`),
      isWaiting && " waiting",
    ].filter(Boolean).join("");
    rows.push({
      type: "message",
      key,
      message: entry,
      continues,
      hasNamesake,
      quote,
      pending,
      isWaiting,
    });
    previous = entry;
  }
  let isYours = previous !== undefined && previous.user.id === you;
  for (const item of outbox.filter(isNewMessage)) {
    const isWaiting = (!isJoined || isSlow) && item.status === "queued";
    const { reply, text } = item;
    const quote = reply === undefined ? undefined : quoteOf(reply);
    const answer = reply === undefined ? "" : keyOfQuote(quote);
    const key = [item.ref, item.status, item.error, isWaiting, isYours, you, answer, text].join(
      " ",
    );
    rows.push({ type: "outgoing", key, item, continues: isYours, quote, isWaiting });
    isYours = true;
  }
  return rows;
}

/**
 * The ids of authors whose name looks the same as another author's.
 *
 * @param {readonly Entry[]} entries
 * @returns {ReadonlySet<string>}
 */
function namesakesIn(entries) {
  /** The ids of the authors of each name as it was written. @type {Map<string, Set<string>>} */
  const byName = new Map();
  for (const { user: { id, name } } of entries.filter(isMessage)) {
    const ids = byName.get(name);
    if (ids === undefined) byName.set(name, new Set([id]));
    else ids.add(id);
  }
  /** @type {Map<string, Set<string>>} */
  const byLook = new Map();
  for (const [name, ids] of byName) {
    const look = foldForComparison(name);
    byLook.set(look, new Set([...byLook.get(look) ?? [], ...ids]));
  }
  return new Set([...byLook.values()].flatMap((ids) => ids.size > 1 ? [...ids] : []));
}

/** @param {Quote | null | undefined} quote */
function keyOfQuote(quote) {
  if (quote === undefined) return "?";
  if (quote === null) return "-";
  return `>${quote.isIgnored === true ? "~" : ""}${quote.changed ?? ""} ${quote.pending ?? ""}`;
}

/** @param {MembershipLine} line */
function keyOfMembershipLine({ id, joined, left, renamed }) {
  return JSON.stringify([id, joined, left, renamed]);
}

/**
 * @param {Message} previous
 * @param {Message} message
 */
function isGrouped(previous, { user, time }) {
  return previous.user.id === user.id && previous.user.name === user.name &&
    Math.abs(time - previous.time) < GROUP_MS;
}
