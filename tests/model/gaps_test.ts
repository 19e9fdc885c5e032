/**
 * Tests of gaps that the server can fill.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { JoinedEvent, Message } from "../../chat/protocol/types.ts";
import { isFillable } from "../../static/model/log.js";
import { rowsOf } from "../../static/model/rows.js";
import { countText } from "../../static/model/unread.js";
import { message, messageId, online, Page, YOU } from "./page_driver.ts";

const range = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

const changed = (n: number, at: number, text = `text ${n}, changed`): Message => ({
  ...message(n, text),
  changed: messageId(at),
});

/** A page that has 1 and 2, comes back, and is given 301 to 302 of all that was said meanwhile. */
function returned(fields: Partial<JoinedEvent> = {}): Page {
  const page = online({ messages: range(1, 2) }).closes().waits(500).welcomed("Ada", 0);
  page.joined({ complete: false, more: true, messages: range(301, 302), ...fields });
  page.effects = [];
  return page;
}

/** Reconnects to a server that gives only the newest messages. */
function again(page: Page, fields: Partial<JoinedEvent>): Page {
  return page.closes().waits(500).welcomed("Ada", 0).joined({
    complete: false,
    more: true,
    ...fields,
  });
}

const keys = (page: Page): string[] =>
  page.room.entries.filter(isFillable).map(({ fill }) => fill.key);

const wants = (page: Page, isWhole: boolean, key = keys(page)[0] ?? ""): Page =>
  page.does({ type: "gap_wanted", key, isWhole });

/** The bounds of the `history` commands since this was last asked. */
const asked = (page: Page): unknown[] =>
  page.sent("history").map((command) => command.type === "history" && command.since);

Deno.test("reduce() keeps its log and marks a gap where the server has what was missed", () => {
  const page = returned();
  assertEquals(page.log, ["text 1", "text 2", "…", "text 301", "text 302"]);
  assertEquals([page.room.era, page.room.since], ["", messageId(302)]);
  assertEquals(page.state.notice?.text, "Caught up: 2 messages; more can be loaded");
  assertEquals(page.state.absence, null);
});

Deno.test("reduce() fills a gap page by page to its end, in the order of positions", () => {
  const page = wants(returned(), true);
  wants(page, true);
  assertEquals(asked(page), [messageId(2)]);
  page.pages(range(3, 202), { more: true, moreAfter: true });
  assertEquals(asked(page), [messageId(202)]);
  assertEquals(page.log.slice(199, 205), [
    "text 200",
    "text 201",
    "text 202",
    "…",
    "text 301",
    "text 302",
  ]);
  // What comes after the end of the gap is there, or on its way.
  page.pages([...range(203, 302), message(303)], { more: true, moreAfter: true });
  assertEquals(page.log, range(1, 302).map(({ text }) => text));
  assertEquals(asked(page), []);
});

Deno.test("reduce() takes changes of older messages that it finds in a gap", () => {
  const page = wants(returned({ head: messageId(305) }), true);
  const old = { ...message(0), changed: messageId(6) };
  page.pages([message(4), changed(2, 5), old, message(7)], { more: true, moreAfter: true });
  assertEquals(page.log, [
    "text 1",
    "text 2, changed",
    "text 4",
    "text 7",
    "…",
    "text 301",
    "text 302",
  ]);
  page.pages([message(8), changed(302, 304), changed(9, 305)], { more: true });
  assertEquals(page.log.slice(3), [
    "text 7",
    "text 8",
    "text 9, changed",
    "text 301",
    "text 302, changed",
  ]);
});

Deno.test("reduce() loads what can only be changes after a gap without being asked", () => {
  const page = wants(returned({ head: messageId(400) }), false);
  page.pages([message(3), message(301)], { more: true, moreAfter: true });
  assertEquals(page.log, ["text 1", "text 2", "text 3", "text 301", "text 302"]);
  assertEquals([countText(page.room), page.room.unreadFrom], ["3", messageId(3)]);
  assertEquals(asked(page), [messageId(2), messageId(301)]);
  page.pages([changed(1, 310), changed(4, 311), changed(303, 400)], { more: true });
  assertEquals(page.log, [
    "text 1, changed",
    "text 2",
    "text 3",
    "text 4, changed",
    "text 301",
    "text 302",
    "text 303, changed",
  ]);
  assertEquals([keys(page), asked(page)], [[], []]);
});

Deno.test("reduce() counts what it has loaded, and announces the end to a user who asked", () => {
  const page = wants(returned(), true);
  const fill = () => page.room.entries.filter(isFillable)[0]?.fill;
  page.pages([changed(1, 3), message(4), message(5)], { more: true, moreAfter: true });
  assertEquals([fill()?.loaded, fill()?.isWhole, page.announced()], [2, true, []]);
  page.pages([message(6)], { more: true });
  assertEquals([fill(), page.announced()], [undefined, ["3 messages were loaded"]]);
});

Deno.test("reduce() loads one page of a gap in sight", () => {
  const page = wants(returned(), false);
  page.pages(range(3, 202), { more: true, moreAfter: true });
  assertEquals(asked(page), [messageId(2)]);
  wants(page, false).pages(range(203, 300), { more: true });
  assertEquals([asked(page), keys(page), page.announced()], [[messageId(202)], [], []]);
  assertEquals(page.log.length, 302);
});

Deno.test("reduce() asks no more for a gap in sight of which a page was refused, but for the user", () => {
  const page = wants(returned(), false).refusesLast("history", "rate_limited");
  assertEquals(page.state.notice?.text, "Messages could not be loaded. Try again");
  asked(page);
  assertEquals(asked(wants(page, false)), []);
  assertEquals(asked(wants(page, true)), [messageId(2)]);
});

Deno.test("reduce() goes on with a gap after a lost connection", () => {
  const page = wants(returned(), true).pages(range(3, 202), { more: true, moreAfter: true });
  const [key] = keys(page);
  page.closes().waits(500).welcomed("Ada", 0).joined({ messages: [message(303)] });
  assertEquals(keys(page), [key]);
  asked(page);
  assertEquals(asked(wants(page, false)), [messageId(202)]);
  page.pages(range(203, 302), { more: true, moreAfter: true });
  assertEquals([page.log.length, keys(page)], [303, []]);
});

Deno.test("reduce() has one gap where nothing came between two, else two", () => {
  const joined = { messages: [], head: messageId(300) };
  const one = again(again(returned(joined), { head: messageId(400) }), {
    messages: [message(500)],
  });
  assertEquals(one.log, ["text 1", "text 2", "…", "text 500"]);
  assertEquals(asked(wants(one, false)).at(-1), messageId(2));
  one.pages(range(3, 202), { more: true, moreAfter: true });
  const two = again(returned(), { messages: range(401, 402) });
  assertEquals(two.log, [
    "text 1",
    "text 2",
    "…",
    "text 301",
    "text 302",
    "…",
    "text 401",
    "text 402",
  ]);
  wants(two, false, keys(two)[1]).pages(range(303, 400), { more: true });
  assertEquals([two.log.slice(2, 5), two.log.length], [["…", "text 301", "text 302"], 105]);
});

Deno.test("reduce() says that messages may be missing where the server has them no more", () => {
  const gone = (fields: Partial<JoinedEvent>): Page => returned(fields);
  for (
    const fields of [
      { floor: messageId(300), more: false },
      // The server's log is another: it ends before the position of the page, or lacks its messages.
      { head: messageId(1) },
      { more: false },
      { floor: undefined as unknown as string },
    ]
  ) {
    const page = gone(fields);
    assertEquals([page.log[2], keys(page)], ["…", []], JSON.stringify(fields));
    assertEquals(page.state.notice?.text.includes("may be missing"), true);
  }
});

Deno.test("reduce() offers what the server still has of what was missed, and says that it is not all", () => {
  const page = returned({ floor: messageId(100) });
  assertEquals(page.log, ["text 1", "text 2", "…", "…", "text 301", "text 302"]);
  assertEquals(page.state.notice?.text, "Caught up: 2 messages, but some may be missing");
  assertEquals([countText(page.room), page.room.unreadFrom], ["2+", null]);
  assertEquals(asked(wants(page, true)), [messageId(100)]);
  page.pages(range(101, 300), { more: false });
  assertEquals(page.log.slice(1, 4), ["text 2", "…", "text 101"]);
  assertEquals([page.log.length, keys(page)], [205, []]);
  // Nothing is missing between messages that the server gave, though one of them was changed.
  const mixed = returned({
    messages: [changed(299, 302), ...range(301, 302)],
    floor: messageId(300),
  });
  assertEquals(mixed.log.slice(1, 5), ["text 2", "…", "…", "text 299, changed"]);
  // A membership line between them does not make two lines of what is lost.
  const noted = online({ messages: range(1, 2) });
  noted.hears({ type: "presence", room: "lobby", joined: [{ id: "x", name: "Xi" }], count: 2 });
  again(noted, { messages: range(301, 302), floor: messageId(100) });
  wants(noted, true).pages(range(101, 300), { more: false });
  assertEquals(noted.log.filter((text) => text === "…").length, 1, noted.log.slice(0, 6).join());
});

Deno.test("reduce() says that a part of a gap is lost when the server keeps less than before", () => {
  const page = again(returned(), { messages: [message(303)], floor: messageId(100) });
  assertEquals(page.log.slice(1, 5), ["text 2", "…", "…", "text 301"]);
  asked(page);
  assertEquals(asked(wants(page, true)), [messageId(100)]);
  page.pages(range(101, 300), { more: false });
  assertEquals(page.log.slice(1, 4), ["text 2", "…", "text 101"]);
  const whole = again(returned(), { messages: [message(303)], floor: messageId(302) });
  assertEquals(whole.log, ["text 1", "text 2", "…", "text 301", "text 302", "…", "text 303"]);
  assertEquals(keys(whole), [`${messageId(302)}~`]);
});

Deno.test("reduce() says that messages may be missing if the server has lost those above a gap", () => {
  const page = wants(returned(), true).pages(range(50, 300), { more: false });
  assertEquals(page.log.slice(1, 4), ["text 2", "…", "text 50"]);
  assertEquals(keys(page), []);
  assertEquals(wants(returned(), true).pages([], { more: false }).log.slice(1, 4), [
    "text 2",
    "…",
    "text 301",
  ]);
});

Deno.test("reduce() fills a `gap` of a server with a store", () => {
  const gap = {
    type: "gap",
    room: "lobby",
    after: messageId(302),
    before: messageId(400),
  } as const;
  const page = returned({ complete: true, messages: [message(302)] }).hears(gap).says(400);
  assertEquals(page.log.slice(-3), ["text 302", "…", "text 400"]);
  wants(page, true).pages(range(303, 400), { more: true });
  assertEquals([page.log.length, page.log.includes("…")], [101, false]);
  const older = returned({ complete: true, floor: messageId(303) }).hears(gap);
  const memory = online({ messages: [message(302)] }).hears(gap);
  for (const each of [older, memory]) {
    assertEquals([each.log.at(-1), keys(each)], ["…", []]);
  }
});

Deno.test("reduce() counts a `gap` in a room that is not on show as unread", () => {
  const page = returned({ complete: true, messages: [message(302)] });
  page.does({ type: "scrolled", atBottom: true }).does({ type: "scrolled", atBottom: false });
  page.hears({ type: "gap", room: "lobby", after: messageId(302), before: messageId(400) }).says(
    400,
  );
  assertEquals([countText(page.room), page.room.unreadFrom], ["1+", null]);
  page.does({ type: "first_unread_wanted" }).pages(range(303, 399), { more: true });
  assertEquals([countText(page.room), page.room.unreadFrom], ["98", messageId(303)]);
});

Deno.test("reduce() knows that the first unread message is in a gap, and goes there", () => {
  const page = returned();
  assertEquals([countText(page.room), page.room.unreadFrom], ["2+", null]);
  page.does({ type: "first_unread_wanted" });
  assertEquals(asked(page), [messageId(2)]);
  page.pages([message(3, "mine", YOU), ...range(4, 150)], { more: true, moreAfter: true });
  assertEquals([countText(page.room), page.room.unreadFrom], ["149+", messageId(4)]);
  assertEquals([page.room.seeking, asked(page)], [false, []]);
  // Another tab has read a part of it.
  page.does({ type: "stored_elsewhere", key: "read.lobby", value: messageId(200) });
  assertEquals([countText(page.room), page.room.unreadFrom], ["2+", null]);
  wants(page, true).pages(range(151, 300), { more: true });
  assertEquals([countText(page.room), page.room.unreadFrom], ["102", messageId(201)]);
});

Deno.test("reduce() loads changes without a gap where the newest messages overlap its own", () => {
  const page = returned({ messages: range(2, 3), head: messageId(400) });
  assertEquals([page.log, page.state.notice?.text], [
    ["text 1", "text 2", "text 3"],
    "Caught up: 1 message",
  ]);
  assertEquals(rowsOf(page.room.entries).some(({ type }) => type === "gap"), false);
  const [first] = page.state.pending;
  assertEquals(first?.type === "history" && first.since, messageId(2));
  page.pages([message(3)], { more: true, moreAfter: true });
  // After a lost connection, too.
  page.closes().waits(500).welcomed("Ada", 0).joined({ head: messageId(400) });
  page.pages([changed(1, 350)], { more: false });
  assertEquals([page.log, keys(page), page.announced()], [
    ["text 1, changed", "text 2", "text 3"],
    [],
    [],
  ]);
});

Deno.test("reduce() stops at the most entries for a gap in sight, and drops the oldest for the user", () => {
  const wide = (n: number): Message => {
    const id = messageId(0).slice(0, -7) + String(n).padStart(7, "0");
    return { ...message(0), id, text: `${n}` };
  };
  const page = returned({ messages: [wide(9_000_000)] });
  let next = 3;
  const answer = (): void => {
    const messages = Array.from({ length: 200 }, () => wide(next++));
    page.pages(messages, { more: true, moreAfter: true });
  };
  while (asked(wants(page, false)).length > 0) answer();
  assertEquals([page.log.length, page.room.more], [10_004, false]);
  wants(page, true);
  for (let count = 0; count < 20; count++) answer();
  assertEquals([page.log.length <= 10_500, page.room.more], [true, true]);
  assertEquals(page.log.slice(-3), [`${next - 1}`, "…", "9000000"]);
});
