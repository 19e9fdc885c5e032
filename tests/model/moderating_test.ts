/**
 * Tests of kicks, mutes and bans.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { describeMinutes } from "../../static/model/moderating.js";
import { answers, asked, charged, refuses } from "./charge_driver.ts";
import { BOB, message, messageId, type Page, YOU } from "./page_driver.ts";

const wants = (page: Page, act: "kick" | "mute" | "ban" = "kick"): Page =>
  page.does({ type: "act_wanted", act, room: "lobby", user: BOB });
const confirms = (page: Page, minutes = 60, deletes = false): Page =>
  page.does({ type: "act_confirmed", minutes, deletes });

/** A page on which Bob has said things, up to now. */
function spammed(count: number): Page {
  const page = charged();
  page.now = 10_000_000;
  page.says(1, "old");
  for (let n = 2; n < 2 + count; n++) {
    page.hears({ type: "message", room: "lobby", ...message(n), time: page.now - 1000 });
  }
  page.hears({ type: "message", room: "lobby", ...message(500, "mine", YOU), time: page.now });
  page.effects = [];
  return page;
}

Deno.test("reduce() kicks once, says so when it is done, and not before", () => {
  const page = confirms(confirms(wants(charged())));
  assertEquals(asked(page, "kick"), [{ room: "lobby", user: BOB.id, minutes: 60 }]);
  assertEquals(page.state.notice, null);
  answers(page, "kick", { type: "done" });
  assertEquals([page.state.moderating, page.state.notice?.text], [
    null,
    "Bob is out of #lobby for 1 hour",
  ]);
});

Deno.test("reduce() bans from the server, not from a room", () => {
  const page = confirms(wants(charged(), "ban"), 43_200);
  assertEquals(asked(page, "ban"), [{ user: BOB.id, minutes: 43_200 }]);
  answers(page, "ban", { type: "done" });
  assertEquals(page.state.notice?.text, "Bob is banned for 30 days");
});

Deno.test("reduce() keeps the dialog with the reason of a refusal, or of a lost connection", () => {
  const page = refuses(confirms(wants(charged())), "kick", "forbidden");
  assertEquals(page.state.moderating?.problem, "You may not do this here.");
  const problem = "There is no connection. Try again when you are online.";
  assertEquals(confirms(page).closes().state.moderating?.problem, problem);
  assertEquals(confirms(page).state.moderating?.problem, problem);
  assertEquals(page.state.moderating?.ref, null);
});

Deno.test("reduce() deletes the last messages of whom it has kicked, at once and at most 50", () => {
  const page = confirms(wants(spammed(60)), 60, true);
  assertEquals(page.state.outbox, []);
  answers(page, "kick", { type: "done" });
  const ids = page.state.outbox.flatMap((item) => item.type === "delete" ? [item.id] : []);
  assertEquals([ids.length, ids[0], ids.at(-1)], [50, messageId(12), messageId(61)]);
  assertEquals(asked(page, "delete"), [{ room: "lobby", id: messageId(12) }]);
});

Deno.test("reduce() deletes nothing that is old, of others, or not asked for", () => {
  const page = confirms(wants(spammed(2)), 60, true);
  answers(page, "kick", { type: "done" });
  const ids = page.state.outbox.flatMap((item) => item.type === "delete" ? [item.id] : []);
  assertEquals(ids, [messageId(2), messageId(3)]);
  const kept = confirms(wants(spammed(2)));
  assertEquals(answers(kept, "kick", { type: "done" }).state.outbox, []);
  const refused = refuses(confirms(wants(spammed(2)), 60, true), "kick", "forbidden");
  assertEquals(refused.state.outbox, []);
});

Deno.test("describeMinutes() uses the largest unit", () => {
  const texts = [1, 10, 60, 120, 1440, 43_200].map(describeMinutes);
  assertEquals(texts, ["1 minute", "10 minutes", "1 hour", "2 hours", "1 day", "30 days"]);
});
