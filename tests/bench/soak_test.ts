import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Chronicle } from "../../bench/soak/verifier.ts";
import { quantile } from "../../bench/soak/samples.ts";
import { judge, slope } from "../../bench/soak/verdict.ts";
import { soaked } from "./fake_samples.ts";

/** As receipts do: they come for 5 minutes and go at once. */
function sawtooth(minutes: number): number {
  return 100e6 + 10e6 * (minutes % 5) / 5;
}

Deno.test("judge() takes what comes and goes with the receipts for noise", () => {
  const { growth } = judge(soaked(30, (minutes) => ({ rssBytes: sawtooth(minutes) })));
  assertEquals(growth.judged && growth.grows, false);
});

Deno.test("judge() sees growth under what comes and goes", () => {
  const rssBytes = (minutes: number): number => sawtooth(minutes) + 0.6e6 * minutes;
  const { growth } = judge(soaked(30, (minutes) => ({ rssBytes: rssBytes(minutes) })));
  assertEquals(growth.judged && growth.grows, true);
});

Deno.test("judge() holds nothing against what fills up in the first ten minutes", () => {
  const rssBytes = (minutes: number): number => 50e6 + 5e6 * Math.min(minutes, 10);
  const { growth } = judge(soaked(30, (minutes) => ({ rssBytes: rssBytes(minutes) })));
  assertEquals(growth.judged && growth.grows, false);
});

for (const [minutes, judged] of [[3, false], [15, false], [20, true]] as const) {
  Deno.test(`judge() ${judged ? "judges" : "does not judge"} growth after ${minutes} minutes`, () => {
    assertEquals(judge(soaked(minutes, () => ({}))).growth.judged, judged);
  });
}

Deno.test("judge() compares minutes 3 to 6 with the last tenth", () => {
  const { warmBytes, endBytes } = judge(soaked(30, (minutes) => ({ rssBytes: minutes })));
  assertAlmostEquals(warmBytes, 4.5, 0.1);
  assertAlmostEquals(endBytes, 28.5, 0.1);
});

Deno.test("judge() compares the second tenth of a short run", () => {
  const { warmBytes } = judge(soaked(4, (minutes) => ({ rssBytes: minutes })));
  assertAlmostEquals(warmBytes, 0.6, 0.1);
});

Deno.test("slope() is that of the line with the least squares", () => {
  assertEquals(slope([[0, 1], [1, 3], [2, 3], [3, 5]]), 1.2);
});

Deno.test("quantile() is the bound that a share does not exceed", () => {
  const buckets = [[1, 90], [2, 99], [Infinity, 100]] as const;
  assertEquals([0.5, 0.99, 1].map((share) => quantile(buckets, share)), [1, 2, Infinity]);
});

Deno.test("quantile() of nothing is not a number", () => {
  assertEquals(quantile([[1, 0], [Infinity, 0]], 0.5), NaN);
});

Deno.test("Chronicle.follow() takes what others saw, again and again", () => {
  const chronicle = new Chronicle();
  for (let times = 0; times < 2; times++) {
    chronicle.follow("a", "b");
    chronicle.follow("b", "c");
  }
  assertEquals(chronicle.faults, {});
});

Deno.test("Chronicle.follow() blames for a message that others got in between", () => {
  const chronicle = new Chronicle();
  chronicle.follow("a", "b");
  chronicle.follow("a", "c");
  assertEquals(chronicle.faults, { skipped: 1 });
});

for (const [before, id] of [["b", "a"], ["b", "b"]] as const) {
  Deno.test(`Chronicle.follow() blames for "${id}" after "${before}"`, () => {
    const chronicle = new Chronicle();
    chronicle.follow(before, id);
    assertEquals(chronicle.faults, { disordered: 1 });
  });
}
