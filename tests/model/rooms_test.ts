import { assert, assertEquals } from "@std/assert";
import type { ErrorCode, User } from "../../chat/protocol/types.ts";
import { findRoom } from "../../static/model/state.js";
import { BOB, message, messageId, online, Page, YOU } from "./page_driver.ts";

const EVE: User = { id: "eveeveeveeveevee", name: "Eve" };

/** A page in the lobby and the garden, which is on show. */
const inGarden = (): Page => {
  const page = online().does({ type: "room_opened", room: "garden" }).joined({ room: "garden" });
  page.effects = [];
  return page;
};

const names = (page: Page): string[] => page.state.rooms.map(({ name }) => name);

Deno.test("reduce() joins an opened room, shows its path and remembers it", () => {
  const page = online().does({ type: "room_opened", room: "garden" });
  assertEquals(page.state.current, "garden");
  assertEquals(page.stored("room.garden"), { addedAt: page.now, muted: false });
  assertEquals(page.effects.filter((effect) => effect.type === "navigate"), [
    { type: "navigate", room: "garden", replace: false },
  ]);
  assertEquals(page.sent("join"), [{ type: "join", room: "garden", ref: "3" }]);
});

Deno.test("reduce() opens the room of the location without a `navigate` effect", () => {
  const page = inGarden().does({ type: "room_opened", room: "lobby", isFromLocation: true });
  assertEquals(page.state.current, "lobby");
  assert(!page.effects.some((effect) => effect.type === "navigate"));
});

Deno.test("reduce() does not rejoin a room that was left", () => {
  const page = inGarden().does({ type: "room_left", room: "garden" });
  assertEquals(page.effects.filter(({ type }) => type === "navigate"), [
    { type: "navigate", room: "lobby", replace: true },
  ]);
  page.effects = [];
  page.does({ type: "room_opened", room: "garden", isFromLocation: true });
  assertEquals([names(page), page.state.current], [["lobby"], "lobby"]);
  assertEquals(page.effects, [{ type: "navigate", room: "lobby", replace: true }]);
});

Deno.test("reduce() cycles through the rooms in both directions", () => {
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

Deno.test("reduce() asks before it leaves a room with unsent messages or a draft", () => {
  for (const write of [(page: Page) => page.submits("a"), (page: Page) => page.drafts("half a")]) {
    const page = write(inGarden()).does({ type: "room_left", room: "garden" });
    assertEquals([names(page), page.state.leaving], [["lobby", "garden"], "garden"]);
    page.does({ type: "leave_dismissed" });
    assertEquals([names(page), page.state.leaving], [["lobby", "garden"], ""]);
    page.does({ type: "room_left", room: "garden" }).does({ type: "leave_confirmed" });
    assertEquals([names(page), page.state.leaving, page.state.outbox], [["lobby"], "", []]);
    assertEquals(page.stored("draft.garden"), null);
  }
  const page = inGarden().submits("a").does({ type: "room_left", room: "garden" });
  assertEquals(page.does({ type: "leave_confirmed" }).stored("outbox.a"), null);
});

Deno.test("reduce() goes back to the previous room if the user chooses no other name", () => {
  const page = online().does({ type: "room_opened", room: "garden" });
  page.refusesLast("join", "name_taken");
  assertEquals([page.state.nameDialog?.reason, page.state.nameDialog?.room], ["refused", "garden"]);
  page.effects = [];
  page.does({ type: "name_dismissed" });
  assertEquals([page.state.current, names(page)], ["lobby", ["lobby"]]);
  assertEquals(page.effects.filter(({ type }) => type === "navigate"), [
    { type: "navigate", room: "lobby", replace: true },
  ]);
});

Deno.test("reduce() goes back to the last visit's room from a linked room that refuses the name", () => {
  const rooms = [{ name: "lobby", addedAt: 1, muted: false }];
  const page = new Page({ rooms, current: "garden", previous: "lobby" }).welcomed().joined();
  page.refusesLast("join", "name_taken").does({ type: "name_dismissed" });
  assertEquals([page.state.current, names(page)], ["lobby", ["lobby"]]);
  assertEquals(page.stored("room.garden"), null);
  assertEquals(page.effects.findLast(({ type }) => type === "navigate"), {
    type: "navigate",
    room: "lobby",
    replace: true,
  });
});

Deno.test("reduce() keeps a room that refused the name if it was joined before or has text", () => {
  const known = [{ name: "garden", addedAt: 1, muted: false }];
  const before = new Page({ rooms: known }).welcomed().joined();
  before.does({ type: "room_opened", room: "garden" }).refusesLast("join", "name_taken");
  assertEquals(names(before.does({ type: "name_dismissed" })), ["garden", "lobby"]);

  const wrote = online().does({ type: "room_opened", room: "garden" }).submits("a");
  wrote.refusesLast("join", "name_taken").does({ type: "name_dismissed" });
  assertEquals([names(wrote), wrote.state.current], [["lobby", "garden"], "lobby"]);
});

Deno.test("reduce() says why the only room can't be entered, and asks for a name again", () => {
  const page = new Page().welcomed().refusesLast("join", "name_taken");
  page.does({ type: "name_dismissed" }).submits("a");
  assertEquals([page.state.nameDialog, page.room.joinError?.code], [null, "name_taken"]);
  assert(page.room.joinError?.text.includes("“Ada”"));
  page.does({ type: "name_asked" });
  assertEquals([page.state.nameDialog?.reason, page.state.nameDialog?.name], ["refused", "Ada 2"]);
  page.does({ type: "name_dismissed" }).does({ type: "message_discarded", ref: "a" });
  assertEquals(page.state.outbox, []);
  page.sent();
  page.does({ type: "retry_wanted" });
  assertEquals([page.sent("join").length, page.room.joinError], [1, null]);
  assertEquals([page.joined().room.status, page.room.joinError], ["joined", null]);
});

Deno.test("reduce() asks for another name once, not after each lost connection", () => {
  const page = new Page().welcomed().refusesLast("join", "name_taken");
  page.does({ type: "name_dismissed" }).closes().waits(500).welcomed();
  page.refusesLast("join", "name_taken");
  assertEquals([page.state.nameDialog, page.room.joinError?.code], [null, "name_taken"]);
});

Deno.test("reduce() does not ask for a name for a room that is not on show", () => {
  const rooms = [{ name: "garden", addedAt: 1, muted: false }];
  const page = new Page({ rooms }).welcomed().joined().refusesLast("join", "name_taken");
  assertEquals([page.state.nameDialog, page.state.current], [null, "lobby"]);
  assertEquals(findRoom(page.state, "garden")?.joinError?.code, "name_taken");
});

Deno.test("reduce() explains every reason why a room can't be joined", () => {
  const refused = (code: ErrorCode): [text: string, retries: number] => {
    const page = new Page().welcomed().refusesLast("join", code);
    page.sent();
    return [page.room.joinError?.text ?? "", page.waits(10_000).sent("join").length];
  };
  assertEquals(refused("room_full"), [
    "You are not in #lobby: it is full. You get in when somebody has left: this page keeps trying.",
    1,
  ]);
  assertEquals(refused("too_many_rooms")[0].includes("Leave one"), true);
  for (const code of ["too_many_rooms", "name_taken", "room_invalid"] as const) {
    assertEquals([refused(code)[0].startsWith("You are not in #lobby"), refused(code)[1]], [
      true,
      0,
    ]);
  }
  for (const code of ["unavailable", "internal", "rate_limited"] as const) {
    assertEquals(refused(code), ["#lobby can’t be entered just now. Trying again…", 1]);
  }
});

Deno.test("reduce() tries a full room less and less often, while the user looks at it", () => {
  const page = new Page().welcomed().refusesLast("join", "room_full");
  /** How long it takes until the page asks for the room, at most `ms`. */
  const waitForJoin = (ms: number): number => {
    page.sent();
    for (let waited = 2500; waited <= ms; waited += 2500) {
      const joins = page.waits(2500).hears({ type: "pong" }).sent("join");
      if (joins.length > 0) return waited;
    }
    return Infinity;
  };
  const waits = Array.from({ length: 6 }, () => {
    const waited = waitForJoin(100_000);
    page.refusesLast("join", "room_full");
    assertEquals(page.room.joinError?.code, "room_full");
    return waited;
  });
  assertEquals(waits, [5000, 10_000, 20_000, 40_000, 60_000, 60_000]);

  page.does({ type: "visibility_changed", visible: false });
  assertEquals(waitForJoin(100_000), 60_000);
  page.refusesLast("join", "room_full");
  assertEquals(waitForJoin(600_000), Infinity);
  page.does({ type: "visibility_changed", visible: true });
  assertEquals(page.sent("join").length, 1);

  page.refusesLast("join", "room_full").does({ type: "room_opened", room: "garden" });
  page.joined({ room: "garden" });
  assertEquals(waitForJoin(100_000), 60_000);
  page.refusesLast("join", "room_full");
  assertEquals(waitForJoin(600_000), Infinity);
  page.does({ type: "room_opened", room: "lobby" });
  assertEquals(page.sent("join").length, 1);
  assertEquals([page.joined().room.status, page.room.joinError], ["joined", null]);
});

Deno.test("reduce() joins few rooms at a time, the one on show first, and stops at too_many_rooms", () => {
  const rooms = Array.from({ length: 150 }, (_, index) => ({
    name: `r${index}`,
    addedAt: index + 1,
    muted: false,
  }));
  const page = new Page({ rooms, current: "r149" }).welcomed();
  const asked = page.sent("join");
  assertEquals(asked.length, 15);
  assertEquals(asked[0]?.type === "join" && asked[0].room, "r149");
  for (const command of asked) {
    if (command.type === "join" && command.room !== "r0") page.joined({ room: command.room });
  }
  page.refusesLast("join", "too_many_rooms");
  const refused = page.state.rooms.filter(({ joinError }) => joinError?.code === "too_many_rooms");
  assertEquals(
    refused.length + page.state.rooms.filter((room) => room.status !== "out").length,
    150,
  );
  assert(page.sent("join").length < 20);
  page.does({ type: "room_left", room: "r149" });
  assertEquals(page.sent().map(({ type }) => type).slice(0, 2), ["leave", "join"]);
});

Deno.test("reduce() ignores events of an earlier membership of a room", () => {
  const page = inGarden().does({ type: "room_left", room: "garden" })
    .does({ type: "room_opened", room: "garden" }).says(1, "late", "garden");
  assertEquals([page.log, page.room.since], [[], null]);
});

Deno.test("reduce() counts no mention of a member with a longer name", () => {
  const page = online({ members: [YOU, { id: "ada2", name: "Ada 2" }], count: 2 });
  page.does({ type: "visibility_changed", visible: false }).says(1, "@Ada 2, hi").says(2, "`@Ada`");
  assertEquals([page.room.unread, page.room.mentions], [2, 0]);
  page.says(3, "and @Ada");
  assertEquals(page.room.mentions, 1);
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

Deno.test("reduce() removes the unread line when the user writes or leaves", () => {
  const unread = (): Page => {
    const page = inGarden().says(1).does({ type: "room_opened", room: "lobby" });
    return page.does({ type: "scrolled", atBottom: true });
  };
  assertEquals(unread().submits("a").room.unreadFrom, null);
  const page = unread().does({ type: "room_opened", room: "garden" });
  assertEquals(findRoom(page.state, "lobby")?.unreadFrom, null);
});

Deno.test("reduce() remembers of each room whether its newest message was in sight", () => {
  const page = online({ messages: [message(1)] }).does({ type: "scrolled", atBottom: false });
  page.does({ type: "room_opened", room: "garden" }).joined({ room: "garden" });
  assertEquals(page.room.atBottom, true);
  page.says(2, "below", "lobby").says(1, "here", "garden");
  page.does({ type: "room_opened", room: "lobby" });
  // Messages below the scroll position are not read.
  assertEquals([page.room.atBottom, page.room.unread], [false, 1]);
  page.says(3);
  assertEquals([page.room.unread, page.room.unreadFrom], [2, messageId(2)]);
  page.does({ type: "room_opened", room: "garden" }).does({ type: "room_left", room: "lobby" });
  page.does({ type: "room_opened", room: "lobby" });
  assertEquals(page.room.atBottom, true);
});

Deno.test("reduce() counts messages below the visible ones as unread", () => {
  const page = online().says(1).does({ type: "scrolled", atBottom: false }).says(2).says(3);
  assertEquals([page.room.unread, page.room.unreadFrom], [2, messageId(2)]);
  page.does({ type: "scrolled", atBottom: true });
  assertEquals(page.room.unread, 0);
});

Deno.test("reduce() counts at the next visit the messages that were not seen", () => {
  const page = online().says(1);
  page.does({ type: "visibility_changed", visible: false });
  assertEquals(page.stored("read.lobby"), messageId(1));
  const next = new Page({ read: new Map([["lobby", messageId(1)]]) }).welcomed();
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

Deno.test("reduce() raises the notifications that the user has chosen, and none while visible", () => {
  const alerted = (notifications: "off" | "mentions" | "all", visible = false): string[] => {
    const page = online().does({ type: "notifications_chosen", notifications });
    page.does({ type: "visibility_changed", visible });
    return page.says(1).says(2, "@Ada?").says(3, "mine", "lobby", YOU).alerted();
  };
  assertEquals(alerted("off"), []);
  assertEquals(alerted("mentions"), ["Bob in #lobby"]);
  assertEquals(alerted("all"), ["Bob in #lobby", "Bob in #lobby"]);
  assertEquals(alerted("all", true), []);
});

Deno.test("reduce() raises no notifications in a room that is muted", () => {
  const page = online().does({ type: "notifications_chosen", notifications: "all" });
  page.does({ type: "room_muted", room: "lobby", muted: true });
  assertEquals(page.stored("room.lobby"), { addedAt: page.now, muted: true });
  page.does({ type: "visibility_changed", visible: false });
  assertEquals(page.says(1, "@Ada").alerted(), []);
});

Deno.test("reduce() adds membership lines as a net change, without the user", () => {
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

Deno.test("reduce() adds no membership line for members who come back after a restart, like the user", () => {
  const page = online({ members: [YOU, BOB, EVE], count: 3 }).says(1);
  const presence = (joined: User[], left: string[], count: number): Page =>
    page.hears({ type: "presence", room: "lobby", joined, left, count });
  page.closes().waits(500).does({ type: "retry_wanted" }).welcomed().joined();
  presence([BOB], [], 2);
  assertEquals([page.log, page.room.members], [["text 1"], [YOU, BOB]]);
  // Again before all are back.
  page.closes().waits(500).does({ type: "retry_wanted" }).welcomed().joined({
    members: [YOU, BOB],
  });
  presence([EVE], [], 3);
  assertEquals(page.log, ["text 1"]);
  presence([], [EVE.id], 2);
  presence([EVE], [], 3).says(2);
  presence([], [EVE.id], 2).says(3);
  presence([EVE], [], 3);
  assertEquals(page.log, ["text 1", "text 2", "-Eve", "text 3", "+Eve"]);
});

Deno.test("reduce() adds a membership line for a member who comes back a minute after the user", () => {
  const page = online({ members: [YOU, BOB], count: 2 }).says(1);
  page.closes().waits(500).does({ type: "retry_wanted" }).welcomed().joined();
  page.now += 60_000;
  page.hears({ type: "presence", room: "lobby", joined: [BOB], count: 2 });
  assertEquals(page.log, ["text 1", "+Bob"]);
});

Deno.test("reduce() requests the members when a large room has become small", () => {
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

Deno.test("reduce() sends `typing` at once after a message", () => {
  const page = online();
  page.does({ type: "drafted", text: "a" }).submits("a").does({ type: "drafted", text: "b" });
  assertEquals(page.sent("typing").length, 2);
});

Deno.test("reduce() starts with the stored rooms and that of the location", () => {
  const rooms = [{ name: "b", addedAt: 1, muted: true }, { name: "a", addedAt: 2, muted: false }];
  const page = new Page({ rooms, current: "new" });
  assertEquals(names(page), ["b", "a", "new"]);
  assertEquals(page.state.rooms.map(({ muted }) => muted), [true, false, false]);
  assertEquals(page.stored("room.new"), { addedAt: page.now, muted: false });
  assertEquals(page.welcomed().sent("join").length, 3);
});

Deno.test("reduce() drops the oldest entries, but not while the user reads far up", () => {
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

Deno.test("reduce() opens rooms with the names of properties of every object", () => {
  for (const room of ["constructor", "tostring", "valueof", "__proto__"]) {
    const page = new Page({ current: room });
    assertEquals([page.room.draft, page.room.readTo], ["", null]);
  }
});
