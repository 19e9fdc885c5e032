import { assertEquals } from "@std/assert";
import { MemoryPressure, type Relief } from "../../chat/runtime/memory_pressure.ts";

/** With a limit of 1,000 bytes. */
type Step = readonly [atMs: number, residentBytes: number, relief: Relief];

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What is told at each step instead. */
function judge(steps: readonly Step[], maxBytes = 1000): Step[] {
  const memory = new MemoryPressure(maxBytes);
  return steps.map(([now, rss]) => [now, rss, memory.judge(rss, now)]);
}

const COURSES: Readonly<Record<string, readonly Step[]>> = {
  "asks for nothing up to the limit": [[0, 0, "none"], [100, 1000, "none"], [HOUR, 999, "none"]],
  "refuses newcomers over the limit, for as long as it is over": [
    [0, 1001, "refuse"],
    [100, 1250, "refuse"],
    [200, 1000, "none"],
    [300, 1001, "refuse"],
  ],
  "cuts at once what is far over": [[0, 500, "none"], [100, 1251, "cut"]],
  "cuts what is over for five seconds": [
    [0, 1001, "refuse"],
    [4999, 1001, "refuse"],
    [5000, 1001, "cut"],
  ],
  "waits five seconds anew after each time below the limit": [
    [0, 1001, "refuse"],
    [4900, 1000, "none"],
    [5000, 1001, "refuse"],
    [9999, 1001, "refuse"],
    [10_000, 1001, "cut"],
  ],
  "lets all come back after a cut that didn't help": [
    [0, 1300, "cut"],
    [100, 1300, "none"],
    [10_000, 1001, "none"],
    [59_999, 2000, "none"],
  ],
  "refuses newcomers again when a cut helped": [
    [0, 1300, "cut"],
    [100, 900, "none"],
    [200, 1001, "refuse"],
  ],
  "cuts again at once what is far over, when the last cut helped": [
    [0, 1300, "cut"],
    [100, 900, "none"],
    [200, 1300, "cut"],
    [300, 900, "none"],
    [400, 1300, "cut"],
  ],
  "has more patience after a cut with what is not far over": [
    [0, 1300, "cut"],
    [100, 900, "none"],
    [200, 1001, "refuse"],
    [59_999, 1001, "refuse"],
    [60_000, 1001, "cut"],
  ],
  "cuts after one minute, then two, then four, when it doesn't help": [
    [0, 1300, "cut"],
    [MINUTE - 1, 1300, "none"],
    [MINUTE, 1300, "cut"],
    [3 * MINUTE - 1, 1300, "none"],
    [3 * MINUTE, 1300, "cut"],
    [7 * MINUTE - 1, 1300, "none"],
    [7 * MINUTE, 1300, "cut"],
  ],
  "is as it was at first after a long time without a cut": [
    [0, 1300, "cut"],
    [MINUTE, 1300, "cut"],
    [MINUTE + 100, 900, "none"],
    [5 * MINUTE, 1300, "cut"],
    [5 * MINUTE + 100, 1300, "none"],
    [6 * MINUTE, 1300, "cut"],
  ],
};

for (const [what, steps] of Object.entries(COURSES)) {
  Deno.test(`MemoryPressure.judge() ${what}`, () => assertEquals(judge(steps), steps));
}

Deno.test("MemoryPressure.judge() cuts once an hour, however often it didn't help", () => {
  const memory = new MemoryPressure(1000);
  const cuts: number[] = [];
  for (let now = 0; now < 12 * HOUR; now += MINUTE) {
    if (memory.judge(1300, now) === "cut") cuts.push(now);
  }
  const pauses = cuts.slice(1).map((cut, i) => (cut - (cuts[i] ?? NaN)) / MINUTE);
  assertEquals(pauses.slice(0, 9), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

Deno.test("MemoryPressure.judge() asks for nothing without a limit", () => {
  const steps: Step[] = [[0, 1e12, "none"], [HOUR, 1e15, "none"]];
  assertEquals(judge(steps, Infinity), steps);
});
