import { assertEquals, assertMatch } from "@std/assert";
import { commandsOf, matchCommands, parseSlash } from "../../static/model/slash.js";
import { Page } from "./page_driver.ts";

const { state } = new Page({
  rooms: [{ name: "lobby", addedAt: 1, muted: false }, { name: "shed", addedAt: 2, muted: false }],
});

/** The explanation of a text. */
function problemOf(text: string, of = state): string {
  const meaning = parseSlash(text, of);
  return meaning.type === "problem" ? meaning.text : JSON.stringify(meaning);
}

Deno.test("parseSlash() sends what is no command", () => {
  const cases: [text: string, sent?: string][] = [
    ["hi"],
    [""],
    ["/"],
    ["/ "],
    ["/usr/bin is full"],
    ["/etc" + "/passwd"],
    ["/2"],
    ["/join's"],
    [" /join garden"],
    ["one\n/join garden"],
    ["/присоединиться"],
    [`/${"a".repeat(4000)}`],
    ["// see above"],
    ["//path", "/path"],
    ["//join garden", "/join garden"],
    ["//usr/bin", "/usr/bin"],
    ["///", "//"],
    ["/me waves", "*waves*"],
    ["/ME waves ", "*waves*"],
    ["/me sees *stars*", "_sees *stars*_"],
    ["/me waves\n\nand goes", "*waves*\n\nand goes"],
  ];
  for (const [text, sent = text] of cases) {
    assertEquals(parseSlash(text, state), { type: "text", text: sent }, text);
  }
});

Deno.test("parseSlash() gives the actions of commands", () => {
  const cases = [
    ["/join garden", { type: "room_opened", room: "garden" }],
    ["/JOIN  #Garden ", { type: "room_opened", room: "garden" }],
    ["/leave", { type: "room_left", room: "lobby" }],
    ["/leave #lobby", { type: "room_left", room: "lobby" }],
    ["/name Ada Lovelace", { type: "name_chosen", name: "Ada Lovelace" }],
  ] as const;
  for (const [text, action] of cases) {
    assertEquals(parseSlash(text, state), { type: "actions", actions: [action] }, text);
  }
  assertEquals(parseSlash("/help", state), { type: "help" });
});

Deno.test("parseSlash() explains what can't be carried out", () => {
  const cases: [string, RegExp][] = [
    ["/xyz", /no command \/xyz:.* write \/\/xyz$/],
    ["/xyz and more", /no command \/xyz:/],
    ["/join", /name of a room/],
    ["/join Küche", /only letters.*\/join kueche/],
    ["/join 厨房", /only letters a to z, digits, - and _\.$/],
    [`/join ${"a".repeat(70)}`, /at most 64 characters/],
    ["/leave shed", /#lobby/],
    ["/name", /new name/],
    [`/name ${"a".repeat(40)}`, /at most 32 characters/],
    [`/name ${"a".repeat(4000)}`, /far longer/],
    ["/me", /what you do/],
    ["/topic Tea", /no topics here/],
  ];
  for (const [text, expected] of cases) assertMatch(problemOf(text), expected, text);
  assertMatch(problemOf("/leave", new Page().state), /only room/);
  assertMatch(problemOf("/topic Tea", { ...state, features: ["charge"] }), /in its settings/);
});

Deno.test("matchCommands() gives the commands that begin with a text, until one is whole", () => {
  const commands = commandsOf({ namer: "user" });
  const labels = (text: string) => matchCommands(text, commands).map(({ label }) => label);
  assertEquals(labels("/"), ["/join", "/leave", "/me", "/name", "/help"]);
  assertEquals(labels("/N"), ["/name"]);
  assertEquals(labels("/name"), []);
  assertEquals(labels("/x"), []);
});

Deno.test("commandsOf() and parseSlash() have no /name where the name is given", () => {
  for (const namer of ["token", "proxy"] as const) {
    const labels = commandsOf({ namer }).map(({ label }) => label);
    assertEquals(labels, ["/join", "/leave", "/me", "/help"]);
    assertMatch(problemOf("/name Bob", { ...state, namer }), /is given to you/);
  }
});
