import { assert, assertEquals } from "@std/assert";
import { garbageCollector, GarbageWatch } from "../../chat/runtime/garbage.ts";

const SECOND = 1000;

/** The times, of so many steps, at which a watch with a limit of 1,000 bytes asks for a collection. */
function collections(
  steps: number,
  stepMs: number,
  residentAt: (now: number) => number,
  takesMs = 0,
): number[] {
  const watch = new GarbageWatch(1000);
  return Array.from({ length: steps }, (_, i) => i * stepMs).filter((now) => {
    const asks = watch.judge(residentAt(now), now);
    if (asks) watch.collected(now + takesMs);
    return asks;
  });
}

Deno.test("GarbageWatch.judge() asks for nothing up to the limit", () => {
  assertEquals(collections(1000, 100, () => 1000), []);
});

Deno.test("GarbageWatch.judge() asks at once over the limit, and then less and less often", () => {
  const asked = collections(10_000, SECOND, () => 1001);
  const pauses = asked.slice(1).map((now, i) => (now - (asked[i] ?? NaN)) / SECOND);
  assertEquals(pauses.slice(0, 10), [4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
});

Deno.test("GarbageWatch.judge() asks each time anew that it has helped, but not all the time", () => {
  // Over the limit for the first 100 ms of each second.
  const asked = collections(100, 100, (now) => now % SECOND < 100 ? 1001 : 900);
  assertEquals(asked, [0, 2000, 4000, 6000, 8000]);
});

Deno.test("GarbageWatch.judge() pauses for ten times as long as a collection took", () => {
  // Over the limit for the first 100 ms of each second.
  const residentAt = (now: number) => now % SECOND < 100 ? 1001 : 900;
  assertEquals(collections(400, 100, residentAt, 1500), [0, 17_000, 34_000]);
});

Deno.test("garbageCollector() frees what is not in use", () => {
  const collect = garbageCollector();
  let garbage: unknown[] | undefined = Array.from({ length: 1_000_000 }, (_, i) => ({ i }));
  const before = Deno.memoryUsage().heapUsed;
  assertEquals(garbage.length, 1_000_000);
  garbage = undefined;
  collect();
  const freed = before - Deno.memoryUsage().heapUsed;
  assert(freed > 20e6, `${freed} bytes were freed`);
});
