/**
 * Tests of editing and deleting one's own messages.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Message } from "../../chat/protocol/types.ts";
import { lastEditable } from "../../static/model/editing.js";
import { isMessage } from "../../static/model/log.js";
import { overlayOf } from "../../static/model/overlay.js";
import { rowsOf } from "../../static/model/rows.js";
import { message, messageId, online, Page, YOU } from "./page_driver.ts";

const page = (): Page =>
  online({ messages: [message(1, "one", YOU), message(2), message(3, "three", YOU)] });

const acks = (tab: Page, ref: string, n: number, at: number): Page =>
  tab.hears({
    type: "ack",
    ref,
    room: "lobby",
    id: messageId(n),
    time: 1_000,
    changed: messageId(at),
    duplicate: false,
  });

const hears = (tab: Page, n: number, fields: Partial<Message>): Page =>
  tab.hears({ type: "message", room: "lobby", ...message(n, "", YOU), ...fields });

/** The rows of the messages in the log. */
const shown = (tab: Page): string[] =>
  rowsOf(tab.room.entries, { outbox: tab.state.outbox, you: YOU.id }).flatMap((row) => {
    if (row.type === "outgoing") return [row.item.text];
    if (row.type !== "message") return [];
    const { text, edit, deletion } = overlayOf(row.message, row.pending);
    const isDeleted = row.message.deleted || deletion !== undefined;
    return [isDeleted ? "deleted" : edit === undefined ? text : `${text} (${edit.status})`];
  });

Deno.test("reduce() edits the last own message from an empty composer, and sends it", () => {
  const tab = page().drafts("a draft").does({ type: "edit_wanted" });
  assertEquals(tab.room.editing, { id: messageId(3), text: "three", original: "three" });
  assertEquals(tab.effects.at(-1), { type: "announce", text: "You are editing your last message" });
  tab.drafts("drei");
  assertEquals([tab.room.draft, tab.room.editing?.text], ["a draft", "drei"]);
  tab.sent();
  tab.submits("e", "drei");
  assertEquals(tab.sent(), [
    { type: "edit", ref: "e", room: "lobby", id: messageId(3), text: "drei" },
  ]);
  assertEquals([tab.room.editing, tab.room.draft], [null, "a draft"]);
  assertEquals(shown(tab), ["one", "text 2", "drei (sent)"]);
  assertEquals(shown(acks(tab, "e", 3, 4)), ["one", "text 2", "drei"]);
});

Deno.test("reduce() sends no `typing` for an edit", () => {
  const tab = page().does({ type: "edit_wanted" }).drafts("drei");
  assertEquals(tab.sent("typing"), []);
});

Deno.test("reduce() sends nothing for an unchanged text, and asks to delete for an empty one", () => {
  const tab = page().does({ type: "edit_wanted" }).submits("e", "three");
  assertEquals([tab.sent(), tab.room.editing, tab.state.outbox], [[], null, []]);
  tab.does({ type: "edit_wanted" }).drafts("").submits("f", "");
  assertEquals(tab.state.deleting, { room: "lobby", id: messageId(3) });
  tab.does({ type: "delete_dismissed" });
  assertEquals(tab.room.editing?.id, messageId(3));
  tab.submits("g", "").does({ type: "delete_confirmed", ref: "d" });
  assertEquals([tab.room.editing, tab.state.deleting], [null, null]);
  assertEquals(shown(tab), ["one", "text 2", "deleted"]);
});

Deno.test("reduce() undoes a deletion until it is sent, and deletes after 5 s", () => {
  const tab = page().does({ type: "delete_wanted", id: messageId(1) });
  tab.does({ type: "delete_confirmed", ref: "d" });
  assertEquals([shown(tab)[0], tab.announced().length], ["deleted", 1]);
  tab.waits(4000).does({ type: "delete_undone", ref: "d" });
  assertEquals([shown(tab)[0], tab.stored("outbox.d"), tab.announced().length], ["one", null, 2]);
  assertEquals(tab.waits(10_000).sent("delete"), []);
  tab.does({ type: "delete_wanted", id: messageId(1) });
  tab.does({ type: "delete_confirmed", ref: "x" }).waits(5000);
  tab.does({ type: "delete_undone", ref: "x" });
  assertEquals(tab.sent("delete").length, 1);
  assertEquals(tab.state.outbox.length, 1);
});

Deno.test("reduce() withdraws what is announced of a message when its text goes", () => {
  const tab = page();
  const withdrawn = () => {
    const ids = tab.effects.flatMap((effect) => effect.type === "withdraw" ? [effect.id] : []);
    tab.effects = [];
    return ids;
  };
  const announced = tab.says(4, "a secret").effects.find(({ type }) => type === "announce");
  assertEquals([announced?.type === "announce" && announced.id, withdrawn()], [messageId(4), []]);
  const reactions = [{ emoji: "👍", count: 1, users: [YOU.id] }];
  const event = { type: "message" as const, room: "lobby", ...message(4, "a secret") };
  tab.hears({ ...event, reactions, changed: messageId(5) });
  assertEquals(withdrawn(), []);
  tab.hears({ ...event, text: "nothing", edited: 1, changed: messageId(6) });
  assertEquals(withdrawn(), [messageId(4)]);
  tab.hears({ ...event, text: "", deleted: true, changed: messageId(7) });
  assertEquals(withdrawn(), [messageId(4)]);
  tab.does({ type: "delete_wanted", id: messageId(1) }).does({
    type: "delete_confirmed",
    ref: "d",
  });
  assertEquals(withdrawn(), [messageId(1)]);
});

Deno.test("reduce() takes back no deletion that the server may have, after a lost connection", () => {
  const tab = page().does({ type: "delete_wanted", id: messageId(1) });
  tab.does({ type: "delete_confirmed", ref: "d" }).waits(5000).closes();
  tab.effects = [];
  tab.does({ type: "delete_undone", ref: "d" });
  assertEquals([tab.state.outbox.length, tab.announced()], [1, []]);
});

Deno.test("reduce() leaves time to undo a deletion of another tab, but no more than that", () => {
  const before = page().does({ type: "delete_wanted", id: messageId(1) });
  before.does({ type: "delete_confirmed", ref: "d" });
  const outbox = before.state.outbox.map((item) => ({ ...item, isTried: true }));
  const other = new Page({ outbox }).welcomed().joined({ messages: [message(1, "one", YOU)] });
  assertEquals(other.waits(4000).sent("delete"), []);
  assertEquals(other.waits(1000).sent("delete").length, 1);
  const odd = outbox.map((item) => ({ ...item, holdUntil: 9e99 }));
  const later = new Page({ outbox: odd }).welcomed().joined();
  assertEquals(later.sent("delete").length, 1);
});

Deno.test("lastEditable() skips what is not the user's, deleted, or about to be deleted", () => {
  const tab = page();
  hears(tab, 3, { text: "", deleted: true, changed: messageId(5) });
  assertEquals(lastEditable(tab.state), messageId(1));
  tab.does({ type: "delete_wanted", id: messageId(1) }).does({
    type: "delete_confirmed",
    ref: "d",
  });
  assertEquals(lastEditable(tab.state), "");
  assertEquals(lastEditable(tab.closes().submits("s", "new").state), "s");
  assertEquals(tab.does({ type: "edit_wanted", id: messageId(2) }).room.editing, null);
});

Deno.test("reduce() edits a message that was not sent yet in its place", () => {
  const tab = page().closes().submits("a", "first").submits("b", "second");
  tab.does({ type: "edit_wanted", id: "a" }).submits("x", "erst");
  assertEquals(shown(tab).slice(3), ["erst", "second"]);
  assertEquals(tab.state.outbox.map(({ ref }) => ref), ["a", "b"]);
  tab.waits(500).welcomed().joined().sent;
  assertEquals(tab.sent("send"), [{ type: "send", ref: "a", room: "lobby", text: "erst" }]);
  assertEquals(tab.acks("a", 4).sent("edit"), []);
});

Deno.test("reduce() edits a failed message, which is sent again", () => {
  const tab = page().submits("a", "first").refuses("a", "text_invalid");
  tab.sent();
  tab.does({ type: "edit_wanted" }).submits("x", "erst");
  assertEquals(tab.sent("send"), [{ type: "send", ref: "a", room: "lobby", text: "erst" }]);
});

Deno.test("reduce() sends an edit after the ack of a message that was on its way", () => {
  const tab = page().submits("a", "first").does({ type: "edit_wanted" });
  assertEquals(tab.room.editing?.id, "a");
  tab.submits("x", "erst");
  assertEquals(shown(tab).at(-1), "erst");
  tab.sent();
  tab.acks("a", 4);
  const [command] = tab.sent("edit");
  assertEquals(command?.type === "edit" && [command.id, command.text], [messageId(4), "erst"]);
  hears(tab, 4, { text: "first" });
  assertEquals(shown(tab).at(-1), "erst (sent)");
});

Deno.test("reduce() goes on editing a message that is acknowledged meanwhile", () => {
  const tab = page().submits("a", "first").does({ type: "edit_wanted" }).drafts("erst");
  tab.acks("a", 4);
  assertEquals(tab.room.editing, { id: messageId(4), text: "erst", original: "first" });
  assertEquals(tab.submits("x", "erst").sent("edit").length, 1);
});

Deno.test("reduce() keeps the edit and the draft over another room and a lost connection", () => {
  const tab = page().drafts("a draft").does({ type: "edit_wanted" }).drafts("drei");
  tab.does({ type: "room_opened", room: "garden" }).closes().waits(500).welcomed();
  tab.joined({ room: "garden" }).joined({ room: "lobby", messages: [] });
  tab.does({ type: "room_opened", room: "lobby" });
  assertEquals([tab.room.draft, tab.room.editing?.text], ["a draft", "drei"]);
  assertEquals(tab.does({ type: "edit_dismissed" }).room.draft, "a draft");
  tab.does({ type: "edit_wanted" }).drafts("drei").drafts("vier");
  tab.does({ type: "room_left", room: "lobby" });
  assertEquals(tab.state.leaving, "lobby");
});

Deno.test("reduce() keeps the text of an edit whose message is deleted elsewhere", () => {
  const tab = page().drafts("a draft").does({ type: "edit_wanted" }).drafts("drei");
  hears(tab, 3, { text: "", deleted: true, changed: messageId(4) });
  assertEquals([tab.room.editing, tab.room.draft], [null, "a draft\ndrei"]);
  assertEquals(tab.stored("draft.lobby"), "a draft\ndrei");
  assertEquals(tab.state.notice?.text.includes("was deleted"), true);
});

Deno.test("reduce() closes the dialogs about a message that is deleted elsewhere", () => {
  const tab = page().does({ type: "delete_wanted", id: messageId(3) });
  tab.does({ type: "reaction_wanted", id: messageId(2) });
  hears(tab, 1, { text: "", deleted: true, changed: messageId(4) });
  assertEquals(tab.state.deleting?.id, messageId(3));
  assertEquals(tab.state.reactingTo, messageId(2));
  hears(tab, 3, { text: "", deleted: true, changed: messageId(5) });
  assertEquals(tab.state.deleting, null);
  hears(tab, 2, { text: "", deleted: true, changed: messageId(6) });
  assertEquals(tab.state.reactingTo, "");
});

Deno.test("reduce() deletes a message that is acknowledged while the user is asked", () => {
  const tab = page().submits("a", "first").does({ type: "delete_wanted", id: "a" });
  tab.acks("a", 4).does({ type: "delete_confirmed", ref: "d" }).waits(5_000);
  assertEquals(tab.sent("delete"), [
    { type: "delete", ref: "d", room: "lobby", id: messageId(4) },
  ]);
});

Deno.test("reduce() tells of a message that is edited elsewhere while the user edits it", () => {
  const tab = page().does({ type: "edit_wanted" });
  hears(tab, 3, { text: "trois", edited: 4, changed: messageId(4) });
  assertEquals(tab.room.editing?.text, "trois");
  tab.drafts("drei");
  hears(tab, 3, { text: "tre", edited: 5, changed: messageId(5) });
  assertEquals(tab.room.editing?.text, "drei");
  assertEquals(tab.state.notice?.text.includes("edited elsewhere"), true);
  assertEquals(tab.submits("e", "drei").sent("edit").length, 1);
});

Deno.test("reduce() drops an edit that was not sent when its text is put back", () => {
  const tab = page().closes().does({ type: "edit_wanted" }).submits("e", "drei");
  assertEquals(shown(tab).at(-1), "drei (queued)");
  tab.does({ type: "edit_wanted" });
  assertEquals(tab.room.editing?.text, "drei");
  tab.submits("f", "three");
  assertEquals([shown(tab).at(-1), tab.state.outbox], ["three", []]);
});

Deno.test("reduce() keeps a refused edit to be tried again or discarded", () => {
  const tab = page().does({ type: "edit_wanted" }).submits("e", "drei");
  tab.refuses("e", "text_invalid");
  assertEquals(shown(tab).at(-1), "drei (failed)");
  assertEquals(tab.does({ type: "message_discarded", ref: "e" }).state.outbox, []);
  assertEquals(shown(tab).at(-1), "three");
});

Deno.test("reduce() shows the deletion of a message that was edited while the client was away", () => {
  const tab = page().closes().waits(500).welcomed();
  const gone = { ...message(3, "", YOU), deleted: true as const, changed: messageId(5) };
  tab.joined({ messages: [gone] });
  assertEquals(tab.room.entries.filter(isMessage).at(-1)?.deleted, true);
});

Deno.test("reduce() offers no edit where the server has none", () => {
  const tab = page();
  tab.state = { ...tab.state, features: [] };
  assertEquals(lastEditable(tab.state), "");
});

Deno.test("reduce() sends deletions when the page is left, though they could still be undone", () => {
  const tab = page().does({ type: "delete_wanted", id: messageId(1) });
  tab.does({ type: "delete_confirmed", ref: "d" });
  assertEquals(tab.sent("delete"), []);
  assertEquals(tab.does({ type: "page_left" }).sent("delete").map(({ ref }) => ref), ["d"]);
});

Deno.test("reduce() takes the text that another tab has given to a message which both send", () => {
  const tab = page().closes().submits("s", "old");
  const other = new Page({ outbox: tab.state.outbox.map((item) => ({ ...item, isTried: true })) });
  tab.does({ type: "edit_wanted", id: "s" }).submits("x", "new");
  const value = tab.stored("outbox.s");
  other.does({ type: "stored_elsewhere", key: "outbox.s", value });
  other.welcomed().joined().acks("s", 9);
  // The server may have had the old one.
  const sent = other.sent().flatMap((each) =>
    each.type === "send" || each.type === "edit" ? [[each.type, each.text]] : []
  );
  assertEquals(sent, [["send", "new"], ["edit", "new"]]);
  for (const odd of [null, 1, {}, { text: 1 }]) {
    new Page({ outbox: tab.state.outbox }).does({
      type: "stored_elsewhere",
      key: "outbox.s",
      value: odd,
    });
  }
});
