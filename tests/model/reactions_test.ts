/**
 * Tests of reactions, and of replies that wait to be sent.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ErrorCode, Message, Reactions } from "../../chat/protocol/types.ts";
import { isEmoji } from "../../static/model/emoji.js";
import { countUse, frequentEmoji, parseUses } from "../../static/model/emoji_use.js";
import { isMessage } from "../../static/model/log.js";
import { describePill, isReaction, type Pill, pillsOf } from "../../static/model/reactions.js";
import { message, messageId, online, Page, YOU } from "./page_driver.ts";

const ID = messageId(1);
const thumbs = (...users: string[]): Reactions => ({ emoji: "👍", count: users.length, users });
const withReactions = (...reactions: Reactions[]): Message => ({
  ...message(1),
  ...(reactions.length > 0 && { reactions }),
  changed: messageId(2),
});
const page = (...reactions: Reactions[]): Page =>
  online({ messages: [withReactions(...reactions)] });

const pills = (of: Page): readonly Pill[] => {
  const [first] = of.room.entries.filter(isMessage);
  if (first === undefined) throw new Error("No message");
  const pending = of.state.outbox.filter(isReaction);
  return pillsOf(first, { you: of.state.you?.id, pending, reacted: of.room.reacted });
};
/** The reactions in short: "👍2*…" is two of which one is the user's, and not acknowledged. */
const sketch = (of: Page): string[] =>
  pills(of).map(({ emoji, count, isYours, isPending }) =>
    `${emoji}${count}${isYours ? "*" : ""}${isPending ? "…" : ""}`
  );
const toggles = (of: Page, ref: string, emoji = "👍"): Page =>
  of.does({ type: "reaction_toggled", ref, id: ID, emoji });
const acks = (of: Page, ref: string, at?: number): Page =>
  of.hears({
    type: "ack",
    ref,
    room: "lobby",
    id: ID,
    time: 1,
    duplicate: false,
    ...(at !== undefined && { changed: messageId(at) }),
  });

Deno.test("reduce() shows a reaction at once, and keeps it from the ack on", () => {
  const tab = toggles(page(thumbs("bob")), "r");
  assertEquals(sketch(tab), ["👍2*…"]);
  assertEquals(tab.sent("react"), [
    { type: "react", ref: "r", room: "lobby", id: ID, emoji: "👍", on: true },
  ]);
  assertEquals(sketch(acks(tab, "r", 3)), ["👍2*"]);
  const later = { ...withReactions(thumbs("bob", YOU.id, "eve")), changed: messageId(4) };
  assertEquals(sketch(tab.hears({ type: "message", room: "lobby", ...later })), ["👍3*"]);
  toggles(tab, "s");
  assertEquals([sketch(tab), tab.sent("react").length], [["👍2…"], 1]);
});

Deno.test("reduce() shows a reaction once where the message comes before the ack", () => {
  const tab = toggles(page(), "r");
  const next = { ...withReactions(thumbs(YOU.id)), changed: messageId(3) };
  tab.hears({ type: "message", room: "lobby", ...next });
  assertEquals(sketch(tab), ["👍1*"]);
  assertEquals(sketch(acks(tab, "r", 3)), ["👍1*"]);
});

Deno.test("reduce() drops a reaction that was taken back before it was sent", () => {
  const tab = page(thumbs(YOU.id)).closes();
  assertEquals(sketch(toggles(tab, "a")), []);
  assertEquals(sketch(toggles(toggles(tab, "b"), "c", "🎉")), ["👍1*", "🎉1*…"]);
  // The same emoji in another form.
  toggles(toggles(tab, "d", "❤"), "e", "❤️");
  assertEquals(tab.state.outbox.map(({ ref }) => ref), ["c"]);
  assertEquals([tab.stored("outbox.a"), tab.stored("outbox.d")], [null, null]);
});

Deno.test("reduce() takes a reaction back by another command where the server may have it", () => {
  const tab = toggles(page(), "a").closes();
  assertEquals(sketch(toggles(tab, "b")), []);
  assertEquals(tab.state.outbox.map((item) => [item.ref, item.type === "react" && item.on]), [
    ["b", false],
  ]);
});

Deno.test("reduce() undoes a reaction that the server refuses, and says why", () => {
  for (const code of ["too_many_reactions", "emoji_invalid", "not_found"] as const) {
    const tab = toggles(page(thumbs("bob")), "r", "🎉");
    tab.hears({ type: "error", ref: "r", code: code as ErrorCode, message: "" });
    assertEquals([sketch(tab), tab.state.outbox], [["👍1"], []]);
    assertEquals(tab.state.notice?.text.startsWith("Your reaction was not saved"), true, code);
  }
});

Deno.test("reduce() knows the user's reaction among more than the server names", () => {
  const users = Array.from({ length: 20 }, (_, n) => `user ${n}`);
  const many = (count: number, at: number): Message => ({
    ...withReactions({ emoji: "❤️", count, users }),
    changed: messageId(at),
  });
  const tab = online({ messages: [many(24, 2)] });
  acks(toggles(tab, "r", "❤️"), "r", 3);
  tab.hears({ type: "message", room: "lobby", ...many(25, 3) });
  assertEquals(sketch(tab), ["❤️25*"]);
  toggles(tab, "s", "❤️");
  assertEquals(tab.sent("react").map((each) => each.type === "react" && each.on), [true, false]);
  acks(tab, "s", 4);
  assertEquals(sketch(tab.hears({ type: "message", room: "lobby", ...many(24, 4) })), ["❤️24"]);
});

Deno.test("reduce() neither counts nor tells of reactions, and adds none to a deleted message", () => {
  const tab = page().does({ type: "visibility_changed", visible: false });
  tab.does({ type: "notifications_chosen", notifications: "all" });
  const next = { ...withReactions(thumbs("bob")), changed: messageId(3) };
  tab.hears({ type: "message", room: "lobby", ...next });
  assertEquals([tab.room.unread, tab.alerted()], [0, []]);
  const gone = { ...message(1, ""), deleted: true as const, changed: messageId(4) };
  toggles(tab.hears({ type: "message", room: "lobby", ...gone }), "r");
  assertEquals(tab.state.outbox, []);
});

Deno.test("describePill() names the people that the page knows, and counts the others", () => {
  const names = new Map([["b", "Bob"], ["e", "Eve"]]);
  const people = { you: "y", nameOf: (id: string) => names.get(id) };
  const label = (count: number, users: string[], isYours = users.includes("y")) =>
    describePill({ emoji: "👍", count, users, isYours, isPending: false }, people);
  assertEquals(label(3, ["e", "y", "b"]), "👍 3: Eve, Bob and you");
  assertEquals(label(1, ["b"]), "👍 1: Bob");
  assertEquals(label(4, ["b", "x", "y", "z"]), "👍 4: Bob, you and 2 others");
  assertEquals(label(2, ["b", "x"]), "👍 2: Bob and 1 other");
  assertEquals(label(30, ["x"], true), "👍 30: you and 29 others");
  assertEquals(label(1, ["x"]), "👍 1: 1 person");
});

Deno.test("frequentEmoji() gives the most used ones first, then the usual ones", () => {
  assertEquals(frequentEmoji([]), ["👍", "❤️", "😂", "🎉", "😮", "🙏"]);
  const uses = ["🦊", "🎉", "🦊", "🐻"].reduce(countUse, parseUses(null));
  assertEquals(frequentEmoji(uses), ["🦊", "🐻", "🎉", "👍", "❤️", "😂"]);
  const many = Array.from({ length: 100 }, (_, n) => String(n)).reduce(countUse, uses);
  assertEquals([many.length, many.at(-1)], [30, ["99", 1]]);
  assertEquals(parseUses(JSON.parse(JSON.stringify(many))), many);
  assertEquals(parseUses([["x"], 1, ["", 1], ["y".repeat(41), 1], ["🦊", 2]]), [["🦊", 2]]);
});

Deno.test("reduce() stores the emoji with which the user reacts, and takes those of another tab", () => {
  const tab = toggles(toggles(page(), "a", "🦊"), "b", "🦊");
  assertEquals(tab.stored("emoji"), [["🦊", 1]]);
  tab.does({ type: "stored_elsewhere", key: "emoji", value: [["🐻", 3]] });
  assertEquals(tab.state.emojiUses, [["🐻", 3]]);
});

Deno.test("reduce() sends a reply with its message, also after a lost connection", () => {
  const tab = online({ messages: [message(1)] }).does({ type: "reply_wanted", id: ID });
  tab.does({ type: "room_opened", room: "garden" }).does({ type: "room_opened", room: "lobby" });
  assertEquals([tab.room.replyTo, tab.stored("reply.lobby")], [ID, ID]);
  const replies = new Map([["lobby", ID], ["den", "no id"]]);
  const again = new Page({ replies }).does({ type: "room_opened", room: "den" });
  assertEquals(again.state.rooms.map(({ replyTo }) => replyTo), [ID, null]);
  tab.closes().submits("s", "hi");
  assertEquals([tab.room.replyTo, Object(tab.stored("outbox.s")).reply], [null, ID]);
  assertEquals(tab.stored("reply.lobby"), null);
  tab.waits(500).welcomed().joined();
  assertEquals(tab.sent("send"), [{
    type: "send",
    ref: "s",
    room: "lobby",
    text: "hi",
    reply: ID,
  }]);
  tab.acks("s", 2);
  assertEquals(tab.room.entries.filter(isMessage).at(-1)?.reply, ID);
  tab.does({ type: "reply_wanted", id: ID }).does({ type: "reply_dismissed" }).submits("t");
  assertEquals("reply" in (tab.sent("send")[0] ?? {}), false);
});

Deno.test("reduce() sends a reply to the server's id of a message of a later era", () => {
  const tab = online({ messages: [message(8)] }).closes().waits(500).welcomed();
  tab.joined({ messages: [message(1)], complete: false });
  tab.does({ type: "reply_wanted", id: `|${ID}` }).submits("s");
  assertEquals(tab.sent("send").map((each) => each.type === "send" && each.reply), [ID]);
});

Deno.test("reduce() sends a reply to a deleted message without it at the next try", () => {
  const tab = online({ messages: [message(1)] }).does({ type: "reply_wanted", id: ID });
  tab.submits("s", "hi").hears({ type: "error", ref: "s", code: "not_found", message: "" });
  tab.sent();
  const [item] = tab.state.outbox;
  assertEquals([item?.status, item?.type === "send" && item.text], ["failed", "hi"]);
  assertEquals(item?.error.includes("Try again to send it without"), true);
  tab.does({ type: "message_retried", ref: "s" });
  assertEquals(tab.sent("send"), [{ type: "send", ref: "s", room: "lobby", text: "hi" }]);
});

Deno.test("reduce() announces reactions of others to the user's messages in the room on show", () => {
  const own = (at: number, ...reactions: Reactions[]) => ({
    type: "message" as const,
    room: "lobby",
    ...message(1, "my question", YOU),
    changed: messageId(at),
    reactions,
  });
  const members = [YOU, { id: "bob", name: "Bob" }];
  const tab = online({ messages: [message(1, "my question", YOU), message(2)], members, count: 2 });
  tab.hears(own(3, thumbs("bob")));
  assertEquals(tab.announced(), ["Bob reacted with 👍 to: my question"]);
  // Rarely, and none of the user's own.
  tab.hears(own(4, thumbs("bob", "eve"))).waits(5000).hears(own(5, thumbs("bob", "eve", YOU.id)));
  assertEquals(tab.announced().length, 1);
  tab.hears(own(6, thumbs("bob"))).hears(own(7, thumbs("bob", "fox")));
  assertEquals(tab.announced().at(-1), "Somebody reacted with 👍 to: my question");
  tab.waits(5000).hears({
    type: "message",
    room: "lobby",
    ...message(2),
    changed: messageId(8),
    reactions: [thumbs("eve")],
  });
  tab.does({ type: "room_opened", room: "garden" }).waits(5000);
  tab.effects = [];
  assertEquals(tab.hears(own(9, thumbs("bob", "fox", "gnu"))).announced(), []);
});

Deno.test("reduce() reacts to a message of the past that is on show, and puts it into no log", () => {
  const tab = online({ messages: [message(300)], more: true });
  tab.does({ type: "message_wanted", room: "lobby", id: ID });
  tab.pages([withReactions(thumbs("bob")), message(2)], { more: true, moreAfter: true });
  tab.effects = [];
  toggles(tab, "r");
  assertEquals(tab.sent("react").length, 1);
  acks(tab, "r", 301);
  assertEquals([tab.log, tab.state.outbox], [["text 300"], []]);
  const next = { ...withReactions(thumbs("bob", YOU.id)), changed: messageId(301) };
  tab.hears({ type: "message", room: "lobby", ...next });
  const [first] = tab.room.past?.entries.filter(isMessage) ?? [];
  assertEquals(first?.reactions, [thumbs("bob", YOU.id)]);
});

Deno.test("isEmoji() takes one emoji, with or without the selector of its look", () => {
  for (const text of ["👍", "👍\ufe0f", "❤", "❤️", "👩‍💻", "🇩🇪", "👋🏽", "1️⃣", "👨‍👩‍👧‍👦"]) {
    assertEquals(isEmoji(text), true, text);
  }
  for (const text of ["", "a", "1", "👍👍", "👍a", "🇩", "👍".repeat(40), ":)"]) {
    assertEquals(isEmoji(text), false, text);
  }
});
