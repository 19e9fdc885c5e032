import { assertAlmostEquals, assertEquals } from "@std/assert";
import { judge, slope } from "../../bench/soak/verdict.ts";
import { makeSamples } from "./fake_samples.ts";

/** Memory that grows for 5 minutes and is freed at once, as receipts do. */
function sawtooth(minutes: number): number {
  return 100e6 + 10e6 * (minutes % 5) / 5;
}

Deno.test("judge() takes the period of the receipts for noise", () => {
  const { growth } = judge(makeSamples(30, (minutes) => ({ rssBytes: sawtooth(minutes) })));
  assertEquals(growth.judged && growth.grows, false);
});

Deno.test("judge() finds growth beneath the period of the receipts", () => {
  const rssBytes = (minutes: number): number => sawtooth(minutes) + 0.6e6 * minutes;
  const { growth } = judge(makeSamples(30, (minutes) => ({ rssBytes: rssBytes(minutes) })));
  assertEquals(growth.judged && growth.grows, true);
});

Deno.test("judge() ignores growth in the first ten minutes", () => {
  const rssBytes = (minutes: number): number => 50e6 + 5e6 * Math.min(minutes, 10);
  const { growth } = judge(makeSamples(30, (minutes) => ({ rssBytes: rssBytes(minutes) })));
  assertEquals(growth.judged && growth.grows, false);
});

for (const [minutes, judged] of [[3, false], [15, false], [20, true]] as const) {
  Deno.test(`judge() ${judged ? "judges" : "does not judge"} growth after ${minutes} minutes`, () => {
    assertEquals(judge(makeSamples(minutes, () => ({}))).growth.judged, judged);
  });
}

Deno.test("judge() compares minutes 3 to 6 with the last tenth", () => {
  const { warmBytes, endBytes } = judge(makeSamples(30, (minutes) => ({ rssBytes: minutes })));
  assertAlmostEquals(warmBytes, 4.5, 0.1);
  assertAlmostEquals(endBytes, 28.5, 0.1);
});

Deno.test("judge() compares the second tenth of a short run", () => {
  const { warmBytes } = judge(makeSamples(4, (minutes) => ({ rssBytes: minutes })));
  assertAlmostEquals(warmBytes, 0.6, 0.1);
});

Deno.test("slope() is that of the least-squares line", () => {
  assertEquals(slope([[0, 1], [1, 3], [2, 3], [3, 5]]), 1.2);
});
