import { assert, assertEquals } from "@std/assert";
import type { User } from "../chat/protocol.ts";
import { findRoom } from "../static/state.js";
import { lastSentText } from "../static/sending.js";
import { BOB, message, messageId, online, Page, YOU } from "./page_driver.ts";

const EVE: User = { id: "eveeveeveeveevee", name: "Eve" };

/** A page in the lobby and the garden, which is on show. */
const inGarden = (): Page => {
  const page = online().does({ type: "room_opened", room: "garden" }).joined({ room: "garden" });
  page.effects = [];
  return page;
};

const names = (page: Page): string[] => page.state.rooms.map(({ name }) => name);

Deno.test("reduce() joins a room that is opened, shows its address and remembers it", () => {
  const page = online().does({ type: "room_opened", room: "garden" });
  assertEquals(page.state.current, "garden");
  assertEquals(page.stored("room.garden"), { addedAt: page.now, muted: false });
  assertEquals(page.effects.filter((effect) => effect.type === "navigate"), [
    { type: "navigate", room: "garden", replace: false },
  ]);
  assertEquals(page.sent("join"), [{ type: "join", room: "garden", ref: "3" }]);
});

Deno.test("reduce() follows the address bar without telling it", () => {
  const page = inGarden().does({ type: "room_opened", room: "lobby", isAddress: true });
  assertEquals(page.state.current, "lobby");
  assert(!page.effects.some((effect) => effect.type === "navigate"));
});

Deno.test("reduce() goes round the rooms in both directions", () => {
  const page = inGarden();
  const visited = ([1, 1, -1, -1] as const).map((direction) =>
    page.does({ type: "neighbour_opened", direction }).state.current
  );
  assertEquals(visited, ["lobby", "garden", "lobby", "garden"]);
});

Deno.test("reduce() leaves a room, forgets it, and shows another", () => {
  const page = inGarden().does({ type: "room_left", room: "garden" });
  assertEquals([names(page), page.state.current], [["lobby"], "lobby"]);
  assertEquals(page.stored("room.garden"), null);
  assertEquals(page.sent(), [{ type: "leave", room: "garden" }]);
  page.hears({ type: "left", room: "garden" }).says(1, "late", "garden");
  assertEquals(names(page.does({ type: "room_left", room: "lobby" })), ["lobby"]);
});

Deno.test("reduce() leaves no room with messages that were not sent", () => {
  const page = inGarden().submits("a").does({ type: "room_left", room: "garden" });
  assertEquals(names(page), ["lobby", "garden"]);
  assert(page.state.notice?.text.includes("not sent"));
});

Deno.test("reduce() ignores what comes from an earlier stay in a room", () => {
  const page = inGarden().does({ type: "room_left", room: "garden" })
    .does({ type: "room_opened", room: "garden" }).says(1, "late", "garden");
  assertEquals([page.log, page.room.since], [[], null]);
});

Deno.test("reduce() counts unread messages and mentions in the other rooms", () => {
  const page = inGarden().says(1).says(2, "hi @ada!").says(3, "mine", "lobby", YOU);
  const { unread, mentions, unreadFrom } = findRoom(page.state, "lobby") ?? page.room;
  assertEquals([unread, mentions, unreadFrom], [2, 1, messageId(1)]);
  assertEquals(page.announced(), ["Bob in #lobby: hi @ada!"]);
  page.does({ type: "room_opened", room: "lobby" });
  assertEquals(page.room.unread, 2);
  page.does({ type: "scrolled", atBottom: true });
  assertEquals([page.room.unread, page.room.mentions], [0, 0]);
  assertEquals(page.room.unreadFrom, messageId(1));
});

Deno.test("reduce() takes the line of the unread away when the user writes or leaves", () => {
  const unread = (): Page => {
    const page = inGarden().says(1).does({ type: "room_opened", room: "lobby" });
    return page.does({ type: "scrolled", atBottom: true });
  };
  assertEquals(unread().submits("a").room.unreadFrom, null);
  const page = unread().does({ type: "room_opened", room: "garden" });
  assertEquals(findRoom(page.state, "lobby")?.unreadFrom, null);
});

Deno.test("reduce() counts as unread what comes below what is in sight", () => {
  const page = online().says(1).does({ type: "scrolled", atBottom: false }).says(2).says(3);
  assertEquals([page.room.unread, page.room.unreadFrom], [2, messageId(2)]);
  page.does({ type: "scrolled", atBottom: true });
  assertEquals(page.room.unread, 0);
});

Deno.test("reduce() tells at the next visit what was not seen", () => {
  const page = online().says(1);
  page.does({ type: "visibility_changed", visible: false });
  assertEquals(page.stored("read.lobby"), messageId(1));
  const next = new Page({ read: { lobby: messageId(1) } }).welcomed();
  next.joined({ messages: [message(1), message(2), message(3, "mine", YOU), message(4)] });
  assertEquals([next.room.unread, next.room.unreadFrom], [2, messageId(2)]);
  const first = new Page().welcomed().joined({ messages: [message(1)] });
  assertEquals(first.room.unread, 0);
});

Deno.test("reduce() marks the first message that was missed", () => {
  const page = online({ messages: [message(1)] }).closes().waits(500).welcomed();
  page.joined({ messages: [message(2), message(3)], follow: 4, head: messageId(7) });
  assertEquals(page.state.notice?.text, "Caught up: 6 messages");
  assertEquals([page.room.unread, page.room.unreadFrom], [6, messageId(2)]);
});

Deno.test("reduce() raises notifications for what the user asked for, and never in sight", () => {
  const alerted = (alerts: "off" | "mentions" | "all", visible = false): string[] => {
    const page = online().does({ type: "alerts_chosen", alerts });
    page.does({ type: "visibility_changed", visible });
    return page.says(1).says(2, "@Ada?").says(3, "mine", "lobby", YOU).alerted();
  };
  assertEquals(alerted("off"), []);
  assertEquals(alerted("mentions"), ["Bob in #lobby"]);
  assertEquals(alerted("all"), ["Bob in #lobby", "Bob in #lobby"]);
  assertEquals(alerted("all", true), []);
});

Deno.test("reduce() raises no notifications in a room that is muted", () => {
  const page = online().does({ type: "alerts_chosen", alerts: "all" });
  page.does({ type: "room_muted", room: "lobby", muted: true });
  assertEquals(page.stored("room.lobby"), { addedAt: page.now, muted: true });
  page.does({ type: "visibility_changed", visible: false });
  assertEquals(page.says(1, "@Ada").alerted(), []);
});

Deno.test("reduce() notes who came and went, as a net change and not you", () => {
  const page = online({ members: [YOU, BOB], count: 2 }).says(1);
  const presence = (joined: User[], left: string[], count: number): Page =>
    page.hears({ type: "presence", room: "lobby", joined, left, count });
  presence([EVE, YOU], [], 3);
  assertEquals(page.log, ["text 1", "+Eve"]);
  presence([], [BOB.id], 2);
  assertEquals(page.log, ["text 1", "+Eve -Bob"]);
  presence([BOB], [EVE.id], 2);
  assertEquals(page.log, ["text 1"]);
  presence([EVE], [], 3).says(2);
  presence([], [EVE.id], 2);
  assertEquals(page.log, ["text 1", "+Eve", "text 2", "-Eve"]);
});

Deno.test("reduce() asks who is there when a crowd has become small", () => {
  const page = online({ members: [YOU, BOB], count: 250 }).says(5);
  page.hears({ type: "presence", room: "lobby", count: 201 });
  assertEquals(page.sent(), []);
  page.hears({ type: "presence", room: "lobby", count: 200 });
  page.hears({ type: "presence", room: "lobby", count: 199 });
  assertEquals(page.sent(), [{ type: "join", room: "lobby", since: messageId(5), ref: "3" }]);
  page.joined({ members: [YOU, EVE], count: 2 });
  assertEquals([page.room.members, page.state.notice], [[YOU, EVE], null]);
  page.hears({ type: "presence", room: "lobby", joined: [BOB], count: 3 });
  assertEquals(page.sent(), []);
});

Deno.test("reduce() tells at once that one types again after a message", () => {
  const page = online();
  page.does({ type: "drafted", text: "a" }).submits("a").does({ type: "drafted", text: "b" });
  assertEquals(page.sent("typing").length, 2);
});

Deno.test("lastSentText() gives what the user sent last to the room on show", () => {
  const page = online();
  assertEquals(lastSentText(page.state), "");
  page.submits("a", "one").acks("a", 1).says(2);
  assertEquals(lastSentText(page.state), "one");
  assertEquals(lastSentText(page.submits("b", "two").state), "two");
  assertEquals(lastSentText(page.does({ type: "room_opened", room: "garden" }).state), "");
});

Deno.test("reduce() begins with the rooms that it remembers, and the one of the address", () => {
  const rooms = [{ name: "b", addedAt: 1, muted: true }, { name: "a", addedAt: 2, muted: false }];
  const page = new Page({ rooms, current: "new" });
  assertEquals(names(page), ["b", "a", "new"]);
  assertEquals(page.state.rooms.map(({ muted }) => muted), [true, false, false]);
  assertEquals(page.stored("room.new"), { addedAt: page.now, muted: false });
  assertEquals(page.welcomed().sent("join").length, 3);
});

Deno.test("reduce() lets the oldest entries go, but not while the user reads far up", () => {
  const messages = Array.from({ length: 10_501 }, (_, index) => {
    const id = `01J0000000000000000${String(index).padStart(7, "0")}`;
    return { ...message(0), id };
  });
  const page = online({ messages }).does({ type: "scrolled", atBottom: false });
  const head = messages.at(-1)?.id ?? "";
  const say = (suffix: string): Page =>
    page.hears({ type: "message", room: "lobby", ...message(0), id: head.slice(0, -1) + suffix });
  assertEquals(say("X").room.entries.length, 10_502);
  page.does({ type: "scrolled", atBottom: true });
  assertEquals([say("Y").room.entries.length, page.room.more], [10_000, true]);
});
