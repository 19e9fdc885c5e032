import { assertEquals, assertMatch } from "@std/assert";
import type { Settings } from "../../chat/protocol/types.ts";
import { nextDeadline } from "../../static/model/reduce.js";
import { rowsOf } from "../../static/model/rows.js";
import { silenceIn } from "../../static/model/silence.js";
import { message, online, type Page, YOU } from "./page_driver.ts";

const SETTINGS: Settings = {
  topic: "",
  owner: null,
  moderators: [],
  locked: false,
  readOnly: false,
  slowMs: 0,
  listed: true,
};
const slow = (slowMs: number) => online({ settings: { ...SETTINGS, slowMs } });
const silence = ({ state, room }: Page) => silenceIn(state, room);

function refuse(
  page: Page,
  ref: string,
  code: "muted" | "rate_limited" | "not_found",
  retryMs = 0,
) {
  return page.hears({ type: "error", ref, code, message: "", retryMs });
}

Deno.test("reduce() knows that the user is muted, keeps the text, and when it is over", () => {
  const page = refuse(online().submits("a"), "a", "muted", 20_000);
  assertEquals(silence(page), "muted");
  assertEquals(page.state.outbox.map(({ status }) => status), ["failed"]);
  assertMatch(page.state.outbox[0]?.error ?? "", /only read/);
  // One second of the countdown.
  assertEquals(nextDeadline(page.state), page.now + 1000);
  page.drafts("half");
  assertEquals(page.sent("typing"), []);
  page.waits(20_000);
  assertEquals(silence(page), null);
  assertEquals(page.state.notice?.text, "You may write again");
  assertEquals(page.room.draft, "half");
});

Deno.test("reduce() finds out that a mute has ended early", () => {
  const page = refuse(online().submits("a"), "a", "muted", 600_000);
  page.sent();
  page.waits(29_000);
  assertEquals(page.sent("edit"), []);
  page.waits(2000);
  const [first] = page.sent("edit");
  refuse(page, first?.ref ?? "", "muted", 500_000);
  assertEquals(silence(page), "muted");
  assertEquals(page.room.silencedUntil, page.now + 500_000);
  page.waits(31_000);
  const [second] = page.sent("edit");
  refuse(page, second?.ref ?? "", "not_found");
  assertEquals(silence(page), null);
  assertEquals(page.state.pending.length, 0);
});

Deno.test("reduce() does not ask while the page is out of sight, or the room is", () => {
  const page = refuse(online().submits("a"), "a", "muted", 600_000);
  page.does({ type: "visibility_changed", visible: false }).sent();
  page.waits(120_000);
  assertEquals(page.sent("edit"), []);
});

Deno.test("reduce() ends a mute with a message that the server takes", () => {
  const page = refuse(online().submits("a"), "a", "muted", 600_000);
  page.does({ type: "message_retried", ref: "a" }).acks("a", 1);
  assertEquals(silence(page), null);
});

Deno.test("reduce() tells of a reaction that was refused to a muted user", () => {
  const page = online({ messages: [message(1)] });
  const { id } = message(1);
  page.does({ type: "reaction_toggled", ref: "r", id, emoji: "👍" });
  refuse(page, "r", "muted", 20_000);
  assertEquals([silence(page), page.state.outbox], ["muted", []]);
  assertMatch(page.state.notice?.text ?? "", /^Your reaction was not saved/);
});

Deno.test("silenceIn() lets moderators write in a read-only room", () => {
  const readOnly = { ...SETTINGS, readOnly: true };
  assertEquals(silence(online({ settings: readOnly })), "read_only");
  assertEquals(silence(online({ settings: { ...readOnly, owner: YOU.id } })), null);
  assertEquals(silence(online({ settings: { ...readOnly, moderators: [YOU] } })), null);
  const page = online({ settings: readOnly });
  page.hears({ type: "settings", room: "lobby", ...SETTINGS });
  assertEquals(silence(page), null);
});

Deno.test("reduce() holds the next message in slow mode, and nothing else", () => {
  const page = slow(10_000).submits("a").acks("a", 1);
  assertEquals(page.room.slowUntil, page.now + 10_000);
  page.sent();
  page.submits("b").submits("c");
  assertEquals(page.state.notice?.text, "Slow mode: this is sent in 10 s");
  assertEquals(page.sentRefs(), []);
  const rows = rowsOf([], { outbox: page.state.outbox, isSlow: true });
  assertEquals(rows.map((row) => row.type === "outgoing" && row.isWaiting), [true, true]);

  const { id } = page.room.entries[0] ?? { id: "" };
  page.does({ type: "reaction_toggled", ref: "r", id, emoji: "👍" });
  assertEquals(page.sent("react").length, 1);
  page.hears({ type: "ack", ref: "r", room: "lobby", id, time: 1, duplicate: false });

  page.waits(9999);
  assertEquals(page.sentRefs(), []);
  page.waits(1);
  assertEquals(page.sentRefs(), ["b"]);
  page.acks("b", 2).waits(9999);
  assertEquals(page.sentRefs(), []);
  page.waits(1);
  assertEquals(page.sentRefs(), ["c"]);
});

Deno.test("reduce() takes the pause of slow mode from the server, after a message from elsewhere", () => {
  const page = refuse(slow(60_000).submits("a"), "a", "rate_limited", 42_000);
  assertEquals(page.room.slowUntil, page.now + 42_000);
  page.sent();
  // The room is quicker now.
  page.hears({ type: "settings", room: "lobby", ...SETTINGS, slowMs: 5000 });
  page.waits(5000);
  assertEquals(page.sentRefs(), ["a"]);
});

Deno.test("reduce() makes moderators wait for nothing in slow mode", () => {
  const page = online({ settings: { ...SETTINGS, slowMs: 60_000, owner: YOU.id } });
  page.submits("a").acks("a", 1).submits("b");
  assertEquals(page.sentRefs(), ["a", "b"]);
});

Deno.test("nextDeadline() is within what a browser's timer can wait", () => {
  const page = refuse(online().submits("a"), "a", "muted", 30 * 86_400_000);
  page.does({ type: "room_opened", room: "den" }).closes(4501);
  assertEquals(nextDeadline(page.state), page.now + 86_400_000);
});
