/**
 * Whether a server that was soaked grew.
 *
 * @module
 */

import { median } from "./results.ts";
import type { Sample } from "./soak_samples.ts";

/**
 * From here on nothing grows by design: the server keeps receipts for up to 10 minutes, and the
 * rooms' logs are full long before.
 */
const FULL_AT_MINUTES = 10;

/** Receipts come and go in periods of 5 minutes: with two of them a slope means something. */
const LEAST_JUDGED_MINUTES = 10;

/** When a server has warmed up, though not filled up; in shorter runs the second tenth. */
const WARM_MINUTES = [3, 6] as const;

/** A value at a time. */
export type Point = readonly [minutes: number, value: number];

/** How memory went. All in bytes. */
export interface Verdict {
  readonly warmBytes: number;
  readonly endBytes: number;
  /** Of a line through the second half. */
  readonly bytesPerHour: number;
  /** What is said about growth, with the rule. */
  readonly growth: Growth;
}

/** How much a line through the samples from minute 10 on climbs, and how far they are from it. */
export type Growth =
  | { readonly judged: false; readonly leastMinutes: number }
  | {
    readonly judged: true;
    readonly minutes: number;
    readonly climbBytes: number;
    /** From the 5th to the 95th percentile. */
    readonly scatterBytes: number;
    /** Whether it climbs by more than the scatter. */
    readonly grows: boolean;
  };

/** Judges the samples of a run. */
export function judge(samples: readonly Sample[]): Verdict {
  const points = samples.map(({ minutes, rssBytes }): Point => [minutes, rssBytes]);
  const end = points.at(-1)?.[0] ?? 0;
  const [warmFrom, warmTo] = end > WARM_MINUTES[1] ? WARM_MINUTES : [end / 10, end / 5];
  return {
    warmBytes: median(between(points, warmFrom, warmTo)),
    endBytes: median(between(points, end * 0.9, end)),
    bytesPerHour: 60 * slope(points.filter(([minutes]) => minutes >= end / 2)),
    growth: growthOf(points.filter(([minutes]) => minutes >= FULL_AT_MINUTES)),
  };
}

function growthOf(points: readonly Point[]): Growth {
  const minutes = (points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0);
  // A sample or two come late.
  if (minutes < LEAST_JUDGED_MINUTES * 0.95) {
    return { judged: false, leastMinutes: FULL_AT_MINUTES + LEAST_JUDGED_MINUTES };
  }
  const perMinute = slope(points);
  const climbBytes = perMinute * minutes;
  const rest = points.map(([at, value]) => value - perMinute * at).sort((a, b) => a - b);
  const at = (share: number): number => rest[Math.floor(share * (rest.length - 1))] ?? NaN;
  const scatterBytes = at(0.95) - at(0.05);
  return { judged: true, minutes, climbBytes, scatterBytes, grows: climbBytes > scatterBytes };
}

function between(points: readonly Point[], from: number, to: number): number[] {
  return points.filter(([at]) => at >= from && at <= to).map(([, value]) => value);
}

/** Of the line through points with the least squares, per minute; NaN through fewer than two. */
export function slope(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean(([minutes]) => minutes);
  const y = mean(([, value]) => value);
  return mean(([minutes, value]) => (minutes - x) * (value - y)) /
    mean(([minutes]) => (minutes - x) ** 2);
}
