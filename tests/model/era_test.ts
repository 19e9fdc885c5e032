/**
 * Tests of a server whose ids are smaller than those of the page: its clock was set back before a
 * restart, or it is another instance whose clock is behind.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { JoinedEvent } from "../../chat/protocol/types.ts";
import { rowsOf } from "../../static/model/rows.js";
import { BOB, message, messageId, online, type Page, YOU } from "./page_driver.ts";

/** A page with two messages of a server whose ids begin at 100. */
function settled(fields: Partial<JoinedEvent> = {}): Page {
  return online({ messages: [message(100), message(101)], ...fields });
}

/** Reconnects to a server without the messages of the page. */
function returns(page: Page, fields: Partial<JoinedEvent> = {}): Page {
  return page.closes().waits(500).welcomed().joined({ complete: false, ...fields });
}

/** The command with which the page joins again. */
function rejoin(page: Page): unknown {
  page.closes().waits(500).sent();
  return page.welcomed().sent("join")[0];
}

Deno.test("reduce() puts messages with smaller ids below a gap", () => {
  const page = returns(settled(), { messages: [message(1), message(2)] });
  assertEquals(page.log, ["text 100", "text 101", "…", "text 1", "text 2"]);
  page.says(3).submits("a", "mine").acks("a", 4);
  page.hears({ type: "message", room: "lobby", ...message(4, "mine", YOU) }).says(5).says(5);
  assertEquals(page.log.slice(3), ["text 1", "text 2", "text 3", "mine", "text 5"]);
});

Deno.test("reduce() puts messages below a gap if only the head was smaller", () => {
  const page = returns(settled(), { head: messageId(1) }).says(2);
  assertEquals(page.log, ["text 100", "text 101", "…", "text 2"]);
});

Deno.test("reduce() puts messages below although the server's clock has caught up", () => {
  const page = returns(settled(), { messages: [message(50), message(102)] });
  assertEquals(page.log, ["text 100", "text 101", "…", "text 50", "text 102"]);
});

Deno.test("reduce() puts messages below an own one that was acked beyond the position", () => {
  const page = settled().submits("a", "mine").acks("a", 105);
  returns(page, { messages: [message(103)] });
  assertEquals(page.log, ["text 100", "text 101", "mine", "…", "text 103"]);
});

Deno.test("reduce() resumes after the head of a server with smaller ids", () => {
  const page = returns(settled(), { head: messageId(1) });
  assertEquals(rejoin(page), { type: "join", room: "lobby", since: messageId(1), ref: "6" });
  page.joined({ messages: [message(2), message(3)] });
  assertEquals(page.log.slice(3), ["text 2", "text 3"]);
  assertEquals(page.state.notice?.text, "Caught up: 2 messages");
  page.says(4);
  assertEquals(page.room.since, messageId(4));
});

Deno.test("reduce() sends its outbox to a server with smaller ids", () => {
  const page = settled().closes().submits("a").submits("b").waits(500);
  page.sent();
  page.welcomed().joined({ complete: false, messages: [message(1)] });
  assertEquals(page.sentRefs(), ["a"]);
  assertEquals(page.acks("a", 2).sentRefs(), ["b"]);
  assertEquals(page.acks("b", 3).log.slice(3), ["text 1", "a", "b"]);
});

Deno.test("reduce() counts messages with smaller ids as unread", () => {
  const page = settled().does({ type: "visibility_changed", visible: false });
  returns(page, { messages: [message(1), message(2, "mine", YOU)] }).says(3);
  assertEquals(page.room.unread, 2);
  const rows = rowsOf(page.room.entries, { unreadFrom: page.room.unreadFrom });
  const texts = rows.map((row) => row.type === "message" ? row.message.text : row.type);
  assertEquals(texts.slice(-5), ["gap", "unread", "text 1", "mine", "text 3"]);
  page.does({ type: "visibility_changed", visible: true }).does({
    type: "scrolled",
    atBottom: true,
  });
  assertEquals(page.room.unread, 0);
  page.does({ type: "visibility_changed", visible: false });
  assertEquals(page.stored("read.lobby"), messageId(3));
});

Deno.test("reduce() counts a newcomer's messages as unread if the read position does not cover them", () => {
  const read = new Map([["lobby", messageId(100)]]);
  const page = online({ messages: [message(1)] }, { read });
  assertEquals([page.room.unread, page.log], [1, ["text 1"]]);
});

Deno.test("reduce() shows no message twice when it changes between servers", () => {
  const page = returns(settled(), { messages: [message(1)] });
  returns(page, { messages: [message(100), message(101), message(102)] });
  returns(page, { messages: [message(1), message(2)] });
  assertEquals(page.log, ["text 100", "text 101", "…", "text 1", "…", "text 102", "…", "text 2"]);
});

Deno.test("reduce() puts messages below when clocks are set back repeatedly", () => {
  const page = settled();
  for (const n of [50, 30, 10]) returns(page, { messages: [message(n)] });
  assertEquals(
    page.says(11).log,
    ["text 100", "text 101", "…", "text 50", "…", "text 30", "…", "text 10", "text 11"],
  );
});

Deno.test("reduce() keeps its log when the next server's ids are greater", () => {
  const page = returns(settled(), { messages: [message(1)] });
  returns(page, { messages: [message(200)] });
  assertEquals(page.log, ["text 100", "text 101", "…", "text 1", "…", "text 200"]);
  assertEquals(page.room.since, messageId(200));
});

Deno.test("reduce() adds gaps and membership lines among smaller ids", () => {
  const page = returns(settled(), { messages: [message(1)], members: [YOU], count: 1 });
  page.hears({ type: "gap", room: "lobby", after: messageId(1), before: messageId(5) }).says(5);
  page.hears({ type: "presence", room: "lobby", joined: [BOB], count: 2 }).says(6);
  assertEquals(page.log.slice(2), ["…", "text 1", "…", "text 5", "+Bob", "text 6"]);
});

Deno.test("reduce() adds a membership line of a server with smaller ids before its first message", () => {
  const page = returns(settled(), { head: messageId(1) });
  page.hears({ type: "presence", room: "lobby", joined: [BOB], count: 2 }).says(2);
  assertEquals(page.log, ["text 100", "text 101", "…", "+Bob", "text 2"]);
});

Deno.test("reduce() requests no messages of another server", () => {
  const page = returns(settled({ more: true }), { messages: [message(1)], more: true });
  page.sent();
  assertEquals(page.does({ type: "older_wanted" }).sent("history"), []);
});

Deno.test("reduce() pages back from smaller ids in an empty room", () => {
  const page = online({ head: messageId(100) });
  returns(page, { messages: [message(5)], more: true });
  assertEquals(page.log, ["text 5"]);
  page.sent();
  page.does({ type: "older_wanted" });
  assertEquals(page.sent("history").map((command) => "before" in command && command.before), [
    messageId(5),
  ]);
  page.hears({
    type: "history",
    room: "lobby",
    messages: [message(4)],
    more: false,
    moreAfter: false,
  });
  assertEquals(page.log, ["text 4", "text 5"]);
});
