import { assertEquals } from "@std/assert";
import type { ErrorCode } from "../../chat/protocol/types.ts";
import { explainOutage, isUnkept, outageOf } from "../../static/model/outage.js";
import { online, Page } from "./page_driver.ts";

const explained = ({ state }: Page): string => explainOutage(state);
const probes = (page: Page): number => {
  const count = page.effects.filter(({ type }) => type === "probe").length;
  page.effects = [];
  return count;
};

Deno.test("outageOf() finds the cause from two statuses", () => {
  const cases: [health: number, upgrade: number, outage: string][] = [
    [0, 0, "unreachable"],
    [503, 0, "stopping"],
    [502, 0, "unreachable"],
    [200, 403, "forbidden"],
    [200, 429, "crowded"],
    [200, 503, "full"],
    [200, 426, "blocked"],
    [200, 0, "unreachable"],
    [200, 404, "unreachable"],
  ];
  for (const [health, upgrade, outage] of cases) assertEquals(outageOf(health, upgrade), outage);
});

Deno.test("explainOutage() calls the user offline only where the browser has no network", () => {
  const page = online().closes();
  assertEquals(explained(page), "No connection to the chat.");
  page.does({ type: "network_changed", hasNetwork: false });
  assertEquals(explained(page), "You are offline.");
  page.does({ type: "network_changed", hasNetwork: true });
  assertEquals(explained(page), "No connection to the chat.");
});

Deno.test("isUnkept() is true from the second message in a row that can't be kept to the first that is", () => {
  const page = online().submits("a", "one");
  const refuses = (code: ErrorCode) =>
    page.hears({ type: "error", ref: "a", code, message: "", retryMs: 800 });
  refuses("unavailable");
  // As every server says that is being stopped, just before its `bye`.
  assertEquals(isUnkept(page.state), false);
  page.waits(800);
  refuses("unavailable");
  assertEquals(isUnkept(page.state), true);
  page.waits(800);
  assertEquals([isUnkept(page.state), page.state.notice], [true, null]);
  page.acks("a", 1);
  assertEquals(isUnkept(page.state), false);
  assertEquals(page.state.notice?.text, "Sent: the chat keeps messages again");
  // Another node may keep it.
  page.submits("a", "two");
  refuses("unavailable").waits(800);
  refuses("unavailable").closes().waits(500).welcomed();
  assertEquals(isUnkept(page.state), false);
  page.joined();
  refuses("rate_limited").waits(800);
  refuses("rate_limited");
  assertEquals(isUnkept(page.state), false);
});

Deno.test("reduce() probes once for each failed connection, and for no lost one", () => {
  const page = online();
  page.closes();
  assertEquals(probes(page), 0);
  for (let attempt = 0; attempt < 5; attempt++) {
    page.waits(20_000).does({ type: "retry_wanted" });
    page.effects = [];
    page.closes();
    assertEquals(probes(page), 1);
  }
  page.does({ type: "network_changed", hasNetwork: false }).does({ type: "retry_wanted" });
  assertEquals(probes(page.closes()), 0);
});

Deno.test("reduce() also probes if a connection is never answered", () => {
  const page = new Page().waits(15_000);
  assertEquals(page.state.connection.status, "offline");
  assertEquals(probes(page), 1);
});

Deno.test("reduce() explains the outage until it is online again", () => {
  const page = online().closes().waits(500).closes().does({ type: "probed", outage: "full" });
  assertEquals(explained(page), "The chat is full. You get in when somebody has left.");
  page.waits(1000).closes();
  assertEquals(explained(page).includes("full"), true);
  page.does({ type: "retry_wanted" }).welcomed().joined().does({ type: "probed", outage: "full" });
  assertEquals(explained(page.closes()), "No connection to the chat.");
});

Deno.test("reduce() says that WebSockets are blocked only after several failures", () => {
  const page = new Page();
  for (let attempt = 1; attempt <= 3; attempt++) {
    page.closes().does({ type: "probed", outage: "blocked" });
    assertEquals(explained(page).includes("another network"), attempt === 3);
    page.does({ type: "retry_wanted" });
  }
});

Deno.test("reduce() says that the chat has sent everyone away", () => {
  const page = online().hears({ type: "bye", retryMs: 4000 }).closes(1001);
  assertEquals(explained(page), "The chat has asked everyone to come back in a moment.");
});

Deno.test("reduce() checks a connection whose network is gone, and comes back with it", () => {
  const page = online().does({ type: "network_changed", hasNetwork: false });
  assertEquals(page.sent(), [{ type: "ping" }]);
  page.waits(5000).does({ type: "network_changed", hasNetwork: true });
  assertEquals(page.state.connection.status, "connecting");
});
