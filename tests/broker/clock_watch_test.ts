import { assertEquals } from "@std/assert";
import { FakeHub, UNLIMITED } from "../support/fake_hub.ts";

/** Nothing is limited but addresses. */
const BUSY = { messageRate: UNLIMITED, commandRate: UNLIMITED };

Deno.test("ClockWatch.check() logs once that the clock was set back behind sent messages", async () => {
  const fake = new FakeHub(BUSY);
  const ada = await fake.member("Ada");
  ada.say("hi");
  fake.clockError = -60_000;
  await fake.pass(5000);
  ada.say("hi again");
  await fake.pass(5000);
  assertEquals(fake.logged.filter((event) => event === "clock_behind").length, 1);
});
