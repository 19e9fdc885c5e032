import { assertEquals, assertLess } from "@std/assert";
import type { Message } from "../../chat/protocol/types.ts";
import { findRoom } from "../../static/model/state.js";
import { countText, totalUnread } from "../../static/model/unread.js";
import { BOB, message, messageId, online, Page, YOU } from "./page_driver.ts";

const range = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

/** A page at the next visit: all messages up to `read` were seen. */
const again = (read: number): Page =>
  new Page({ read: new Map([["lobby", messageId(read)]]) }).welcomed();

const counts = ({ room }: Page): unknown[] => [countText(room), room.unreadFrom];

/** Answers the `history` command when the user scrolls up. */
const loadsOlder = (page: Page, from: number, to: number, more: boolean): Page => {
  page.does({ type: "scrolled", atBottom: false }).does({ type: "older_wanted" });
  const ref = page.state.pending.find(({ type }) => type === "history")?.ref ?? "";
  return page.hears({
    type: "history",
    ref,
    room: "lobby",
    messages: range(from, to),
    more,
    moreAfter: false,
  });
};

Deno.test("reduce() counts from the read position, beyond the first page", () => {
  const page = again(50).joined({ messages: range(201, 400), more: true });
  assertEquals(counts(page), ["200+", null]);
  assertEquals(counts(loadsOlder(page, 101, 200, true)), ["300+", null]);
  // The line stands at the read position, when it is loaded.
  assertEquals(counts(loadsOlder(page, 1, 100, true)), ["350", messageId(51)]);
  assertEquals(page.says(401).room.unread, 351);
  page.does({ type: "scrolled", atBottom: true });
  assertEquals([counts(page), page.room.readTo], [["0", messageId(51)], messageId(401)]);
});

Deno.test("reduce() jumps to the first unread message, however far above it is", () => {
  const page = again(50).joined({ messages: range(9401, 9600), more: true });
  page.does({ type: "scrolled", atBottom: false }).sent();
  page.does({ type: "first_unread_wanted" }).does({ type: "first_unread_wanted" });
  assertEquals(page.sent("history"), [
    { type: "history", room: "lobby", since: messageId(50), limit: 200, ref: "3" },
  ]);
  assertEquals([page.room.seeking, page.room.unreadFrom], [true, null]);
  page.pages(range(51, 250), { more: true, moreAfter: true });
  assertEquals([page.room.seeking, ...counts(page)], [false, "400+", messageId(51)]);
  assertEquals([page.log[0], page.log[199], page.log[200]], ["text 51", "text 250", "…"]);
  assertEquals([page.log[201], page.sent("history")], ["text 9401", []]);
  // Above the first unread message, what was read is loaded as ever.
  page.does({ type: "older_wanted" });
  page.pages(range(1, 50));
  assertEquals([page.log[0], ...counts(page)], ["text 1", "400+", messageId(51)]);
});

Deno.test("reduce() looks for the first unread message behind changes and the user's own", () => {
  const page = again(50).joined({ messages: range(401, 600), more: true });
  page.does({ type: "scrolled", atBottom: false }).does({ type: "first_unread_wanted" });
  page.pages([{ ...message(7), changed: messageId(52) }], { more: true, moreAfter: true });
  assertEquals([page.room.seeking, page.log[0]], [true, "…"]);
  page.pages([message(53, "mine", YOU)], { more: true, moreAfter: true });
  assertEquals([page.room.seeking, page.log.slice(0, 2)], [true, ["mine", "…"]]);
  page.pages([message(54)], { more: true, moreAfter: true });
  assertEquals(
    page.sent("history").map((command) => command.type === "history" && command.since),
    [50, 52, 53].map(messageId),
  );
  assertEquals([page.room.seeking, page.room.unreadFrom], [false, messageId(54)]);
});

Deno.test("reduce() stops looking for the first unread message if there is none", () => {
  const seeking = (): Page => {
    const page = again(50).joined({ messages: range(401, 600), more: true });
    return page.does({ type: "scrolled", atBottom: false }).does({ type: "first_unread_wanted" });
  };
  assertEquals(seeking().closes().room.seeking, false);
  const moved = seeking().does({ type: "room_opened", room: "garden" });
  assertEquals(findRoom(moved.state, "lobby")?.seeking, false);
  const refused = seeking().refusesLast("history", "rate_limited");
  assertEquals(refused.room.seeking, false);
  const own = seeking();
  own.pages([message(51, "mine", YOU)], { more: true });
  assertEquals([own.room.seeking, ...counts(own)], [false, "200", messageId(401)]);
});

Deno.test("reduce() counts nothing when the user goes to the newest message at once", () => {
  const page = again(50).joined({ messages: range(201, 400), more: true });
  page.does({ type: "scrolled", atBottom: true });
  assertEquals(counts(page), ["0", null]);
  assertEquals(counts(loadsOlder(page, 101, 200, true)), ["0", null]);
});

Deno.test("reduce() knows the exact count if the page reaches back far enough", () => {
  const page = again(250).joined({ messages: range(201, 400), more: true });
  assertEquals(counts(page), ["150", messageId(251)]);
  const whole = again(0).joined({ messages: range(1, 3), more: false });
  assertEquals(counts(whole), ["3", messageId(1)]);
});

Deno.test("reduce() counts messages after the first frame at the next visit, except the user's own", () => {
  const page = again(1).joined({ messages: range(1, 3), follow: 2, head: messageId(5) });
  assertEquals(counts(page), ["4", messageId(2)]);
  page.says(4, "mine", "lobby", YOU).says(5);
  assertEquals(counts(page), ["3", messageId(2)]);
});

Deno.test("reduce() says that there are more unread messages before a gap", () => {
  const gone = { complete: false, more: true, floor: messageId(200) };
  const page = online({ messages: range(1, 5) }).closes().waits(500).welcomed();
  page.joined({ ...gone, messages: range(301, 500) });
  assertEquals(counts(page), ["200+", null]);
  page.does({ type: "first_unread_wanted" }).pages(range(201, 300), { more: false });
  assertEquals(counts(page), ["300+", messageId(201)]);
  // Older messages do not fill the gap.
  const older = online({ messages: range(101, 105), more: true }).closes().waits(500).welcomed();
  older.joined({ ...gone, messages: range(301, 500) });
  assertEquals(counts(loadsOlder(older, 1, 100, false)), ["200+", null]);
});

Deno.test("reduce() keeps the read position while messages are unread", () => {
  const page = online({ messages: [message(1)] }).does({ type: "scrolled", atBottom: false });
  page.says(2).does({ type: "room_opened", room: "garden" });
  assertEquals(page.stored("read.lobby"), undefined);
  const next = again(1).joined({ messages: range(1, 2) });
  assertEquals(counts(next), ["1", messageId(2)]);
});

Deno.test("reduce() subtracts messages that another tab has read from those beyond the page", () => {
  const page = again(50).joined({ messages: range(201, 400), more: true });
  const tells = (n: number): Page =>
    page.does({ type: "stored_elsewhere", key: "read.lobby", value: messageId(n) });
  assertEquals(counts(tells(100)), ["200+", null]);
  assertEquals(counts(tells(390)), ["10", messageId(391)]);
  assertEquals(counts(tells(400)), ["0", null]);
});

Deno.test("totalUnread() leaves out muted rooms, and says whether there is more", () => {
  const page = again(50).joined({ messages: range(201, 400), more: true });
  assertEquals(countText(totalUnread(page.state)), "200+");
  page.does({ type: "room_muted", room: "lobby", muted: true });
  assertEquals(countText(totalUnread(page.state)), "0");
  assertEquals(countText({ unread: 5000, hasMoreUnread: false }), "999+");
});

Deno.test("reduce() counts and notifies while the window is visible without the focus", () => {
  const page = online().does({ type: "notifications_chosen", notifications: "all" });
  page.does({ type: "visibility_changed", visible: false }).says(1, "hi", "lobby", BOB);
  assertEquals([page.room.unread, page.alerted()], [1, ["Bob in #lobby"]]);
});

const changed = (n: number, position: number, fields: Partial<Message>): Message => ({
  ...message(n),
  changed: messageId(position),
  ...fields,
});

Deno.test("reduce() counts no more what was deleted while the user was away, or before the first visit", () => {
  const page = online({}, { rooms: [{ name: "den", addedAt: 1, muted: false }] });
  page.joined({ room: "den" }).says(1, "hi @Ada", "den").says(2, "hello", "den").says(
    3,
    "you?",
    "den",
  );
  const den = () => page.state.rooms.find(({ name }) => name === "den");
  assertEquals([den()?.unread, den()?.mentions, den()?.unreadFrom], [3, 1, messageId(1)]);
  page.hears({ type: "message", room: "den", ...changed(1, 4, { text: "", deleted: true }) });
  assertEquals([den()?.unread, den()?.mentions, den()?.unreadFrom], [2, 0, messageId(2)]);
  page.closes().waits(60_000).welcomed().joined().joined({
    room: "den",
    head: messageId(6),
    messages: [
      changed(2, 5, { text: "", deleted: true }),
      changed(3, 6, { text: "@Ada?", edited: 6 }),
    ],
  });
  assertEquals([den()?.unread, den()?.mentions, den()?.unreadFrom], [1, 1, messageId(3)]);
});

Deno.test("reduce() reads no other unread texts when a message is deleted or edited", () => {
  const page = online({}, { rooms: [{ name: "den", addedAt: 1, muted: false }] });
  page.joined({ room: "den" });
  const count = 400;
  for (let n = 1; n <= count; n++) {
    page.says(n, `${"`@Ada` *a* ".repeat(60)} ${"a ".repeat(1000)}`, "den");
  }
  const start = performance.now();
  for (let n = 1; n <= 100; n++) {
    const change = n % 2 === 0 ? { text: "@Ada", edited: n } : { text: "", deleted: true as const };
    page.hears({ type: "message", room: "den", ...changed(n, count + n, change) });
  }
  assertLess(performance.now() - start, 5000);
  const den = page.state.rooms.find(({ name }) => name === "den");
  assertEquals([den?.unread, den?.mentions], [count - 50, 50]);
});
