/**
 * The verdict of a soak: whether the server's memory grew.
 *
 * @module
 */

import { median } from "../support/median.ts";
import type { Sample } from "./samples.ts";

/**
 * From this minute on nothing grows by design: the server keeps receipts for up to 10 minutes, and
 * the rooms' histories are full long before.
 */
const FULL_AT_MINUTES = 10;

/** Receipts come and go in periods of 5 minutes: a slope needs two of them. */
const LEAST_JUDGED_MINUTES = 10;

/** The end of the warm-up, before receipts are full. In shorter runs, the second tenth. */
const WARM_MINUTES = [3, 6] as const;

/** A value at a time. */
export type Point = readonly [minutes: number, value: number];

/** The course of memory, in bytes. */
export interface Verdict {
  readonly warmBytes: number;
  readonly endBytes: number;
  /** The slope of a line through the second half. */
  readonly bytesPerHour: number;
  readonly growth: Growth;
}

/** The climb of a line through the samples from minute 10 on, and their scatter around it. */
export type Growth =
  | { readonly judged: false; readonly leastMinutes: number }
  | {
    readonly judged: true;
    readonly minutes: number;
    readonly climbBytes: number;
    /** From the 5th to the 95th percentile. */
    readonly scatterBytes: number;
    /** Whether the climb exceeds the scatter. */
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
  // Allows for a late sample or two.
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

/** The slope of the least-squares line through points, per minute. NaN for fewer than two. */
export function slope(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean(([minutes]) => minutes);
  const y = mean(([, value]) => value);
  return mean(([minutes, value]) => (minutes - x) * (value - y)) /
    mean(([minutes]) => (minutes - x) ** 2);
}
