import { assertEquals } from "@std/assert";
import { outgoing } from "../../static/model/outbox.js";
import { findRoom } from "../../static/model/state.js";
import { message, messageId, online, Page, YOU } from "./page_driver.ts";

/** A hidden page, like one of two tabs. */
const hidden = (): Page => online().does({ type: "visibility_changed", visible: false });
const tells = (page: Page, key: string, value: unknown): Page =>
  page.does({ type: "stored_elsewhere", key, value });

Deno.test("reduce() stores the read position once a second while the user looks", () => {
  const page = online({ messages: [message(1)] });
  const stored = (): unknown[] => {
    const values = page.effects.flatMap((effect) =>
      effect.type === "store" && effect.key === "read.lobby" ? [effect.value] : []
    );
    page.effects = [];
    return values;
  };
  page.waits(1000);
  assertEquals(page.says(2).says(3).room.readTo, messageId(3));
  assertEquals(stored(), [messageId(2)]);
  page.waits(999);
  assertEquals(stored(), []);
  page.waits(1);
  assertEquals(stored(), [messageId(3)]);
  page.waits(60_000);
  assertEquals(stored(), []);
  page.does({ type: "scrolled", atBottom: false }).says(4).waits(2000);
  assertEquals([stored(), page.room.readTo], [[], messageId(3)]);
});

Deno.test("reduce() marks messages as read that another tab has shown", () => {
  const page = hidden().says(1).says(2, "@Ada").says(3, "mine", "lobby", YOU).says(4);
  assertEquals([page.room.unread, page.room.mentions], [3, 1]);
  tells(page, "read.lobby", messageId(1));
  assertEquals([page.room.unread, page.room.mentions], [2, 1]);
  assertEquals(page.room.unreadFrom, messageId(2));
  tells(page, "read.lobby", messageId(9));
  assertEquals([page.room.unread, page.room.mentions, page.room.unreadFrom], [0, 0, null]);
  tells(page, "read.lobby", messageId(2));
  assertEquals(page.room.readTo, messageId(9));
  assertEquals(page.says(9).room.unread, 0);
  // In a room that is not on show, too. Unknown rooms and ids are ignored.
  page.does({ type: "room_opened", room: "garden" }).joined({ room: "garden" }).says(10);
  assertEquals(findRoom(page.state, "lobby")?.unread, 1);
  tells(page, "read.lobby", messageId(10));
  assertEquals(findRoom(page.state, "lobby")?.unread, 0);
  const before = page.state.rooms;
  tells(tells(tells(page, "read.nowhere", messageId(1)), "read.lobby", 7), "read", null);
  assertEquals(page.state.rooms, before);
});

Deno.test("reduce() shows the draft that another tab has stored, without storing it again", () => {
  const page = hidden();
  page.effects = [];
  assertEquals(tells(page, "draft.lobby", "from there").room.draft, "from there");
  assertEquals(tells(page, "draft.lobby", null).room.draft, "");
  const ids: unknown[] = [messageId(1), "x", null];
  const replies = ids.map((id) => tells(page, "reply.lobby", id).room.replyTo);
  assertEquals(replies, [messageId(1), null, null]);
  assertEquals(page.effects, []);
});

Deno.test("reduce() drops messages that were acknowledged or discarded in another tab", () => {
  const item = outgoing({ type: "send", ref: "a", room: "lobby", text: "hi", queuedAt: 1 });
  const page = new Page({ outbox: [item] });
  tells(page, "outbox.a", item);
  assertEquals(page.state.outbox.length, 1);
  tells(page, "outbox.a", null);
  assertEquals(page.state.outbox, []);
});

Deno.test("reduce() follows the other tab in theme, notifications, muted rooms and name", () => {
  const page = hidden();
  tells(tells(page, "theme", "dark"), "alerts", "all");
  assertEquals([page.state.theme, page.state.notifications], ["dark", "all"]);
  tells(tells(page, "theme", "neon"), "alerts", null);
  assertEquals([page.state.theme, page.state.notifications], ["dark", "all"]);
  assertEquals(tells(page, "room.lobby", { addedAt: 1, muted: true }).room.muted, true);
  assertEquals(tells(page, "room.lobby", null).room.muted, true);
  // Otherwise the next `hello` here would restore the old name in all tabs.
  tells(page, "name", "Ada L").closes().waits(500).opens();
  const hello = page.sent("hello")[0];
  assertEquals(hello?.type === "hello" && hello.name, "Ada L");
});

Deno.test("reduce() counts from the start of a new log", () => {
  const page = new Page({ read: new Map([["lobby", messageId(900)]]) }).welcomed();
  page.joined({ messages: [message(1)] });
  assertEquals([page.room.readTo, page.room.unread], [null, 1]);
  page.does({ type: "visibility_changed", visible: false }).says(2);
  assertEquals([page.room.unread, page.room.unreadFrom], [2, messageId(1)]);
});
