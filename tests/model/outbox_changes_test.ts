/**
 * Tests of changes of messages in the outbox.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ErrorCode, Message } from "../../chat/protocol/types.ts";
import { queueChange, type WantedChange } from "../../static/model/changes.js";
import { isMessage } from "../../static/model/log.js";
import { nextDeadline } from "../../static/model/reduce.js";
import type { Effect, Step } from "../../static/model/step.js";
import { message, messageId, online, Page, YOU } from "./page_driver.ts";

const ID = messageId(1);

type Wanted = WantedChange extends infer Change
  ? Change extends WantedChange ? Omit<Change, "room" | "id"> : never
  : never;

function queues(page: Page, ...changes: Wanted[]): Page {
  for (const change of changes) {
    const effects: Effect[] = [];
    const step: Step = { state: page.state, effects, now: page.now, random: 0 };
    queueChange(step, { room: "lobby", id: ID, ...change } as WantedChange);
    page.state = step.state;
    page.effects.push(...effects);
  }
  return page.does({ type: "ticked" });
}

const acksChange = (page: Page, ref: string, at: number): Page =>
  page.hears({
    type: "ack",
    ref,
    room: "lobby",
    id: ID,
    time: 1_000,
    changed: messageId(at),
    duplicate: false,
  });

const hears = (page: Page, fields: Partial<Message>): Page =>
  page.hears({ type: "message", room: "lobby", ...message(1, "one", YOU), ...fields });

const page = (): Page => online({ messages: [message(1, "one", YOU)] });

const first = (of: Page): Message => {
  const [entry] = of.room.entries.filter(isMessage);
  if (entry === undefined) throw new Error("No message");
  return entry;
};

Deno.test("queueChange() sends changes and messages of a room one after another", () => {
  const tab = queues(page(), { type: "edit", ref: "e", text: "uno" }, {
    type: "react",
    ref: "r",
    emoji: "👍",
    on: true,
  }).submits("s", "two");
  assertEquals(tab.sent("edit"), [{ type: "edit", ref: "e", room: "lobby", id: ID, text: "uno" }]);
  assertEquals(acksChange(tab, "e", 2).sent(), [
    { type: "react", ref: "r", room: "lobby", id: ID, emoji: "👍", on: true },
  ]);
  assertEquals(acksChange(tab, "r", 3).sentRefs(), ["s"]);
});

Deno.test("queueChange() sends a deletion after the time to undo it, which holds up nothing", () => {
  const tab = queues(page(), { type: "delete", ref: "d" }).submits("s", "two");
  assertEquals(tab.sent().map(({ ref }) => ref), ["s"]);
  tab.acks("s", 2);
  assertEquals(nextDeadline(tab.state), tab.now + 5000);
  assertEquals(tab.waits(4999).sent("delete"), []);
  assertEquals(tab.waits(1).sent("delete"), [{ type: "delete", ref: "d", room: "lobby", id: ID }]);
});

Deno.test("reduce() makes an acknowledged change, whether the message comes before or after", () => {
  const before = queues(page(), { type: "edit", ref: "e", text: "uno" });
  acksChange(before, "e", 2);
  assertEquals([before.log, before.state.outbox], [["uno"], []]);
  assertEquals(before.stored("outbox.e"), null);
  const reactions = [{ emoji: "👍", count: 1, users: ["bob"] }];
  hears(before, { text: "uno", edited: 7, changed: messageId(2), reactions });
  assertEquals([first(before).edited, first(before).reactions], [7, reactions]);

  const after = queues(page(), { type: "edit", ref: "e", text: "uno" });
  hears(after, { text: "uno", edited: 7, changed: messageId(2) });
  acksChange(after, "e", 2);
  assertEquals([after.log, first(after).edited, after.state.outbox], [["uno"], 7, []]);

  const later = queues(page(), { type: "edit", ref: "e", text: "uno" });
  hears(later, { text: "third", edited: 9, changed: messageId(3) });
  assertEquals(acksChange(later, "e", 2).log, ["third"]);
});

Deno.test("reduce() deletes at the ack, and drops the other changes of the message", () => {
  const tab = queues(page(), { type: "delete", ref: "d" });
  tab.waits(5000);
  queues(tab, { type: "edit", ref: "e", text: "uno" });
  acksChange(tab, "d", 2);
  assertEquals([tab.log, first(tab).deleted, tab.state.outbox], [[""], true, []]);
  assertEquals(tab.stored("outbox.e"), null);
});

Deno.test("reduce() sends changes again after a lost connection, with the same ref", () => {
  const tab = queues(page(), { type: "edit", ref: "e", text: "uno" });
  assertEquals(tab.sent("edit").length, 1);
  tab.closes().waits(500).welcomed().joined();
  assertEquals(tab.sent("edit").map(({ ref }) => ref), ["e"]);
});

Deno.test("queueChange() makes one of two edits that are not on their way, under a new ref", () => {
  const tab = page().closes();
  queues(tab, { type: "edit", ref: "e", text: "uno" }, { type: "edit", ref: "f", text: "eins" });
  assertEquals(tab.state.outbox.map(({ ref }) => ref), ["f"]);
  assertEquals([tab.stored("outbox.e"), tab.stored("outbox.f") !== null], [null, true]);
  const onItsWay = queues(page(), { type: "edit", ref: "e", text: "uno" });
  queues(onItsWay, { type: "edit", ref: "f", text: "eins" });
  assertEquals(onItsWay.state.outbox.map(({ ref }) => ref), ["e", "f"]);
});

Deno.test("queueChange() keeps the last of two reactions with one emoji", () => {
  const tab = queues(
    page().closes(),
    { type: "react", ref: "a", emoji: "👍", on: true },
    { type: "react", ref: "b", emoji: "😂", on: true },
    { type: "react", ref: "c", emoji: "👍", on: false },
  );
  assertEquals(tab.state.outbox.map(({ ref }) => ref), ["b", "c"]);
});

const refuses = (tab: Page, ref: string, code: ErrorCode): Page =>
  tab.hears({ type: "error", ref, code, message: code, retryMs: 800 });

Deno.test("reduce() retries, drops or keeps a change that the server refuses", () => {
  const edits = (): Page => queues(page(), { type: "edit", ref: "e", text: "uno" });
  for (const code of ["rate_limited", "unavailable"] as const) {
    const tab = refuses(edits(), "e", code);
    tab.sent();
    assertEquals(tab.waits(800).sent("edit").length, 1, code);
  }
  for (const code of ["not_found", "forbidden"] as const) {
    const tab = refuses(edits(), "e", code);
    assertEquals([tab.state.outbox, tab.stored("outbox.e")], [[], null]);
    assertEquals(tab.state.notice?.text.startsWith("Your edit was not saved: "), true);
    assertEquals([tab.room.draft, tab.stored("draft.lobby")], ["uno", "uno"]);
  }
  const failed = refuses(edits(), "e", "text_invalid");
  assertEquals(failed.state.outbox.map(({ status }) => status), ["failed"]);
  failed.submits("s", "two");
  assertEquals(failed.sentRefs(), ["s"]);
  failed.does({ type: "message_retried", ref: "e" });
  assertEquals(failed.acks("s", 2).sent("edit").length, 1);
  const reaction = queues(page(), { type: "react", ref: "r", emoji: "x", on: true });
  assertEquals(refuses(reaction, "r", "emoji_invalid").state.outbox, []);
});

Deno.test("reduce() sends a deletion that could be undone when the room is left", () => {
  const tab = page().does({ type: "room_opened", room: "garden" }).joined({ room: "garden" });
  queues(tab, { type: "delete", ref: "d" }).sent();
  tab.does({ type: "room_left", room: "lobby" });
  assertEquals(tab.sent().map(({ type }) => type), ["delete", "leave"]);
  assertEquals(tab.state.rooms.map(({ name }) => name), ["garden"]);
  assertEquals(tab.state.outbox.map(({ ref, status }) => [ref, status]), [["d", "sent"]]);
  acksChange(tab, "d", 2);
  assertEquals([tab.state.outbox, tab.stored("outbox.d")], [[], null]);
});

Deno.test("reduce() asks before changes are discarded that were not sent", () => {
  const tab = page().does({ type: "room_opened", room: "garden" }).closes();
  queues(tab, { type: "delete", ref: "d" }).does({ type: "room_left", room: "lobby" });
  assertEquals(tab.state.leaving, "lobby");
  assertEquals(tab.does({ type: "leave_confirmed" }).state.outbox, []);
});

Deno.test("initialState() joins the room of a stored change, which is then sent", () => {
  const before = queues(page().closes(), { type: "delete", ref: "d" });
  const outbox = before.state.outbox.map((item) => ({ ...item, holdUntil: 0 }));
  const tab = new Page({ current: "garden", outbox }).welcomed();
  tab.joined({ room: "lobby" });
  assertEquals(tab.sent("delete").map(({ ref }) => ref), ["d"]);
});

Deno.test("reduce() drops a change that another tab has delivered or undone", () => {
  const tab = queues(page(), { type: "delete", ref: "d" });
  tab.does({ type: "stored_elsewhere", key: "outbox.d", value: null });
  assertEquals([tab.state.outbox, tab.waits(10_000).sent("delete")], [[], []]);
  const other = queues(page().closes(), { type: "edit", ref: "e", text: "uno" }).waits(500);
  other.does({ type: "opened", refs: [] });
  assertEquals(other.state.outbox, []);
});
