import { assertEquals } from "@std/assert";
import { quantile } from "../../bench/soak/samples.ts";

Deno.test("quantile() is the bound that a share does not exceed", () => {
  const buckets = [[1, 90], [2, 99], [Infinity, 100]] as const;
  assertEquals([0.5, 0.99, 1].map((share) => quantile(buckets, share)), [1, 2, Infinity]);
});

Deno.test("quantile() is NaN without values", () => {
  assertEquals(quantile([[1, 0], [Infinity, 0]], 0.5), NaN);
});
