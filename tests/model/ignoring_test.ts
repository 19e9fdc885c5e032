/**
 * Tests of people whom the user ignores.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Message } from "../../chat/protocol/types.ts";
import { foldIgnored, MAX_IGNORED } from "../../static/model/ignoring.js";
import { isMessage } from "../../static/model/log.js";
import { shownQuote } from "../../static/model/quotes.js";
import { rowsOf } from "../../static/model/rows.js";
import { BOB, message, messageId, online, type Page, YOU } from "./page_driver.ts";

const EVE = { id: "eveeveeveeveevee", name: "Eve" };

const ignores = (page: Page, user = BOB): Page =>
  page.does({ type: "user_ignored", user, ignored: true });

/** A page that nobody looks at, whose user wants to hear everything, but nothing of Bob. */
function hidden(messages: readonly Message[] = []): Page {
  const page = ignores(online({ messages: [...messages] }));
  page.does({ type: "notifications_chosen", notifications: "all" });
  page.does({ type: "visibility_changed", visible: false });
  page.effects = [];
  return page;
}

/** The rows of the room on show in short. */
function rows({ room, state }: Page): string[] {
  return rowsOf(foldIgnored(room.entries, state)).flatMap((row) => {
    if (row.type === "ignored") return `(${row.messages.map(({ text }) => text).join(" ")})`;
    return row.type === "message" ? row.message.text : [];
  });
}

Deno.test("reduce() is silent about messages of an ignored user", () => {
  const page = hidden();
  page.says(1, "@Ada, look").says(2, "and this");
  const { unread, mentions, unreadFrom } = page.room;
  assertEquals([unread, mentions, unreadFrom], [0, 0, null]);
  assertEquals([page.announced(), page.alerted()], [[], []]);
  page.says(3, "hello", "lobby", EVE);
  assertEquals([page.room.unread, page.room.unreadFrom], [1, messageId(3)]);
  assertEquals([page.announced(), page.alerted()], [["Eve: hello"], ["Eve in #lobby"]]);
});

Deno.test("reduce() counts no message of an ignored user after a return", () => {
  const page = hidden([message(1, "one", EVE)]).closes().waits(500).welcomed();
  page.joined({ messages: [message(2), message(3, "three", EVE), message(4, "@Ada")] });
  assertEquals([page.room.unread, page.room.mentions, page.room.unreadFrom], [
    1,
    0,
    messageId(3),
  ]);
  assertEquals(page.state.notice?.text, "Caught up: 1 message");
});

Deno.test("reduce() shows no typing of an ignored user, from now on", () => {
  const page = online();
  const types = (user: typeof BOB): string[] => {
    page.hears({ type: "typing", room: "lobby", user });
    return page.room.typists.map(({ user }) => user.name);
  };
  assertEquals([types(BOB), types(EVE)], [["Bob"], ["Bob", "Eve"]]);
  assertEquals(ignores(page).room.typists.map(({ user }) => user.name), ["Eve"]);
  assertEquals(types(BOB), ["Eve"]);
});

Deno.test("reduce() takes what an ignored user has said out of the count of unread messages", () => {
  const page = online({ messages: [message(1, "one", EVE)] });
  page.does({ type: "scrolled", atBottom: true });
  page.does({ type: "visibility_changed", visible: false });
  page.says(2, "@Ada").says(3, "three", "lobby", EVE);
  assertEquals([page.room.unread, page.room.mentions], [2, 1]);
  ignores(page);
  const { unread, mentions, unreadFrom } = page.room;
  assertEquals([unread, mentions, unreadFrom], [1, 0, messageId(3)]);
});

Deno.test("reduce() stores each ignored user under a key of their own, with the last name", () => {
  const page = ignores(online());
  assertEquals(page.stored(`ignored.${BOB.id}`), "Bob");
  page.says(1, "hi", "lobby", { ...BOB, name: "Bobby" });
  assertEquals(page.stored(`ignored.${BOB.id}`), "Bobby");
  assertEquals([...page.state.ignored], [[BOB.id, "Bobby"]]);
  page.does({ type: "user_ignored", user: BOB, ignored: false });
  assertEquals([page.stored(`ignored.${BOB.id}`), page.state.ignored.size], [null, 0]);
  assertEquals(page.does({ type: "user_ignored", user: YOU, ignored: true }).state.ignored.size, 0);
});

Deno.test("reduce() takes over whom another tab ignores", () => {
  const page = online();
  const stored = (value: unknown): string[] => {
    page.does({ type: "stored_elsewhere", key: `ignored.${BOB.id}`, value });
    return [...page.state.ignored.values()];
  };
  assertEquals([stored("Bob"), stored("Bobby"), stored(null)], [["Bob"], ["Bobby"], []]);
  assertEquals([stored(7), stored({})], [[], []]);
  page.does({ type: "stored_elsewhere", key: "ignored.", value: "Nobody" });
  assertEquals(page.state.ignored.size, 0);
});

Deno.test(`reduce() ignores ${MAX_IGNORED} people at most, and says so`, () => {
  const page = online();
  for (let i = 0; i < MAX_IGNORED; i++) ignores(page, { id: `id${i}`, name: `Bot ${i}` });
  assertEquals(ignores(page).state.ignored.size, MAX_IGNORED);
  assertEquals(page.state.notice?.text, `You can ignore ${MAX_IGNORED} people at most`);
  page.does({ type: "stored_elsewhere", key: `ignored.${BOB.id}`, value: "Bob" });
  assertEquals(page.state.ignored.size, MAX_IGNORED);
});

Deno.test("foldIgnored() makes one entry of messages that follow one another", () => {
  const page = hidden([message(1), message(2), message(3, "Eve's", EVE), message(4)]);
  ignores(page, { id: "other", name: "Other" });
  page.says(5, "other's", "lobby", { id: "other", name: "Other" });
  assertEquals(rows(page), ["(text 1 text 2)", "Eve's", "(text 4 other's)"]);
  page.does({ type: "ignored_shown", ids: [messageId(1), messageId(2)] });
  assertEquals(rows(page), ["text 1", "text 2", "Eve's", "(text 4 other's)"]);
  // A message that comes later is folded again.
  assertEquals(rows(page.says(6)).at(-1), "(text 4 other's text 6)");
  page.does({ type: "user_ignored", user: BOB, ignored: false });
  assertEquals(rows(page), ["text 1", "text 2", "Eve's", "text 4", "(other's)", "text 6"]);
});

Deno.test("reduce() shows the message of an ignored user to which a link leads", () => {
  const page = hidden([message(1), message(2)]);
  page.does({ type: "message_wanted", room: "lobby", id: messageId(2) });
  assertEquals(rows(page), ["(text 1)", "text 2"]);
});

Deno.test("shownQuote() shows nothing that an ignored user has said, until that is shown", () => {
  const page = ignores(online({ messages: [message(1), message(2, "x", EVE)] }));
  const isIgnored = (n: number) => (
    shownQuote(page.state, page.room, messageId(n))?.isIgnored ?? false
  );
  assertEquals([isIgnored(1), isIgnored(2)], [true, false]);
  page.does({ type: "ignored_shown", ids: [messageId(1)] });
  assertEquals(isIgnored(1), false);
  assertEquals(shownQuote(page.state, page.room, messageId(3)), undefined);
});

Deno.test("reduce() is silent about edits by ignored users, and announces others' as plain text", () => {
  const page = online({ messages: [message(1), message(2, "two", EVE)] });
  ignores(page).does({ type: "scrolled", atBottom: true });
  page.effects = [];
  const edits = (n: number, user: typeof BOB): string[] => {
    const edited = { ...message(n, "@Ada **new**", user), edited: 1, changed: messageId(n + 7) };
    page.hears({ type: "message", room: "lobby", ...edited }).waits(5000);
    return page.announced();
  };
  assertEquals(edits(1, BOB), []);
  assertEquals(edits(2, EVE), ["Eve edited: @Ada new"]);
});

Deno.test("foldIgnored() takes time linear in the log, and leaves one without them as it is", () => {
  const entries = Array.from({ length: 10_000 }, (_, i) => ({ ...message(i), id: `${i}` }));
  const nothing = { ignored: new Map(), revealed: new Set<string>() };
  assertEquals(foldIgnored(entries, nothing) === entries, true);
  const [only, ...others] = foldIgnored(entries, { ...nothing, ignored: new Map([[BOB.id, ""]]) });
  assertEquals([isMessage(only) && only.folded?.length, others.length], [10_000, 0]);
});
