import { assert, assertEquals } from "@std/assert";
import { drawSoak, ticksUpTo } from "../../bench/soak/chart.ts";
import { makeSamples } from "./fake_samples.ts";

/** The points of all lines, in pixels. */
function pointsIn(svg: string): number[][][] {
  return [...svg.matchAll(/<polyline [^>]*points="([^"]*)"/g)].map(([, points = ""]) =>
    points.split(" ").map((point) => point.split(",").map(Number))
  );
}

/** The first line: resident memory. */
function memoryIn(svg: string): number[][] {
  return pointsIn(svg)[0] ?? [];
}

Deno.test("drawSoak() draws two lines of memory, three of delay, and nine small ones", () => {
  assertEquals(pointsIn(drawSoak(makeSamples(30, () => ({})))).length, 2 + 3 + 9);
});

Deno.test("drawSoak() draws time from left to right, and values from bottom to top", () => {
  const memory = memoryIn(drawSoak(makeSamples(30, (minutes) => ({ rssBytes: minutes * 1e6 }))));
  const [[left = NaN, bottom = NaN] = [], [right = NaN, top = NaN] = []] = [
    memory[0],
    memory.at(-1),
  ];
  assertEquals([left < right, bottom > top], [true, true]);
});

Deno.test("drawSoak() stays within the picture for all values", () => {
  const svg = drawSoak([
    ...makeSamples(1, () => ({ delayP99Ms: Infinity, delayMeanMs: 0, deliveriesPerSecond: 0 })),
    ...makeSamples(2, () => ({ delayP99Ms: 2500, delayMeanMs: 0.001, rssBytes: 1e12 })),
  ]);
  const [, width = NaN, height = NaN] = svg.match(/viewBox="0 0 (\d+) (\d+)"/)?.map(Number) ?? [];
  for (const [x = NaN, y = NaN] of pointsIn(svg).flat()) {
    assert(x >= 0 && x <= width && y >= 0 && y <= height, `${x},${y}`);
  }
});

Deno.test("drawSoak() omits missing values", () => {
  const samples = makeSamples(1, (minutes) => (minutes < 0.5 ? { rssBytes: NaN } : {}));
  const points = memoryIn(drawSoak(samples));
  assert(points.length > 0 && points.length < samples.length);
  assert(points.flat().every(Number.isFinite));
});

const TICKS: readonly (readonly [number, number, readonly number[]])[] = [
  [150, 5, [0, 50, 100, 150]],
  [101, 5, [0, 50, 100, 150]],
  [3, 10, [0, 0.5, 1, 1.5, 2, 2.5, 3]],
  [0, 5, [0, 1]],
];
for (const [max, count, ticks] of TICKS) {
  Deno.test(`ticksUpTo() gives round steps up to ${max}`, () => {
    assertEquals(ticksUpTo(max, count), ticks);
  });
}
