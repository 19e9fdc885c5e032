/**
 * Tests of the directory of listed rooms.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { describeListed, matchListed } from "../../static/model/directory.js";
import { answers, asked, charged, refuses, welcomes } from "./charge_driver.ts";
import { online, type Page } from "./page_driver.ts";

const ROOMS = [
  { room: "garden", topic: "Roses", count: 12, last: "01J00000000000000000000000" },
  { room: "shed", topic: "", count: 1 },
];
const opened = (page = charged()): Page => page.does({ type: "search_opened" });
const lists = (page: Page): Page => answers(page, "rooms", { type: "rooms", rooms: ROOMS });
const names = (page: Page, text = ""): string[] =>
  matchListed(page.state, text).map(({ room }) => room);

Deno.test("reduce() asks for the listed rooms while the panel is open, every ten seconds", () => {
  const page = opened();
  assertEquals(asked(page, "rooms").length, 1);
  assertEquals(asked(page.waits(4000), "rooms").length, 0);
  lists(page).waits(9_999);
  assertEquals(asked(page, "rooms").length, 0);
  assertEquals(asked(page.waits(1), "rooms").length, 1);
  assertEquals(names(lists(page)), ["garden", "shed"]);
  page.does({ type: "search_closed" }).waits(20_000);
  assertEquals([asked(page, "rooms").length, page.state.directory], [0, null]);
  // A list of before is not shown.
  assertEquals([names(opened(page)), asked(page, "rooms").length], [[], 1]);
});

Deno.test("reduce() has no directory where the server has none", () => {
  const page = online().does({ type: "search_opened" });
  assertEquals([page.state.directory, page.sent("rooms")], [null, []]);
});

Deno.test("reduce() keeps the list after a refusal and a lost connection, and asks again", () => {
  const page = lists(opened()).waits(10_000);
  refuses(page, "rooms", "rate_limited", 15_000);
  page.effects = [];
  assertEquals([names(page).length, asked(page.waits(14_000), "rooms").length], [2, 0]);
  assertEquals(asked(page.waits(1000), "rooms").length, 1);
  welcomes(page.closes());
  assertEquals([names(page).length, asked(page, "rooms").length], [2, 1]);
});

Deno.test("matchListed() finds a part of the name or of the topic", () => {
  const page = lists(opened());
  assertEquals(
    [names(page, "#gar"), names(page, " ROSE "), names(page, "x")],
    [["garden"], ["garden"], []],
  );
});

Deno.test("describeListed() has the time of the newest message in its id", () => {
  assertEquals(ROOMS.map(describeListed), [
    {
      people: "12 people",
      last: 1_717_986_918_400,
      topic: "Roses",
    },
    { people: "1 person", last: null, topic: "" },
  ]);
});
