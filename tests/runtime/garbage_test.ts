import { assert, assertEquals } from "@std/assert";
import { garbageCollector, GarbageSchedule } from "../../chat/runtime/memory_watch.ts";

const SECOND = 1000;

/** The times, among so many steps, at which a collection is due with a limit of 1,000 bytes. */
function collections(
  steps: number,
  stepMs: number,
  residentAt: (now: number) => number,
  takesMs = 0,
): number[] {
  const schedule = new GarbageSchedule(1000);
  return Array.from({ length: steps }, (_, i) => i * stepMs).filter((now) => {
    const isDue = schedule.isDue(residentAt(now), now);
    if (isDue) schedule.collected(now + takesMs);
    return isDue;
  });
}

Deno.test("GarbageSchedule.isDue() is false up to the limit", () => {
  assertEquals(collections(1000, 100, () => 1000), []);
});

Deno.test("GarbageSchedule.isDue() is true at once over the limit, then less and less often", () => {
  const times = collections(10_000, SECOND, () => 1001);
  const pauses = times.slice(1).map((now, i) => (now - (times[i] ?? NaN)) / SECOND);
  assertEquals(pauses.slice(0, 10), [4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
});

Deno.test("GarbageSchedule.isDue() is true every two seconds while collections help", () => {
  // Over the limit for the first 100 ms of each second.
  const times = collections(100, 100, (now) => now % SECOND < 100 ? 1001 : 900);
  assertEquals(times, [0, 2000, 4000, 6000, 8000]);
});

Deno.test("GarbageSchedule.isDue() is false for ten times as long as a collection took", () => {
  // Over the limit for the first 100 ms of each second.
  const residentAt = (now: number) => now % SECOND < 100 ? 1001 : 900;
  assertEquals(collections(400, 100, residentAt, 1500), [0, 17_000, 34_000]);
});

Deno.test("garbageCollector() frees memory that is not in use", () => {
  const collect = garbageCollector();
  let garbage: unknown[] | undefined = Array.from({ length: 1_000_000 }, (_, i) => ({ i }));
  const before = Deno.memoryUsage().heapUsed;
  assertEquals(garbage.length, 1_000_000);
  garbage = undefined;
  collect();
  const freed = before - Deno.memoryUsage().heapUsed;
  assert(freed > 20e6, `${freed} bytes were freed`);
});
