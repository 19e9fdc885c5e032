import { assertEquals } from "@std/assert";
import { Liveness, RunningClock, TICK_MS } from "../../../chat/broker/redis/liveness.ts";
import { backoffMs } from "../../../chat/broker/redis/client.ts";

const OPTIONS = { pingMs: 500, silenceMs: 1200 };

/** Ticks until it is more than alive. Returns the time, and what it is then. */
function tickUntil(liveness: Liveness, isWaiting: boolean): [number, string] {
  for (let ms = TICK_MS; ms < 10_000; ms += TICK_MS) {
    const state = liveness.tick(TICK_MS, isWaiting);
    if (state !== "alive") return [ms, state];
  }
  return [Infinity, "alive"];
}

Deno.test("Liveness.tick() says ping when an idle connection is quiet", () => {
  const liveness = new Liveness(OPTIONS);
  assertEquals(tickUntil(liveness, false), [500, "ping"]);
  liveness.heard();
  assertEquals(tickUntil(liveness, false), [500, "ping"]);
});

Deno.test("Liveness.tick() says silent when a reply does not come, PING's included", () => {
  const liveness = new Liveness(OPTIONS);
  assertEquals(tickUntil(liveness, false), [500, "ping"]);
  assertEquals(tickUntil(liveness, true), [1300, "silent"]);
});

Deno.test("Liveness.tick() counts silence from the last byte on", () => {
  const liveness = new Liveness(OPTIONS);
  for (let i = 0; i < 100; i++) {
    assertEquals(liveness.tick(1000, true), "alive");
    liveness.heard();
  }
  assertEquals(tickUntil(liveness, true), [1300, "silent"]);
});

Deno.test("RunningClock.tick() does not count the time in which the event loop was blocked", () => {
  const clock = new RunningClock(1000);
  assertEquals(clock.tick(1100), 100);
  // Stopped for an hour.
  assertEquals(clock.tick(3_601_100), 2 * TICK_MS);
  assertEquals(clock.tick(3_601_250), 150);
  assertEquals(clock.now, 450);
});

Deno.test("backoffMs() has full jitter, and at most 2 s", () => {
  assertEquals([0, 1, 2, 3, 4, 5000].map((failures) => backoffMs(failures, 0.5)), [
    100,
    200,
    400,
    800,
    1000,
    1000,
  ]);
  assertEquals(backoffMs(9, 0), 0);
});
