import { assertEquals } from "@std/assert";
import { type MemoryAction, MemoryPressure } from "../../chat/runtime/memory_watch.ts";

/** With a limit of 1,000 bytes. */
type Step = readonly [atMs: number, residentBytes: number, action: MemoryAction];

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The steps with the actions that are returned. */
function assess(steps: readonly Step[], maxBytes = 1000): Step[] {
  const memory = new MemoryPressure(maxBytes);
  return steps.map(([now, rss]) => [now, rss, memory.assess(rss, now)]);
}

const COURSES: Readonly<Record<string, readonly Step[]>> = {
  "does nothing up to the limit": [[0, 0, "none"], [100, 1000, "none"], [HOUR, 999, "none"]],
  "refuses newcomers as long as memory is over the limit": [
    [0, 1001, "refuse"],
    [100, 1250, "refuse"],
    [200, 1000, "none"],
    [300, 1001, "refuse"],
  ],
  "cuts at once far over the limit": [[0, 500, "none"], [100, 1251, "cut"]],
  "cuts after five seconds over the limit": [
    [0, 1001, "refuse"],
    [4999, 1001, "refuse"],
    [5000, 1001, "cut"],
  ],
  "waits for five seconds again after each time below the limit": [
    [0, 1001, "refuse"],
    [4900, 1000, "none"],
    [5000, 1001, "refuse"],
    [9999, 1001, "refuse"],
    [10_000, 1001, "cut"],
  ],
  "refuses nobody after a cut that did not help": [
    [0, 1300, "cut"],
    [100, 1300, "none"],
    [10_000, 1001, "none"],
    [59_999, 2000, "none"],
  ],
  "refuses newcomers again after a cut that helped": [
    [0, 1300, "cut"],
    [100, 900, "none"],
    [200, 1001, "refuse"],
  ],
  "cuts again at once far over the limit if the last cut helped": [
    [0, 1300, "cut"],
    [100, 900, "none"],
    [200, 1300, "cut"],
    [300, 900, "none"],
    [400, 1300, "cut"],
  ],
  "waits for a minute after a cut if memory is not far over the limit": [
    [0, 1300, "cut"],
    [100, 900, "none"],
    [200, 1001, "refuse"],
    [59_999, 1001, "refuse"],
    [60_000, 1001, "cut"],
  ],
  "cuts after one minute, then two, then four, while cuts do not help": [
    [0, 1300, "cut"],
    [MINUTE - 1, 1300, "none"],
    [MINUTE, 1300, "cut"],
    [3 * MINUTE - 1, 1300, "none"],
    [3 * MINUTE, 1300, "cut"],
    [7 * MINUTE - 1, 1300, "none"],
    [7 * MINUTE, 1300, "cut"],
  ],
  "starts with one minute again after a long time without a cut": [
    [0, 1300, "cut"],
    [MINUTE, 1300, "cut"],
    [MINUTE + 100, 900, "none"],
    [5 * MINUTE, 1300, "cut"],
    [5 * MINUTE + 100, 1300, "none"],
    [6 * MINUTE, 1300, "cut"],
  ],
};

for (const [what, steps] of Object.entries(COURSES)) {
  Deno.test(`MemoryPressure.assess() ${what}`, () => assertEquals(assess(steps), steps));
}

Deno.test("MemoryPressure.assess() cuts once an hour in the end, however often it did not help", () => {
  const memory = new MemoryPressure(1000);
  const cuts: number[] = [];
  for (let now = 0; now < 12 * HOUR; now += MINUTE) {
    if (memory.assess(1300, now) === "cut") cuts.push(now);
  }
  const pauses = cuts.slice(1).map((cut, i) => (cut - (cuts[i] ?? NaN)) / MINUTE);
  assertEquals(pauses.slice(0, 9), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

Deno.test("MemoryPressure.assess() does nothing without a limit", () => {
  const steps: Step[] = [[0, 1e12, "none"], [HOUR, 1e15, "none"]];
  assertEquals(assess(steps, Infinity), steps);
});
