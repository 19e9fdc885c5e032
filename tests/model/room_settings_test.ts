/**
 * Tests of the settings of rooms.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { inviteFragment } from "../../static/model/invitation.js";
import { answers, asked, charged, refuses, SETTINGS } from "./charge_driver.ts";
import { BOB, online, type Page } from "./page_driver.ts";

const opened = (page = charged()): Page =>
  page.does({ type: "room_settings_opened", room: "lobby" });

const chooses = (page: Page, change: Record<string, unknown>): Page =>
  page.does({ type: "setting_chosen", room: "lobby", change });

const saves = (page: Page, change: Record<string, unknown>): Page =>
  answers(page, "configure", { type: "settings", room: "lobby", ...SETTINGS, ...change });

Deno.test("reduce() opens no settings where the server has no roles", () => {
  const page = online().does({ type: "room_settings_opened", room: "lobby" });
  assertEquals([page.state.roomDialog, page.sent()], [null, []]);
});

Deno.test("reduce() changes one setting at a time, and shows it at once", () => {
  const page = chooses(opened(), { readOnly: true });
  assertEquals(asked(page, "configure"), [{ room: "lobby", readOnly: true }]);
  assertEquals(page.state.roomDialog?.typed, { readOnly: true });
  saves(page, { readOnly: true });
  const { typed, saved } = page.state.roomDialog ?? {};
  assertEquals([typed, saved, page.room.settings?.readOnly], [{}, "readOnly", true]);
});

Deno.test("reduce() keeps what is typed while others change the settings", () => {
  const page = opened().does({ type: "setting_typed", change: { topic: "my to" } });
  page.hears({ type: "settings", room: "lobby", ...SETTINGS, topic: "theirs", slowMs: 5000 });
  assertEquals(page.state.roomDialog?.typed, { topic: "my to" });
  assertEquals([page.room.settings?.topic, page.room.settings?.slowMs], ["theirs", 5000]);
  // And while the answer to an earlier text is on its way.
  chooses(page, { topic: "my to" });
  page.does({ type: "setting_typed", change: { topic: "my topic" } });
  saves(page, { topic: "my to" });
  assertEquals(page.state.roomDialog?.typed, { topic: "my topic" });
});

Deno.test("reduce() explains a refusal at its field: texts stay, the rest goes back", () => {
  const page = chooses(opened(), { topic: "x" });
  refuses(page, "configure", "forbidden");
  assertEquals(page.state.roomDialog?.problems.topic, "You may not do this here.");
  assertEquals(page.state.roomDialog?.typed, { topic: "x" });
  refuses(chooses(page, { listed: true }), "configure", "rate_limited", 1200);
  const { typed, problems } = page.state.roomDialog ?? {};
  assertEquals(problems?.listed, "That was too much at once. Try again in 2 seconds.");
  assertEquals(typed, { topic: "x" });
  // The next try clears it.
  saves(chooses(page, { listed: true }), { listed: true });
  assertEquals(page.state.roomDialog?.problems.listed, "");
});

Deno.test("reduce() doesn't send what the server would refuse", () => {
  const cases = [
    [{ topic: "😀".repeat(200) }, undefined],
    [{ topic: "x".repeat(201) }, "A topic has at most 200 characters."],
    [{ password: "x".repeat(129) }, "A password has at most 128 characters."],
  ] as const;
  for (const [change, problem] of cases) {
    const page = chooses(opened(), change);
    assertEquals(asked(page, "configure").length, problem === undefined ? 1 : 0);
    const [text = ""] = Object.values(page.state.roomDialog?.problems ?? {});
    assertEquals(text, problem ?? "");
  }
});

Deno.test("reduce() says so where a lost connection takes the answer with it", () => {
  const page = chooses(opened(), { password: "secret" });
  page.closes();
  const { typed, problems } = page.state.roomDialog ?? {};
  const problem = "There is no connection. Try again when you are online.";
  assertEquals([typed, problems?.password], [{ password: "secret" }, problem]);
  assertEquals(chooses(page, { readOnly: true }).state.roomDialog?.problems.readOnly, problem);
  assertEquals(page.sent("configure").length, 1);
});

Deno.test("reduce() remembers a password that was set only for the link in the same dialog", () => {
  const page = chooses(opened(), { password: "a b#&ü" });
  saves(page, { locked: true });
  assertEquals(page.state.roomDialog?.typed, {});
  assertEquals(
    inviteFragment(page.state.roomDialog?.password ?? ""),
    "#password=a%20b%23%26%C3%BC",
  );
  page.does({ type: "room_settings_closed" });
  assertEquals(opened(page).state.roomDialog?.password, "");
});

Deno.test("inviteFragment() has what decodeURIComponent() takes, also of half a character", () => {
  for (const password of ["#%&+ü ", "😀", "%41", "a=b"]) {
    assertEquals(decodeURIComponent(inviteFragment(password).slice(10)), password);
  }
  assertEquals(decodeURIComponent(inviteFragment("a\ud800").slice(10)), "a\ufffd");
});

Deno.test("reduce() adds and removes moderators, also before the first answer", () => {
  const page = charged();
  const appoints = (id: string, isModerator = true) =>
    page.does({ type: "moderator_chosen", room: "lobby", user: { ...BOB, id }, isModerator });
  appoints("b".repeat(16));
  appoints("c".repeat(16));
  appoints("b".repeat(16), false);
  assertEquals(asked(page, "configure").map((command) => Object(command).moderators), [
    ["b".repeat(16)],
    ["b".repeat(16), "c".repeat(16)],
    ["c".repeat(16)],
  ]);
  const moderators = [{ id: "c".repeat(16), name: "Cem" }];
  for (let i = 0; i < 3; i++) saves(page, { moderators });
  assertEquals(page.state.notice?.text, "The moderators of #lobby were changed");
  const all = Array.from({ length: 50 }, (_, i) => ({ id: `${i}`, name: "" }));
  page.hears({ type: "settings", room: "lobby", ...SETTINGS, moderators: all });
  appoints("b".repeat(16));
  assertEquals(page.state.notice?.text, "A room has at most 50 moderators.");
  assertEquals(asked(page, "configure"), []);
});

Deno.test("reduce() asks for bans only where the role allows it", () => {
  assertEquals(asked(opened(), "bans"), [{ room: "lobby" }]);
  const guest = opened(charged({ settings: { ...SETTINGS, owner: BOB.id } }));
  assertEquals(asked(guest, "bans"), []);
  // The role comes while the dialog is open.
  const moderators = [{ id: guest.state.you?.id ?? "", name: "Ada" }];
  guest.hears({ type: "settings", room: "lobby", ...SETTINGS, owner: BOB.id, moderators });
  assertEquals(asked(guest, "bans"), [{ room: "lobby" }]);
});

Deno.test("reduce() shows the bans, and asks again when one was ended", () => {
  const page = opened();
  const ban = { user: BOB, kind: "mute", until: page.now + 1, by: BOB.id } as const;
  answers(page, "bans", { type: "bans", bans: [ban] });
  assertEquals(page.state.roomDialog?.bans, [ban]);
  page.effects = [];
  page.does({ type: "ban_ended", kind: "mute", room: "lobby", user: BOB.id });
  assertEquals(asked(page, "mute"), [{ room: "lobby", user: BOB.id, minutes: 0 }]);
  answers(page, "mute", { type: "done" });
  answers(page, "bans", { type: "bans", bans: [] });
  assertEquals(page.state.roomDialog?.bans, []);
  refuses(opened(page), "bans", "unavailable");
  assertEquals(
    page.state.roomDialog?.bansProblem,
    "The chat can’t keep this just now. Try again in a moment.",
  );
});
