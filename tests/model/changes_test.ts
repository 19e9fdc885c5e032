/**
 * Tests of messages that were changed or deleted.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Message } from "../../chat/protocol/types.ts";
import { isMessage } from "../../static/model/log.js";
import { rowsOf } from "../../static/model/rows.js";
import { message, messageId, online, type Page } from "./page_driver.ts";

const changed = (n: number, at: number, fields: Partial<Message> = {}): Message => ({
  ...message(n, `text ${n}, changed`),
  changed: messageId(at),
  ...fields,
});

const hears = (page: Page, ...messages: Message[]): Page =>
  page.hears(...messages.map((each) => ({ type: "message" as const, room: "lobby", ...each })));

/** A page that nobody looks at, with three messages, all of which were read. */
function hidden(): Page {
  const page = online({ messages: [message(1), message(2, "two @Ada"), message(3)], more: true });
  page.does({ type: "notifications_chosen", notifications: "all" });
  page.does({ type: "visibility_changed", visible: false });
  page.effects = [];
  return page;
}

Deno.test("reduce() replaces a changed message, and neither counts nor announces it", () => {
  const page = hears(hidden(), changed(2, 4, { text: "@Ada, again" }));
  assertEquals(page.log, ["text 1", "@Ada, again", "text 3"]);
  assertEquals([page.room.unread, page.room.mentions, page.room.unreadFrom], [0, 0, null]);
  assertEquals([page.announced(), page.alerted()], [[], []]);
  assertEquals(page.room.since, messageId(4));
});

Deno.test("reduce() keeps the later one of two states, whichever comes first", () => {
  const page = hears(hidden(), changed(2, 5, { text: "second" }), changed(2, 4), message(2));
  assertEquals(page.log[1], "second");
});

Deno.test("reduce() drops a change of a message that is older than its log", () => {
  assertEquals(hears(hidden(), changed(0, 4)).log, ["text 1", "two @Ada", "text 3"]);
  const whole = hears(online({ messages: [message(1)] }), changed(0, 4));
  assertEquals([whole.log, whole.room.since], [["text 1"], messageId(4)]);
  const empty = hears(online({ head: messageId(3) }), changed(1, 4), changed(5, 6));
  assertEquals(empty.log, ["text 5, changed"]);
});

Deno.test("reduce() inserts a message at its place that was changed before it was seen", () => {
  const page = hears(hidden(), changed(4, 6), message(5));
  assertEquals(page.log.slice(2), ["text 3", "text 4, changed", "text 5"]);
  assertEquals([page.room.unread, page.alerted().length], [2, 2]);
});

Deno.test("reduce() leaves a change of a message that is in a gap to the gap", () => {
  const page = online({ messages: [message(2)] }).closes().waits(500).welcomed("Ada", 0);
  page.joined({ complete: false, more: true, messages: [message(301)] });
  hears(page, changed(150, 302), message(303));
  assertEquals(page.log, ["text 2", "…", "text 301", "text 303"]);
  const key = `${messageId(2)}~`;
  page.does({ type: "gap_wanted", key, isWhole: true });
  page.pages([message(149), message(151), message(301)], { more: true, moreAfter: true });
  page.pages([changed(150, 302), message(303)], { more: true, moreAfter: false });
  assertEquals(page.log.slice(1), [
    "text 149",
    "text 150, changed",
    "text 151",
    "text 301",
    "text 303",
  ]);
});

Deno.test("reduce() resumes after the newest position, and takes the changes that it missed", () => {
  const page = hears(hidden(), changed(1, 4)).closes().waits(500);
  page.sent();
  page.welcomed();
  assertEquals(page.sent("join").map((command) => command.type === "join" && command.since), [
    messageId(4),
  ]);
  page.joined({
    messages: [changed(3, 5), changed(0, 6), message(7), changed(2, 8)],
    follow: 1,
    head: messageId(9),
  });
  assertEquals(page.log, ["text 1, changed", "text 2, changed", "text 3, changed", "text 7"]);
  assertEquals(page.room.since, messageId(8));
  hears(page, changed(1, 9));
  assertEquals([page.room.unread, page.room.unreadFrom, page.room.since], [
    1,
    messageId(7),
    messageId(9),
  ]);
});

Deno.test("reduce() takes the later state of a message from a page of older ones", () => {
  const page = hidden().does({ type: "older_wanted" });
  page.pages([changed(0, 2), message(1)]);
  assertEquals(page.log.slice(0, 2), ["text 0, changed", "text 1"]);
});

Deno.test("reduce() stores the position of a change as read, for other tabs", () => {
  const page = hears(online({ messages: [message(1), message(2)] }), changed(1, 3));
  assertEquals(page.waits(1000).stored("read.lobby"), messageId(3));
  const other = hidden().does({
    type: "stored_elsewhere",
    key: "read.lobby",
    value: messageId(5),
  });
  hears(other, changed(4, 6), changed(7, 8));
  assertEquals(other.room.unread, 1);
});

Deno.test("reduce() takes a deleted message without its text, and never counts it", () => {
  const gone = { text: "", deleted: true } as const;
  const page = hears(hidden(), changed(2, 4, gone), changed(5, 6, gone));
  assertEquals(page.log, ["text 1", "", "text 3", ""]);
  assertEquals([page.room.unread, page.announced(), page.alerted()], [0, [], []]);
  const kept = page.room.entries.filter(isMessage).map(({ deleted }) => deleted);
  assertEquals(kept, [undefined, true, undefined, true]);
  page.says(7).says(8);
  hears(page, changed(7, 9, gone));
  assertEquals([page.room.unread, page.room.unreadFrom], [1, messageId(8)]);
  const next = hidden().closes().waits(500).welcomed().joined({ messages: [changed(4, 5, gone)] });
  assertEquals([next.room.unread, next.log.at(-1)], [0, ""]);
});

Deno.test("rowsOf() gives a changed message another key", () => {
  const keys = [message(1), changed(1, 2), changed(1, 3)].map((each) => rowsOf([each])[1]?.key);
  assertEquals(new Set(keys).size, 3);
});

const edited = (n: number, at: number, text: string): Message =>
  changed(n, at, { text, edited: 1_000 });

Deno.test("reduce() announces the last of many edits of what is being read, and no old ones", () => {
  const page = online({ messages: [message(1), ...numbers(2, 40)] });
  for (let n = 0; n < 200; n++) hears(page, edited(40, 100 + n, `edit ${n}`));
  assertEquals(page.announced(), []);
  assertEquals(page.waits(2000).announced(), ["Bob edited: edit 199"]);
  page.effects = [];
  hears(page, edited(1, 400, "long ago")).waits(2000);
  page.does({ type: "scrolled", atBottom: false });
  hears(page, edited(40, 401, "below")).waits(2000);
  assertEquals(page.announced(), []);
  page.does({ type: "scrolled", atBottom: true });
  hears(page, edited(40, 402, "gone"), changed(40, 403, { text: "", deleted: true })).waits(2000);
  assertEquals(page.announced(), []);
});

Deno.test("reduce() tells once of an edit that adds a mention, and not of one that keeps it", () => {
  const page = hidden().says(4);
  page.effects = [];
  hears(page, edited(4, 5, "now @Ada")).waits(2000);
  assertEquals([page.alerted().length, page.room.mentions, page.room.unread], [1, 1, 1]);
  hears(page, edited(4, 6, "still @Ada"), edited(2, 7, "two for @Ada")).waits(2000);
  assertEquals([page.alerted().length, page.room.mentions], [1, 1]);
  hears(page, edited(4, 8, "not any more")).waits(2000);
  assertEquals([page.alerted().length, page.room.mentions], [1, 0]);
});

Deno.test("reduce() announces an edit in another room only if it adds a mention", () => {
  const page = online({ messages: [message(1)] }).does({ type: "room_opened", room: "garden" });
  page.joined({ room: "garden" });
  page.effects = [];
  hears(page, edited(1, 2, "one more")).waits(2000);
  assertEquals(page.announced(), []);
  hears(page, edited(1, 3, "@Ada")).waits(2000);
  assertEquals(page.announced(), ["Bob in #lobby edited: @Ada"]);
});

function numbers(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
}
