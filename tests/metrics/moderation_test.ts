import { assert, assertEquals } from "@std/assert";
import { formatMetrics } from "../../chat/metrics/exposition.ts";
import { collectMetrics } from "../../chat/metrics/metrics.ts";
import { idOf, outcome, staffed } from "../support/charge.ts";
import type { FakeHub } from "../support/fake_hub.ts";

/** The series of a hub whose names begin with something, without those that are 0. */
function seriesOf({ hub }: FakeHub, prefix: string): string[] {
  const about = {
    versions: { version: "", deno: "", protocol: "" },
    residentBytes: 0,
    startedAt: 0,
  };
  return formatMetrics(collectMetrics(hub.metrics, hub.gauges(), about)).split("\n")
    .filter((line) => line.startsWith(prefix) && !line.endsWith(" 0"));
}

Deno.test("metrics count refusals by reason, wrong passwords, and acts of moderators", async () => {
  const { fake, admin, moderator, owner, guest } = await staffed();
  const user = idOf("Guest");
  await outcome(moderator, { type: "mute", room: "den", user, minutes: 1 });
  await outcome(guest, { type: "send", room: "den", text: "hi" });
  await outcome(moderator, { type: "kick", room: "den", user, minutes: 1 });
  await outcome(guest, { type: "join", room: "den" });
  await outcome(guest, { type: "kick", room: "den", user: idOf("Owner"), minutes: 1 });
  await outcome(owner, { type: "configure", room: "den", password: "secret" });
  const zoe = fake.connect("192.0.2.9");
  await outcome(zoe, { type: "hello", name: "Zoe" });
  await outcome(zoe, { type: "join", room: "den", password: "wrong" });
  await outcome(admin, { type: "ban", user, minutes: 1 });
  assertEquals(seriesOf(fake, "parley_moderation_total"), [
    'parley_moderation_total{act="kick"} 1',
    'parley_moderation_total{act="mute"} 1',
    'parley_moderation_total{act="ban"} 1',
  ]);
  assertEquals(seriesOf(fake, "parley_wrong_passwords_total"), [
    'parley_wrong_passwords_total{of="room"} 1',
  ]);
  const errors = seriesOf(fake, "parley_errors_total");
  for (const code of ["muted", "kicked", "forbidden", "unauthorized"]) {
    assert(errors.includes(`parley_errors_total{code="${code}"} 1`), `${code}: ${errors}`);
  }
  assert(seriesOf(fake, "parley_closes_total").includes('parley_closes_total{code="4502"} 1'));
});

Deno.test("the log has the acts of moderators with ids, and no texts, names or passwords", async () => {
  const { fake, moderator, owner, guest } = await staffed();
  const room = "den";
  await outcome(guest, { type: "send", room, text: "hunter2 says hi" });
  const user = idOf("Guest");
  await outcome(moderator, { type: "kick", room, user, minutes: 5 });
  const settings = { topic: "hunter2 topic", password: "hunter2" };
  await outcome(owner, { type: "configure", room, ...settings });
  const zoe = fake.connect("192.0.2.9");
  await outcome(zoe, { type: "hello", name: "Zoe" });
  for (let i = 0; i < 10; i++) {
    await outcome(zoe, { type: "join", room, password: `hunter2 ${i}` });
  }
  const [by, owned] = [idOf("Moderator"), idOf("Owner")];
  const lines = fake.lines.map((line) => JSON.parse(line));
  const of = (event: string) => lines.filter((line) => line.event === event).at(-1);
  const level = "info";
  assertEquals(of("moderated"), {
    ...{ level, event: "moderated", act: "kick", room, by, user, minutes: 5 },
  });
  assertEquals(of("room_configured"), {
    ...{ level, event: "room_configured", room, by: owned, set: "topic,password" },
  });
  assertEquals(of("too_many_guesses")?.address, "192.0.2.9");
  for (const secret of ["hunter2", "Guest", "Zoe"]) {
    assert(!fake.lines.some((line) => line.includes(secret)), secret);
  }
});
