/**
 * Tests of the search panel.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ErrorCode, Message } from "../../chat/protocol/types.ts";
import { matchRooms, MAX_RESULTS } from "../../static/model/search.js";
import { newRoom, type Room } from "../../static/model/state.js";
import { message, messageId, online, Page } from "./page_driver.ts";

type Found = Message & { readonly room: string };

const found = (n: number, room = "lobby", fields: Partial<Message> = {}): Found => ({
  ...message(n),
  room,
  ...fields,
});

/** A page with the panel open, on a server with a store. */
function opened(): Page {
  const page = new Page().welcomed("Ada", 0).joined({ messages: [message(1)] });
  page.does({ type: "search_opened" });
  page.effects = [];
  return page;
}

const types = (page: Page, text: string): Page => page.does({ type: "search_typed", text });

/** Answers the last search. */
function finds(page: Page, messages: readonly Found[], more = false): Page {
  const ref = page.state.pending.findLast(({ type }) => type === "search")?.ref ?? "";
  return page.hears({ type: "found", ref, messages, more });
}

function refuses(page: Page, code: ErrorCode, retryMs?: number): Page {
  const ref = page.state.pending.findLast(({ type }) => type === "search")?.ref ?? "";
  const retry = retryMs === undefined ? {} : { retryMs };
  return page.hears({ type: "error", ref, code, message: code, ...retry });
}

const asked = (page: Page): unknown[] =>
  page.sent("search").map((command) => {
    const { type: _type, ref: _ref, ...rest } = command as unknown as Record<string, unknown>;
    return rest;
  });

const ids = (page: Page): number[] =>
  page.state.search?.results.map(({ id }) => Number(id.slice(-4))) ?? [];

Deno.test("reduce() searches after a pause in typing, once", () => {
  const page = opened();
  for (const text of ["d", "de", "dep "]) types(page, text).waits(200);
  assertEquals(asked(page), []);
  page.waits(100);
  assertEquals(asked(page), [{ text: "dep", limit: 20 }]);
  finds(page, [found(5), found(3, "garden")]);
  assertEquals([ids(page), page.state.search?.answered], [[5, 3], "dep"]);
  assertEquals(asked(page.waits(5000)), []);
});

Deno.test("reduce() has one search on its way, and takes the answer to the last text alone", () => {
  const page = types(opened(), "one").waits(300);
  types(page, "two").waits(1000);
  assertEquals(asked(page).length, 1);
  finds(page, [found(5)]);
  assertEquals(ids(page), []);
  assertEquals(asked(page), [{ text: "two", limit: 20 }]);
  assertEquals(ids(finds(page, [found(6)])), [6]);
  // The text was deleted while its search was on its way.
  types(page, "three").waits(300);
  finds(types(page, ""), [found(7)]);
  assertEquals([ids(page), asked(page.waits(1000)).length], [[], 1]);
});

Deno.test("reduce() sends no text that can't be searched", () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["  ", "", 0],
    ["x".repeat(200), "", 1],
    ["😀".repeat(200), "", 1],
    ["x".repeat(201), "A search has at most 200 characters.", 0],
    ["x".repeat(5000), "A search has at most 200 characters.", 0],
  ];
  for (const [text, problem, count] of cases) {
    const page = types(opened(), text).waits(1000);
    assertEquals([page.state.search?.problem, asked(page).length], [problem, count], text);
  }
  const page = finds(types(opened(), "one").waits(300), [found(5)]);
  assertEquals(ids(types(page, "x".repeat(201))), []);
});

Deno.test("reduce() never searches on a server that can't", () => {
  const page = online().does({ type: "search_opened" });
  types(page, "one").waits(1000);
  assertEquals(asked(page), []);
});

Deno.test("reduce() searches the room on show or all, and remembers which", () => {
  const page = finds(types(opened(), "one").waits(300), [found(5)]);
  asked(page);
  page.does({ type: "search_scoped", scope: "room" });
  assertEquals([page.stored("search"), ids(page)], ["room", []]);
  assertEquals(asked(page.waits(300)), [{ text: "one", room: "lobby", limit: 20 }]);
  page.does({ type: "search_closed" }).does({ type: "search_opened" });
  assertEquals(page.state.searchScope, "room");
});

Deno.test("reduce() asks for more results before the last one, up to a bound", () => {
  const page = types(opened(), "one").waits(300);
  asked(page);
  finds(page, [found(9), found(8)], true).does({ type: "more_found_wanted" });
  page.does({ type: "more_found_wanted" });
  assertEquals(asked(page), [{ text: "one", before: messageId(8), limit: 20 }]);
  finds(page, [found(8), found(7)]);
  assertEquals([ids(page), page.state.search?.more], [[9, 8, 7], false]);
  page.does({ type: "more_found_wanted" });
  assertEquals(asked(page), []);
  types(page, "two").waits(300);
  finds(page, Array.from({ length: 450 }, (_, index) => found(5000 - index)), true);
  assertEquals([ids(page).length, page.state.search?.more], [MAX_RESULTS, false]);
});

Deno.test("reduce() searches again when the server says when, and says what is wrong", () => {
  const cases: [ErrorCode, number | undefined, string, number][] = [
    ["rate_limited", 700, "", 700],
    ["unavailable", 1000, "The chat can’t search just now. Trying again…", 1000],
    ["internal", undefined, "The chat can’t search just now. Trying again…", 2000],
    ["text_invalid", undefined, "This can’t be searched.", Infinity],
  ];
  for (const [code, retryMs, problem, ms] of cases) {
    const page = refuses(types(opened(), "one").waits(300), code, retryMs);
    asked(page);
    assertEquals(page.state.search?.problem, problem);
    assertEquals(asked(page.waits(Math.min(ms, 10_000) - 1)), [], code);
    assertEquals(asked(page.waits(1)).length, ms < Infinity ? 1 : 0, code);
  }
});

Deno.test("reduce() searches again after a lost connection, since a result may be gone", () => {
  const page = finds(types(opened(), "one").waits(300), [found(5)]);
  page.closes().waits(500);
  asked(page);
  page.welcomed("Ada", 0);
  assertEquals(asked(page), []);
  assertEquals(asked(page.joined()), [{ text: "one", limit: 20 }]);
  assertEquals(ids(finds(page, [])), []);
});

Deno.test("reduce() removes a deleted message from the results at once, and shows an edited text", () => {
  const page = types(opened(), "one").waits(300);
  finds(page, [found(5), found(4), found(3, "garden")]);
  const gone = { text: "", deleted: true } as const;
  const change = (n: number, room: string, fields: Partial<Message>): Page =>
    page.hears({ type: "message", ...found(n, room), changed: messageId(20 + n), ...fields });
  change(5, "lobby", gone);
  assertEquals(ids(page), [4, 3]);
  change(4, "lobby", { text: "edited" });
  // An older state, and a message of the same id in another room.
  change(4, "lobby", { text: "older", changed: messageId(4) });
  change(3, "lobby", gone);
  assertEquals(page.state.search?.results.map(({ text }) => text), ["edited", "text 3"]);
  // A message that was deleted while the answer was on its way.
  types(page, "two").waits(300);
  assertEquals(ids(finds(page, [found(9, "lobby", gone), found(8)])), [8]);
});

Deno.test("reduce() shows no result that was deleted while the answer was on its way", () => {
  const page = types(opened(), "one").waits(300);
  page.hears({ type: "message", ...found(5), text: "", deleted: true, changed: messageId(9) });
  assertEquals(ids(finds(page, [found(5), found(4)])), [4]);
});

Deno.test("reduce() searches again after a gap, in which a message may have been deleted", () => {
  const page = types(opened(), "one").waits(300);
  finds(page, [found(5)]).sent();
  page.hears({ type: "gap", room: "lobby", after: messageId(6), before: messageId(9) });
  assertEquals(page.sent("search").length, 1);
  assertEquals(ids(finds(page, [])), []);
});

Deno.test("reduce() closes the panel for the room or message that was chosen", () => {
  const page = types(opened(), "one").waits(300);
  page.does({ type: "message_wanted", room: "lobby", id: messageId(1) });
  assertEquals([page.state.search, page.room.target], [null, { id: messageId(1) }]);
  finds(page, [found(5)]);
  assertEquals(page.state.search, null);
  page.does({ type: "search_opened" }).does({ type: "room_opened", room: "garden" });
  assertEquals([page.state.search, page.state.current], [null, "garden"]);
});

Deno.test("matchRooms() ranks the rooms that a text names, and offers to join another", () => {
  const { state } = online();
  const room = (name: string, fields: Partial<Room> = {}): Room => ({
    ...newRoom(name),
    ...fields,
  });
  const rooms = [
    room("lobby"),
    room("garden"),
    room("the-garden"),
    room("gardens", { unread: 3 }),
    room("xgarden"),
    room("shed", { unread: 1, mentions: 1 }),
  ];
  const names = (text: string) => {
    const matched = matchRooms({ ...state, rooms, current: "lobby", previous: "garden" }, text);
    return [matched.rooms.map(({ name }) => name), matched.join];
  };
  assertEquals(names(""), [["garden", "shed", "gardens", "the-garden", "xgarden"], undefined]);
  assertEquals(names("garden"), [["garden", "gardens", "the-garden", "xgarden"], undefined]);
  assertEquals(names(" #GARD"), [["gardens", "garden", "the-garden", "xgarden"], "gard"]);
  assertEquals(names("lobby"), [["lobby"], undefined]);
  assertEquals(names("two words"), [[], undefined]);
  assertEquals(names("küche"), [[], undefined]);
  const many = Array.from({ length: 30 }, (_, index) => room(`room-${index}`));
  assertEquals(matchRooms({ ...state, rooms: many }, "room").rooms.length, 7);
});
