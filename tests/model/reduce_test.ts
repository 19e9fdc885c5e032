import { assert, assertEquals } from "@std/assert";
import type { JoinedEvent, ServerEvent } from "../../chat/protocol/types.ts";
import { BOB, KEY, message, messageId, online, Page, YOU } from "./page_driver.ts";

Deno.test("reduce() asks for a name before it connects", () => {
  const page = new Page({ name: "" });
  assertEquals(page.state.nameDialog?.reason, "first");
  assert(!page.effects.some((effect) => effect.type === "open"));
  page.effects = [];
  page.does({ type: "name_chosen", name: "  Ada   L " });
  assertEquals(page.state.nameDialog, null);
  assertEquals(page.effects, [{ type: "store", key: "name", value: "Ada L" }, { type: "open" }]);
});

Deno.test("reduce() accepts no empty name, nor one that is too long", () => {
  for (const name of ["", "  ", "x".repeat(33)]) {
    const page = new Page({ name: "" }).does({ type: "name_chosen", name });
    assert(page.state.nameDialog?.error);
    assert(!page.effects.some((effect) => effect.type === "open"));
  }
});

Deno.test("reduce() says hello with name and key, then joins the room", () => {
  const page = new Page().welcomed();
  assertEquals(page.sent(), [
    { type: "hello", name: "Ada", key: KEY, ref: "1" },
    { type: "join", room: "lobby", ref: "2" },
  ]);
  assertEquals(page.state.connection.status, "online");
});

Deno.test("reduce() shows the name that the server gave instead of the one asked for", () => {
  const page = new Page().welcomed("Ada 2");
  assertEquals([page.state.you?.name, page.state.name], ["Ada 2", "Ada 2"]);
  assert(page.state.notice?.text.includes("“Ada 2”"));
});

Deno.test("reduce() asks for another name when one is taken at join, then joins again", () => {
  const page = new Page().welcomed().refusesLast("join", "name_taken");
  assertEquals([page.state.nameDialog?.reason, page.state.nameDialog?.name], ["refused", "Ada 2"]);
  page.sent();
  page.does({ type: "name_chosen", name: "Ada 2" }).refusesLast("rename", "name_taken");
  assertEquals(page.state.nameDialog?.name, "Ada 3");
  page.does({ type: "name_chosen", name: "Ada 3" });
  assertEquals(page.sent("rename").map(({ type }) => type), ["rename", "rename"]);
  page.hears({ type: "renamed", you: { ...YOU, name: "Ada 3" } });
  assertEquals(page.sent("join").length, 1);
  assertEquals([page.state.nameDialog, page.state.name], [null, "Ada 3"]);
});

Deno.test("reduce() offers a name that no known member has", () => {
  const members = [YOU, ...["Bob", "bob 2", "Bob 3"].map((name) => ({ id: name, name }))];
  const page = online({ members, count: 4 }).does({ type: "name_asked" });
  page.does({ type: "name_chosen", name: "Bob" }).refusesLast("rename", "name_taken");
  assertEquals([page.state.nameDialog?.reason, page.state.nameDialog?.name], ["change", "Bob 4"]);
});

Deno.test("reduce() forgets a name that the server calls invalid, and asks again", () => {
  const page = new Page().opens().refusesLast("hello", "name_invalid");
  assertEquals([page.state.nameDialog?.name, page.state.name], ["Ada", ""]);
  assertEquals(page.state.connection.status, "idle");
  assert(page.effects.some((effect) => effect.type === "close"));
});

Deno.test("reduce() drops known messages and inserts late ones in order", () => {
  const page = online({ messages: [message(1), message(2)] });
  for (const n of [2, 5, 4, 5, 1]) page.hears({ type: "message", room: "lobby", ...message(n) });
  assertEquals(page.log, ["text 1", "text 2", "text 4", "text 5"]);
});

Deno.test("reduce() adds no message that is older than the first page", () => {
  const page = online({ messages: [message(5)], more: true });
  page.hears({ type: "message", room: "lobby", ...message(3) });
  assertEquals(page.log, ["text 5"]);
});

Deno.test("reduce() resumes after the newest message that it has", () => {
  const page = online({ messages: [message(1)] });
  page.hears({ type: "message", room: "lobby", ...message(4) });
  page.hears({ type: "message", room: "lobby", ...message(3) });
  page.submits("mine").acks("mine", 9);
  page.closes().waits(500).welcomed();
  assertEquals(page.sent("join"), [{ type: "join", room: "lobby", since: messageId(4), ref: "4" }]);
});

Deno.test("reduce() resumes an empty room after its head", () => {
  const page = online({ head: messageId(7) }).closes().waits(500).welcomed();
  assertEquals(page.room.since, messageId(7));
});

Deno.test("reduce() doesn't resume after the head while messages still follow", () => {
  const page = online({ messages: [message(1)] });
  page.closes().waits(500).welcomed();
  page.joined({ messages: [message(2)], follow: 2, head: messageId(4) });
  assertEquals(page.room.since, messageId(2));
  page.hears({ type: "message", room: "lobby", ...message(3) });
  assertEquals(page.room.since, messageId(3));
});

Deno.test("reduce() shows how many messages it has caught up", () => {
  const cases: [Partial<JoinedEvent>, string][] = [
    [{}, "Back online: you missed nothing"],
    [{ messages: [message(2)] }, "Caught up: 1 message"],
    [{ messages: [message(1), message(2), message(3)], follow: 35 }, "Caught up: 37 messages"],
    [
      { complete: false, more: true, head: messageId(8) },
      "Back online: the messages that you missed can be loaded",
    ],
    [
      { complete: false, more: true, messages: [message(8)] },
      "Caught up: 1 message; more can be loaded",
    ],
    [
      { complete: false, more: true, head: messageId(8), floor: messageId(2) },
      "Back online: some messages may be missing",
    ],
    [
      { complete: false, messages: [message(8)] },
      "Caught up: 1 message, but some may be missing",
    ],
    [
      { complete: false, more: true, messages: [message(1), message(8)] },
      "Caught up: 1 message",
    ],
  ];
  for (const [fields, notice] of cases) {
    const page = online({ messages: [message(1)] });
    assertEquals(page.state.notice, null);
    page.closes().waits(500).welcomed().joined(fields);
    assertEquals(page.state.notice?.text, notice);
    assertEquals(page.waits(8000).state.notice, null);
  }
});

Deno.test("reduce() marks the messages that it missed as one gap", () => {
  const page = online({ messages: [message(1)] });
  page.closes().waits(500).welcomed().joined({ complete: false, head: messageId(3) });
  page.closes().waits(500).welcomed().joined({ complete: false, messages: [message(8)] });
  assertEquals(page.log, ["text 1", "…", "text 8"]);
});

Deno.test("reduce() marks no gap in an empty room", () => {
  const page = online().closes().waits(500).welcomed().joined({ complete: false });
  assertEquals(page.log, []);
  page.closes().waits(500).welcomed().joined({ complete: false, messages: [message(8)] });
  assertEquals(page.log, ["text 8"]);
});

Deno.test("reduce() marks the gap of a `gap` event", () => {
  const page = online({ messages: [message(1)] });
  page.hears(
    { type: "gap", room: "lobby", after: messageId(1), before: messageId(5) },
    { type: "message", room: "lobby", ...message(5) },
  );
  assertEquals(page.log, ["text 1", "…", "text 5"]);
});

Deno.test("reduce() marks no gap for a newcomer", () => {
  assertEquals(online({ messages: [message(3)], more: true }).log, ["text 3"]);
});

Deno.test("reduce() requests one page of older messages at a time, until there are no more", () => {
  const page = online({ messages: [message(5)], more: true });
  page.does({ type: "older_wanted" }).does({ type: "older_wanted" });
  const before = messageId(5);
  assertEquals(page.sent(), [{ type: "history", room: "lobby", before, limit: 100, ref: "3" }]);
  page.hears({
    type: "history",
    ref: "3",
    room: "lobby",
    messages: [message(3), message(4)],
    more: false,
    moreAfter: false,
  });
  assertEquals(page.log, ["text 3", "text 4", "text 5"]);
  assertEquals(page.does({ type: "older_wanted" }).sent(), []);
});

Deno.test("reduce() keeps a message in the outbox, and stored, until its ack", () => {
  const page = online().submits("a", "hi");
  assertEquals(page.sent("send"), [{ type: "send", ref: "a", room: "lobby", text: "hi" }]);
  assertEquals(page.state.outbox.map(({ ref, status }) => [ref, status]), [["a", "sent"]]);
  page.acks("a", 1);
  assertEquals(page.state.outbox, []);
  assert(
    page.effects.some((effect) =>
      effect.type === "store" && effect.key === "outbox.a" && effect.value === null
    ),
  );
});

Deno.test("reduce() shows an own message once, whichever of ack and message comes first", () => {
  const mine = { type: "message", room: "lobby", ...message(1, "hi", YOU) } as const;
  assertEquals(online().submits("a", "hi").acks("a", 1).hears(mine).log, ["hi"]);
  assertEquals(online().submits("a", "hi").hears(mine).acks("a", 1).log, ["hi"]);
});

Deno.test("reduce() sends one message after the other, so that they keep their order", () => {
  const page = online().submits("a").submits("b");
  assertEquals(page.sentRefs(), ["a"]);
  assertEquals(page.refuses("a", "rate_limited", 800).sentRefs(), []);
  assertEquals(page.waits(799).sentRefs(), []);
  assertEquals(page.waits(1).sentRefs(), ["a"]);
  assertEquals(page.acks("a", 1).sentRefs(), ["b"]);
});

Deno.test("reduce() sends messages without an ack again after the join, with the same ref", () => {
  const page = online().submits("a").submits("b").closes().submits("c");
  page.sent();
  assertEquals(page.waits(500).welcomed().sentRefs(), []);
  assertEquals(page.joined().sentRefs(), ["a"]);
  page.acks("a", 1).acks("b", 2).acks("c", 3);
  assertEquals(page.sentRefs(), ["b", "c"]);
});

Deno.test("reduce() does not send messages again that were acked in another tab", () => {
  const page = online().submits("a").submits("b").closes().waits(500);
  page.sent();
  page.does({ type: "opened", refs: ["b"] });
  assertEquals(page.state.outbox.map((item) => item.ref), ["b"]);
});

Deno.test("reduce() keeps waiting messages when the storage was cleared", () => {
  const page = online().submits("a").closes().waits(500);
  page.does({ type: "opened", refs: null });
  assertEquals(page.state.outbox.map((item) => item.ref), ["a"]);
});

Deno.test("reduce() sends no message that is too large for a frame, but the next ones", () => {
  const page = online();
  for (const text of ["x".repeat(16_400), "😀".repeat(4100), "\n".repeat(8200)]) {
    page.submits(text.slice(0, 2), text);
  }
  assertEquals(page.sentRefs(), []);
  assertEquals(page.state.outbox.map(({ status }) => status), ["failed", "failed", "failed"]);
  assertEquals(page.submits("short").sentRefs(), ["short"]);
});

Deno.test("reduce() lets a refused message be tried again or discarded, and sends the others", () => {
  const page = online().submits("a").submits("b").refuses("a", "text_invalid");
  assert(page.state.outbox[0]?.error.includes("too long"));
  assertEquals(page.sentRefs(), ["a", "b"]);
  page.acks("b", 1).does({ type: "message_retried", ref: "a" });
  assertEquals(page.sentRefs(), ["a"]);
  page.refuses("a", "text_invalid").does({ type: "message_discarded", ref: "a" });
  assertEquals(page.state.outbox, []);
});

Deno.test("reduce() reconnects after a close, at once if the user asks, never after a terminal code", () => {
  const opens = (page: Page): boolean => page.effects.some((effect) => effect.type === "open");
  const closed = (code: number): Page => {
    const page = online().closes(code);
    page.effects = [];
    return page;
  };
  assert(!opens(closed(4000).waits(499)));
  assert(opens(closed(4000).waits(500)));
  assert(opens(closed(1006).does({ type: "woke" })));
  assert(opens(closed(1006).does({ type: "visibility_changed", visible: true })));
  assert(opens(closed(1006).does({ type: "retry_wanted" })));
  assert(!opens(closed(4501).does({ type: "woke" }).waits(100_000)));
  assert(opens(closed(4501).does({ type: "retry_wanted" })));
});

Deno.test("reduce() reconnects in time, also if another action comes just then", () => {
  const page = online().closes(1006);
  page.effects = [];
  page.now += 500;
  page.does({ type: "drafted", text: "hi" });
  assertEquals(page.effects.map(({ type }) => type).includes("open"), true);
  assertEquals(page.state.connection.status, "connecting");
});

Deno.test("reduce() waits for the retryMs of `bye`", () => {
  const page = online().hears({ type: "bye", retryMs: 4210 }).closes(1001);
  assertEquals(page.state.connection.retryAt, page.now + 4210);
});

Deno.test("reduce() pings after a silence, and reconnects after another", () => {
  const page = online();
  assertEquals(page.waits(25_000).sent(), [{ type: "ping" }]);
  page.hears({ type: "pong" }).waits(25_000);
  assertEquals(page.sent(), [{ type: "ping" }]);
  page.waits(25_000);
  assertEquals(page.effects[0], { type: "close" });
  assertEquals(page.state.connection.status, "offline");
});

Deno.test("reduce() finds a lost connection within 10 s of a message that gets no answer", () => {
  const page = online().submits("a");
  assertEquals(page.waits(4999).sent().length, 1);
  assertEquals(page.waits(1).sent(), [{ type: "ping" }]);
  assertEquals(page.waits(4999).state.connection.status, "online");
  assertEquals(page.waits(1).state.connection.status, "offline");
  assertEquals(page.state.outbox.map(({ status }) => status), ["queued"]);
  // Also if another event came just after it was sent, or a ping was sent before.
  const pages = [online().submits("a").says(1), online().waits(25_000).submits("a")];
  for (const page of pages) {
    assertEquals(page.waits(9999).state.connection.status, "online");
    assertEquals(page.waits(1).state.connection.status, "offline");
  }
});

Deno.test("reduce() pings while an answer is missing, and not after it", () => {
  const page = online().submits("a");
  page.sent();
  for (let i = 0; i < 3; i++) {
    assertEquals(page.waits(5000).sent(), [{ type: "ping" }]);
    page.waits(4000).hears({ type: "pong" });
  }
  page.acks("a", 1).sent();
  assertEquals(page.waits(24_999).sent(), []);
  assertEquals(page.waits(1).sent(), [{ type: "ping" }]);
});

Deno.test("reduce() pings after a `rename` without an answer, too", () => {
  const page = online().does({ type: "name_chosen", name: "Ada L" });
  page.sent();
  assertEquals(page.waits(5000).sent(), [{ type: "ping" }]);
  assertEquals(page.waits(5000).state.connection.status, "offline");
});

Deno.test("reduce() gives a slow connection time for a page of messages", () => {
  const page = online().does({ type: "room_opened", room: "garden" }).submits("a");
  page.does({ type: "room_opened", room: "lobby" }).submits("b").does({ type: "woke" });
  page.sent();
  assertEquals(page.waits(24_999).state.connection.status, "online");
  assertEquals(page.waits(1).state.connection.status, "offline");
});

Deno.test("reduce() checks the connection when the page wakes up", () => {
  const page = online().does({ type: "woke" });
  assertEquals(page.sent(), [{ type: "ping" }]);
  assertEquals(page.waits(5000).state.connection.status, "offline");
});

Deno.test("reduce() shows a user as typing for 6 s, and not after their message", () => {
  const typing = { type: "typing", room: "lobby", user: BOB } as const;
  const page = online().hears(typing, { ...typing, user: YOU });
  assertEquals(page.room.typists.map(({ user }) => user.name), ["Bob"]);
  assertEquals(page.waits(5999).room.typists.length, 1);
  assertEquals(page.waits(1).room.typists, []);
  page.hears(typing, { type: "message", room: "lobby", ...message(1) });
  assertEquals(page.room.typists, []);
});

Deno.test("reduce() sends `typing` at most every 3 s", () => {
  const page = online();
  for (const text of ["a", "ab", "", "a"]) page.does({ type: "drafted", text });
  assertEquals(page.sent(), [{ type: "typing", room: "lobby" }]);
  page.waits(2999).does({ type: "drafted", text: "abc" });
  assertEquals(page.sent(), []);
  page.waits(1).does({ type: "drafted", text: "abcd" });
  assertEquals(page.sent(), [{ type: "typing", room: "lobby" }]);
});

Deno.test("reduce() keeps drafts until they are sent", () => {
  const page = online().does({ type: "drafted", text: "half a" });
  assertEquals(page.room.draft, "half a");
  assertEquals(page.effects[0], { type: "store", key: "draft.lobby", value: "half a" });
  page.submits("a", "half a");
  assertEquals(page.room.draft, "");
  assert(page.effects.some((effect) => effect.type === "store" && effect.value === null));
});

Deno.test("reduce() updates the members", () => {
  const page = online({ members: [YOU, BOB], count: 2 });
  const eve = { id: "eveeveeveeveevee", name: "Eve" };
  page.hears({ type: "presence", room: "lobby", joined: [eve], left: [BOB.id], count: 2 });
  assertEquals(page.room.members, [YOU, eve]);
  page.hears({ type: "presence", room: "lobby", count: 301 });
  assertEquals([page.room.members.length, page.room.count], [2, 301]);
  page.hears({
    type: "presence",
    room: "lobby",
    renamed: [{ ...YOU, name: "Ada L" }],
    count: 301,
  });
  assertEquals([page.state.you?.name, page.room.members[0]?.name], ["Ada L", "Ada L"]);
});

Deno.test("reduce() shows the user's new name among the members", () => {
  const page = online({ members: [BOB, YOU], count: 2 });
  page.hears({ type: "renamed", you: { ...YOU, name: "Ada L" } });
  assertEquals(page.room.members.map(({ name }) => name), ["Bob", "Ada L"]);
});

Deno.test("reduce() counts messages of others as unread where the user does not look", () => {
  const page = online();
  const say = (n: number, user = BOB): Page =>
    page.hears({ type: "message", room: "lobby", ...message(n, "hi", user) });
  assertEquals(say(1).room.unread, 0);
  page.does({ type: "visibility_changed", visible: false });
  say(2);
  say(3, YOU);
  say(2);
  assertEquals(page.room.unread, 1);
  page.does({ type: "visibility_changed", visible: true });
  assertEquals(page.room.unread, 1);
  page.does({ type: "scrolled", atBottom: true });
  assertEquals(page.room.unread, 0);
});

Deno.test("reduce() announces new messages of others, and no history", () => {
  const announced = (page: Page): string[] =>
    page.effects.flatMap((effect) => effect.type === "announce" ? [effect.text] : []);
  const page = online({ messages: [message(1)], follow: 1 });
  page.hears({ type: "message", room: "lobby", ...message(2) });
  page.hears({ type: "message", room: "lobby", ...message(3) });
  page.hears({ type: "message", room: "lobby", ...message(4, "mine", YOU) });
  assertEquals(announced(page), ["Bob: text 3"]);
});

Deno.test("reduce() ignores unknown events and fields", () => {
  const page = online();
  const before = page.log;
  const unknown = { type: "confetti", room: "lobby" } as unknown as ServerEvent;
  page.hears(unknown, { type: "message", room: "elsewhere", ...message(1) });
  page.hears({ type: "error", code: "bad_request", message: "what?" });
  assertEquals(page.log, before);
});

Deno.test("reduce() never changes the state that it is given", () => {
  const freeze = <T>(value: T): T => {
    if (typeof value === "object" && value !== null) {
      Object.values(Object.freeze(value)).forEach(freeze);
    }
    return value;
  };
  const page = online();
  const does = page.does.bind(page);
  page.does = (occurrence) => {
    freeze(page.state);
    return does(occurrence);
  };
  page.submits("a").acks("a", 1).hears({ type: "message", room: "lobby", ...message(2) });
  page.closes().waits(500).welcomed().joined({ complete: false, messages: [message(9)] });
  assertEquals(page.log, ["a", "text 2", "…", "text 9"]);
});

Deno.test("reduce() adds renames to a membership line, as a net change", () => {
  const page = online({ members: [YOU, BOB], count: 2 });
  const rename = (user: typeof BOB, name: string): Page =>
    page.hears({ type: "presence", room: "lobby", renamed: [{ ...user, name }], count: 2 });
  rename(BOB, "Bob L");
  assertEquals(page.log, ["Bob=Bob L"]);
  rename(BOB, "Bobby");
  assertEquals(page.log, ["Bob=Bobby"]);
  rename(BOB, "Bob");
  assertEquals(page.log, []);
  rename(BOB, "Bobby").says(5);
  rename(BOB, "Bob");
  assertEquals(page.log, ["Bob=Bobby", "text 5", "Bobby=Bob"]);
});

Deno.test("reduce() adds the user's rename to all rooms, once", () => {
  const rooms = [{ name: "garden", addedAt: 1, muted: false }];
  const page = online({}, { rooms }).joined({ room: "garden" });
  page.hears({ type: "renamed", you: { ...YOU, name: "Ada L" } });
  const renamed = [{ ...YOU, name: "Ada L" }];
  page.hears({ type: "presence", room: "lobby", renamed, count: 1 });
  assertEquals(page.log, ["Ada=Ada L"]);
  page.does({ type: "room_opened", room: "garden" });
  assertEquals(page.log, ["Ada=Ada L"]);
  // Stored by another tab of this user.
  const other = online({}, { rooms }).joined({ room: "garden" });
  other.does({ type: "stored_elsewhere", key: "name", value: "Ada L" });
  for (const room of ["lobby", "garden"]) {
    other.hears({ type: "presence", room, renamed, count: 1 });
  }
  assertEquals(other.log, ["Ada=Ada L"]);
  // Renames without a connection are not shown.
  assertEquals(online().closes().waits(500).welcomed("Ada L").joined().log, []);
});

Deno.test("reduce() shows users who joined with their later name", () => {
  const page = online();
  page.hears({ type: "presence", room: "lobby", joined: [BOB], count: 2 });
  page.hears({ type: "presence", room: "lobby", renamed: [{ ...BOB, name: "Bobby" }], count: 2 });
  assertEquals(page.log, ["+Bobby"]);
  page.hears({ type: "presence", room: "lobby", left: [BOB.id], count: 1 });
  assertEquals(page.log, []);
});
