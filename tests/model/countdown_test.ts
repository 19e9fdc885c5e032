import { assert, assertEquals } from "@std/assert";
import { IDLE, lost } from "../../static/client/connection.js";
import { nextTick, timeLeft } from "../../static/model/countdown.js";
import { nextConnectionDeadline } from "../../static/model/reconnect.js";

const DAY_MS = 86_400_000;

Deno.test("timeLeft() rounds up to what a countdown shows", () => {
  const cases: [number, string][] = [
    [-5, "0 s"],
    [0, "0 s"],
    [1, "1 s"],
    [60_000, "60 s"],
    [60_001, "1 min 1 s"],
    [299_500, "5 min 0 s"],
    [3_600_000, "60 min 0 s"],
    [3_600_001, "1 h 1 min"],
    [5 * 3_600_000, "5 h 0 min"],
    [2 * DAY_MS, "48 h 0 min"],
    [2 * DAY_MS + 1, "3 days"],
    [30 * DAY_MS, "30 days"],
  ];
  for (const [ms, text] of cases) assertEquals(timeLeft(1000 + ms, 1000), text);
});

Deno.test("nextTick() is at each change of a countdown, and at most once a second", () => {
  for (const ms of [2500, 62_000, 3_602_000, 2 * DAY_MS + 5000]) {
    let [now, ticks] = [0, 0];
    while (now < ms && ticks < 5) {
      const tick = nextTick(ms, now);
      assert(tick > now);
      assertEquals(timeLeft(ms, now), timeLeft(ms, tick - 1), "changes between two ticks");
      if (ticks > 0) assert(tick - now >= 1000);
      now = tick;
      ticks++;
    }
  }
  assertEquals([nextTick(5, 5), nextTick(4, 5), nextTick(Infinity, 5)], Array(3).fill(Infinity));
});

Deno.test("nextConnectionDeadline() is at every full second of a countdown", () => {
  const connection = lost({ ...IDLE, attempt: 2 }, { code: 1006, now: 0, random: 1 });
  const times = [0];
  while (times.at(-1) !== connection.retryAt) {
    times.push(nextConnectionDeadline({ connection, now: times.at(-1) ?? 0 }));
  }
  assertEquals(times, [0, 1000, 2000]);
});
