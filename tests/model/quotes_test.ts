/**
 * Tests of quotes: messages that answer others, and the messages that are for the user.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Message } from "../../chat/protocol/types.ts";
import { isMessage } from "../../static/model/log.js";
import { quoteOf, shownQuote } from "../../static/model/quotes.js";
import { rowsOf } from "../../static/model/rows.js";
import { BOB, message, messageId, online, type Page, YOU } from "./page_driver.ts";

const answer = (n: number, to: number, text = `text ${n}`, user = BOB): Message => ({
  ...message(n, text, user),
  reply: messageId(to),
});

const hears = (page: Page, ...messages: Message[]): Page =>
  page.hears(...messages.map((each) => ({ type: "message" as const, room: "lobby", ...each })));

/** The quotes in the log in short: texts, "-": not there, "?": not known. */
function quotes(page: Page): string[] {
  return page.room.entries.filter(isMessage).flatMap(({ reply }) => {
    if (reply === undefined) return [];
    const quote = quoteOf(page.room, reply);
    if (!quote) return quote === null ? ["-"] : ["?"];
    return [quote.deleted === true ? "deleted" : quote.text];
  });
}

/** The least time between two requests. */
const INTERVAL_MS = 50;

/** The ids that were asked for since this was last called. */
const asked = (page: Page): (string | undefined)[] =>
  page.waits(INTERVAL_MS).sent("history").map((command) =>
    command.type === "history" ? command.around : undefined
  );

const wants = (page: Page, ...ids: number[]): Page =>
  page.waits(INTERVAL_MS).does({ type: "quotes_wanted", ids: ids.map(messageId) });

/** A page that looks at another room, with messages of both users. */
function away(): Page {
  const page = online({ messages: [message(5), message(6, "of you", YOU)], more: true });
  page.does({ type: "notifications_chosen", notifications: "mentions" });
  page.does({ type: "room_opened", room: "garden" });
  page.does({ type: "visibility_changed", visible: false });
  page.effects = [];
  return page;
}

Deno.test("quoteOf() gives the answered message of the log, with its changes", () => {
  const page = hears(online({ messages: [message(1)] }), answer(2, 1));
  assertEquals(quotes(page), ["text 1"]);
  hears(page, { ...message(1, "edited"), changed: messageId(3) });
  assertEquals(quotes(page), ["edited"]);
  hears(page, { ...message(1, ""), deleted: true, changed: messageId(4) });
  assertEquals(quotes(page), ["deleted"]);
});

Deno.test("shownQuote() has the user's edits and deletion of a message that wait", () => {
  const page = online({ messages: [message(1, "one", YOU), answer(2, 1)] });
  const shown = () => shownQuote(page.state, page.room, messageId(1));
  const keyOf = () =>
    rowsOf(page.room.entries, { quoteOf: shown }).find((row) => row.key.startsWith(messageId(2)))
      ?.key;
  const keys = [keyOf()];
  page.does({ type: "edit_wanted", id: messageId(1) }).submits("e", "eins");
  assertEquals([shown()?.text, shown()?.deleted], ["eins", undefined]);
  keys.push(keyOf());
  page.does({ type: "delete_wanted", id: messageId(1) });
  page.does({ type: "delete_confirmed", ref: "d" });
  assertEquals(shown()?.deleted, true);
  keys.push(keyOf());
  assertEquals(new Set(keys).size, 3, `${keys}`);
  page.does({ type: "delete_undone", ref: "d" });
  assertEquals(shown()?.deleted, undefined);
});

Deno.test("quoteOf() finds a message of an earlier era", () => {
  const page = online({ messages: [message(8)] }).closes().waits(500).welcomed();
  page.joined({ messages: [message(1), answer(2, 1), answer(3, 8)], complete: false });
  assertEquals(page.room.era, "|");
  assertEquals(quotes(page), ["text 1", "text 8"]);
});

Deno.test("reduce() asks for unknown quotes, one after the other", () => {
  const page = online({ messages: [answer(8, 1), answer(9, 2), answer(10, 8)], more: true });
  wants(page, 1, 2, 8);
  wants(page, 1, 2);
  assertEquals(asked(page), [messageId(1)]);
  page.pages([message(1)]);
  assertEquals(quotes(page), ["text 1", "?", "text 8"]);
  wants(page, 2);
  assertEquals(asked(page), [messageId(2)]);
  // The server gives the next one, since it does not have this.
  page.pages([message(3)]);
  assertEquals(quotes(page), ["text 1", "-", "text 8"]);
  assertEquals(page.log, ["text 8", "text 9", "text 10"]);
  wants(page, 1, 2);
  assertEquals([asked(page), page.room.more], [[], true]);
});

Deno.test("reduce() asks no more for a quote that was refused, until the next connection", () => {
  const page = online({ messages: [answer(8, 1), answer(9, 2)] });
  wants(page, 1).refusesLast("history", "rate_limited");
  assertEquals([asked(page), quotes(page), page.state.notice], [[messageId(1)], ["?", "?"], null]);
  wants(page, 1);
  assertEquals(asked(page), []);
  wants(page, 1, 2);
  assertEquals(asked(page), [messageId(2)]);
  page.closes().waits(500).welcomed().joined({ messages: [] });
  assertEquals(asked(wants(page, 1)), [messageId(1)]);
});

Deno.test("reduce() asks for quotes at a rate that the server allows, however many rooms have some", () => {
  const rooms = ["a", "b", "c"].map((name) => ({ name, addedAt: 1, muted: false }));
  const page = online({}, { rooms });
  let count = 0;
  for (const { name } of rooms) {
    page.joined({ room: name });
    for (let n = 1; n <= 60; n++) {
      page.hears({ type: "message", room: name, ...answer(1000 + ++count, count) });
    }
  }
  const perSecond = Array.from({ length: 3 }, () => {
    let requests = 0;
    for (let ms = 0; ms < 1000; ms += 10) {
      page.waits(10);
      requests += page.sent("history").length;
      for (const { ref, type } of page.state.pending) {
        if (type !== "history" || ref === undefined) continue;
        page.hears({ type: "error", ref, code: "internal", message: "" });
      }
    }
    return requests;
  });
  assertEquals(perSecond, [21, 20, 20]);
});

Deno.test("reduce() changes and deletes quotes of messages that the log lacks", () => {
  const page = wants(online({ messages: [answer(8, 1)], more: true }), 1).pages([message(1)]);
  hears(page, { ...message(1, "edited"), changed: messageId(9) });
  assertEquals([quotes(page), page.log], [["edited"], ["text 8"]]);
  page.closes().waits(500).welcomed();
  page.joined({ messages: [{ ...message(1, ""), deleted: true, changed: messageId(10) }] });
  assertEquals(quotes(page), ["deleted"]);
  assertEquals(page.room.quotes.get(messageId(1))?.text, "");
});

Deno.test("reduce() keeps a deletion that comes before the older state that it asked for", () => {
  const page = wants(online({ messages: [answer(8, 1)], more: true }), 1);
  hears(page, { ...message(1, ""), deleted: true, changed: messageId(9) });
  assertEquals(quotes(page), ["deleted"]);
  assertEquals(quotes(page.pages([message(1)])), ["deleted"]);
  assertEquals(quotes(page.pages([])), ["deleted"]);
});

Deno.test("reduce() forgets quotes whose changes may have been missed", () => {
  const start = () =>
    wants(online({ messages: [answer(8, 1)], more: true }), 1).pages([message(1)]);
  const resumed = start().closes().waits(500).welcomed();
  assertEquals(quotes(resumed.joined({ complete: false, messages: [message(400)] })), ["?"]);
  const slow = start().hears({
    type: "gap",
    room: "lobby",
    after: messageId(9),
    before: messageId(400),
  });
  assertEquals(quotes(slow), ["?"]);
});

Deno.test("reduce() keeps a bounded number of quotes, and of each the beginning", () => {
  const page = online({ messages: [answer(999, 1)] });
  for (let n = 1; n <= 520; n++) wants(page, n).pages([message(n, "x".repeat(4000))]);
  assertEquals(page.room.quotes.size, 500);
  assertEquals(page.room.quotes.get(messageId(520))?.text.length, 300);
});

Deno.test("reduce() counts an answer to the user as a mention, and tells of it", () => {
  const page = hears(away(), answer(7, 6), answer(8, 5));
  const room = page.state.rooms.find(({ name }) => name === "lobby");
  assertEquals([room?.unread, room?.mentions], [2, 1]);
  assertEquals([page.alerted().length, page.announced()], [1, ["Bob in #lobby: text 7"]]);
});

Deno.test("reduce() asks whom a message answers, then counts it and tells of it once", () => {
  const page = hears(away(), answer(7, 1), answer(8, 2), answer(9, 1));
  const lobby = () => page.state.rooms.find(({ name }) => name === "lobby");
  assertEquals([lobby()?.unread, lobby()?.mentions, page.alerted()], [3, 0, []]);
  assertEquals(asked(page), [messageId(1)]);
  page.pages([message(1, "of you", YOU)]);
  assertEquals([lobby()?.mentions, page.alerted().length, page.announced().length], [2, 2, 2]);
  assertEquals(asked(page), [messageId(2)]);
  page.pages([message(2)]);
  assertEquals([lobby()?.mentions, page.alerted(), lobby()?.wantedQuotes], [2, [], []]);
  page.does({ type: "room_opened", room: "lobby" }).does({ type: "scrolled", atBottom: true });
  page.does({ type: "visibility_changed", visible: true });
  page.does({ type: "scrolled", atBottom: true });
  assertEquals([page.room.unread, page.room.mentions], [0, 0]);
});

Deno.test("reduce() counts answers among missed messages, after a lost connection during the request", () => {
  const page = away().closes().waits(500).welcomed();
  page.joined({ messages: [answer(7, 1), answer(8, 6)] });
  const lobby = () => page.state.rooms.find(({ name }) => name === "lobby");
  assertEquals([lobby()?.unread, lobby()?.mentions, asked(page)], [2, 1, [messageId(1)]]);
  page.closes().waits(3000).welcomed().joined({ messages: [] });
  assertEquals(asked(page), [messageId(1)]);
  page.pages([message(1, "of you", YOU)]);
  assertEquals([lobby()?.unread, lobby()?.mentions, page.alerted()], [2, 2, []]);
});

Deno.test("rowsOf() gives a message another key when its quote changes", () => {
  const quote = { ...message(1), changed: messageId(4) };
  const states = [undefined, null, message(1), quote, { ...quote, isIgnored: true }];
  const keys = states.map((state) => rowsOf([answer(2, 1)], { quoteOf: () => state })[1]?.key);
  assertEquals(new Set(keys).size, 5);
});
