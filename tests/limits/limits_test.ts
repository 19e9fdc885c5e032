import { assertEquals } from "@std/assert";
import { EventLoopLag } from "../../chat/limits/event_loop_lag.ts";
import { Multiset } from "../../chat/limits/addresses.ts";
import { isLimited, type Rate, TokenBucket, TokenBuckets } from "../../chat/limits/token_bucket.ts";

const RATE: Rate = { burst: 3, perSecond: 5 };
const NOW = 1_789_057_529_454;

/** A bucket whose burst was taken at `NOW`. */
function emptyBucket(rate: Rate = RATE): TokenBucket {
  const bucket = new TokenBucket(rate, NOW);
  for (let i = 0; i < rate.burst; i++) bucket.take(NOW);
  return bucket;
}

Deno.test("isLimited() is false with a 0 in either field", () => {
  const rates = [[1, 1], [0, 1], [1, 0], [0, 0]] as const;
  assertEquals(rates.map(([burst, perSecond]) => isLimited({ burst, perSecond })), [
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("TokenBucket.take() gives the burst at once and then nothing", () => {
  const bucket = new TokenBucket(RATE, NOW);
  assertEquals([1, 2, 3, 4, 5].map(() => bucket.take(NOW)), [0, 0, 0, 200, 200]);
});

Deno.test("TokenBucket.take() returns the exact time until there is a token", () => {
  const table: [perSecond: number, afterMs: number, retryMs: number][] = [
    [5, 0, 200],
    [5, 1, 199],
    [5, 199, 1],
    [5, 200, 0],
    [50, 0, 20],
    [3, 0, 334],
    [3, 333, 1],
    [3, 334, 0],
    [1000, 0, 1],
    [1, 0, 1000],
  ];
  for (const [perSecond, afterMs, retryMs] of table) {
    const bucket = emptyBucket({ burst: 10, perSecond });
    assertEquals(bucket.take(NOW + afterMs), retryMs, `${perSecond}/s after ${afterMs} ms`);
  }
});

Deno.test("TokenBucket.take() succeeds after the time that it returned", () => {
  for (const perSecond of [1, 3, 5, 7, 50, 999]) {
    const bucket = emptyBucket({ burst: 2, perSecond });
    let now = NOW;
    for (let i = 0; i < 500; i++) {
      // Looking in between costs nothing.
      const retryMs = bucket.take(now + 1);
      now += 1 + retryMs;
      if (retryMs > 0) assertEquals(bucket.take(now), 0, `${perSecond}/s, try ${i}`);
    }
  }
});

Deno.test("TokenBucket.take() succeeds once in each refill time", () => {
  const bucket = emptyBucket();
  const taken = [200, 400, 600, 700, 800].map((ms) => bucket.take(NOW + ms));
  assertEquals(taken, [0, 0, 0, 100, 0]);
});

Deno.test("TokenBucket.take() never gives more than the burst", () => {
  const bucket = emptyBucket();
  const later = NOW + 86_400_000;
  assertEquals([1, 2, 3, 4].map(() => bucket.take(later)), [0, 0, 0, 200]);
});

Deno.test("TokenBucket.take() neither adds nor removes tokens when the clock is set back", () => {
  const bucket = emptyBucket();
  const back = NOW - 3_600_000;
  assertEquals([back, back + 199, back + 200].map((now) => bucket.take(now)), [200, 1, 0]);
});

Deno.test("TokenBucket.wait() takes no token", () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, NOW);
  assertEquals([bucket.wait(NOW), bucket.wait(NOW), bucket.take(NOW), bucket.wait(NOW)], [
    0,
    0,
    0,
    1000,
  ]);
});

Deno.test("TokenBucket.spend() can leave a debt, which refills pay first", () => {
  const bucket = new TokenBucket(RATE, NOW);
  bucket.spend(13);
  assertEquals([0, 2000, 2200].map((ms) => bucket.wait(NOW + ms)), [2200, 200, 0]);
});

Deno.test("TokenBucket.isFull() is true again after the whole refill time", () => {
  const bucket = emptyBucket();
  assertEquals([0, 599, 600].map((ms) => bucket.isFull(NOW + ms)), [false, false, true]);
});

Deno.test("TokenBuckets.take() limits each key separately", () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 });
  const taken = ["ada", "bob", "ada", "__proto__"].map((key) => buckets.take(key, NOW));
  assertEquals(taken, [0, 0, 1000, 0]);
});

Deno.test("TokenBuckets.take() neither limits nor remembers keys without a limit", () => {
  for (const rate of [{ burst: 0, perSecond: 1 }, { burst: 1, perSecond: 0 }]) {
    const buckets = new TokenBuckets(rate);
    assertEquals([1, 2, 3].map(() => buckets.take("ada", NOW)), [0, 0, 0]);
    assertEquals(buckets.size, 0);
  }
});

Deno.test("TokenBuckets.sweep() forgets the buckets that are full again and no others", () => {
  const buckets = new TokenBuckets(RATE);
  for (const key of ["ada", "ada", "bob"]) buckets.take(key, NOW);
  const sizes = [0, 199, 200, 399, 400].map((ms) => {
    buckets.sweep(NOW + ms);
    return buckets.size;
  });
  assertEquals(sizes, [2, 2, 1, 1, 0]);
});

Deno.test("TokenBuckets.sweep() adds no tokens", () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 });
  buckets.take("ada", NOW);
  buckets.sweep(NOW + 400);
  assertEquals(buckets.take("ada", NOW + 400), 600);
});

Deno.test("Multiset counts each key by itself", () => {
  const multiset = new Multiset();
  for (const key of ["a", "b", "a", "a", "__proto__"]) multiset.add(key);
  multiset.remove("a");
  const keys = ["a", "b", "c", "__proto__", "constructor"];
  assertEquals(keys.map((key) => multiset.count(key)), [2, 1, 0, 1, 0]);
});

Deno.test("Multiset.remove() does not count below nothing", () => {
  const multiset = new Multiset();
  multiset.add("a");
  for (let i = 0; i < 3; i++) multiset.remove("a");
  multiset.remove("b");
  multiset.add("a");
  assertEquals([multiset.count("a"), multiset.count("b")], [1, 0]);
});

Deno.test("TokenBucket.take() has a larger burst only for events that may have waited", () => {
  const bucket = new TokenBucket(RATE, NOW);
  const later = NOW + 10_000;
  const taken = Array.from({ length: 14 }, () => bucket.take(later, 2000));
  assertEquals(taken.filter((wait) => wait === 0).length, RATE.burst + 2 * RATE.perSecond);
  const muchLater = later + 10_000;
  bucket.take(muchLater, 2000);
  const then = Array.from({ length: 14 }, () => bucket.take(muchLater));
  assertEquals(then.filter((wait) => wait === 0).length, RATE.burst);
});

Deno.test("EventLoopLag.at() is 0 while beats come in time", () => {
  const lateness = new EventLoopLag(100, NOW);
  for (let i = 1; i <= 10; i++) assertEquals(lateness.beat(NOW + i * 100), 0);
  assertEquals(lateness.at(NOW + 1050), 0);
});

Deno.test("EventLoopLag.at() includes a delay before its beat and for a second after it", () => {
  const lateness = new EventLoopLag(100, NOW);
  assertEquals(lateness.at(NOW + 2100), 2000);
  assertEquals(lateness.beat(NOW + 2100), 2000);
  for (let now = NOW + 2200; now < NOW + 3100; now += 100) {
    assertEquals(lateness.beat(now), 0);
    assertEquals(lateness.at(now), 2000);
  }
  lateness.beat(NOW + 3100);
  assertEquals(lateness.at(NOW + 3100), 0);
});

Deno.test("EventLoopLag.at() is the longest delay of the last second", () => {
  const lateness = new EventLoopLag(100, NOW);
  lateness.beat(NOW + 1100);
  lateness.beat(NOW + 1250);
  assertEquals(lateness.at(NOW + 1250), 1000);
  assertEquals(lateness.beat(NOW + 4350), 3000);
  assertEquals(lateness.at(NOW + 4350), 3000);
});

Deno.test("TokenBuckets.take() forgets the oldest bucket when there are too many", () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 }, 2);
  assertEquals(["a", "b", "a", "c"].map((key) => buckets.take(key, NOW)), [0, 0, 1000, 0]);
  assertEquals(buckets.size, 2);
  assertEquals(["b", "c"].map((key) => buckets.take(key, NOW)), [1000, 1000]);
  assertEquals(buckets.take("a", NOW), 0);
});
