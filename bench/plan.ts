/**
 * What is measured, and which figures are taken from it.
 *
 * @module
 */

import type { Findings, Job } from "./jobs.ts";
import type { Memory } from "./usage.ts";

/** All that is known after a run. */
export interface Outcome extends Findings {
  readonly startMs: number;
  /** Before the load, and while its clients are still connected. */
  readonly before: Memory;
  readonly after: Memory;
}

/** A row of the results. */
export interface Figure {
  readonly label: string;
  readonly unit: "/s" | "ms" | "B" | "MB" | "×";
  /** NaN if the run does not tell. */
  readonly of: (outcome: Outcome) => number;
}

/** A load, put on a fresh server of each contender. */
export interface Trial {
  readonly load: Job["load"];
  readonly figures: readonly Figure[];
  /** Whether slow servers are left out. */
  readonly fastOnly?: boolean;
}

const MEBIBYTE = 1_048_576;

/** The trials of a full run, or of a quick one. */
export function plan(quick: boolean): readonly Trial[] {
  const seconds = quick ? 2 : 4;
  const trials = [
    flood(200, seconds),
    costs(flood(1000, seconds)),
    pace(100, seconds),
    { ...pace(500, seconds), fastOnly: quick },
    gather(quick ? 2000 : 5000),
  ];
  if (quick) return trials;
  return [
    ...trials,
    ...[100, 200, 500, 1000, 2000, 5000].map(growth),
    stalled(seconds),
    probed(seconds),
  ];
}

function flood(connections: number, seconds: number): Trial {
  return {
    load: { kind: "flood", connections, seconds },
    figures: [
      deliveries(`deliveries, N=${connections}`),
      {
        label: `deliveries per second of server CPU, N=${connections}`,
        unit: "/s",
        of: (outcome) => (outcome.deliveriesPerSecond ?? NaN) / (outcome.serverCpu ?? NaN),
      },
    ],
  };
}

/** Adds what every run tells, so that one of them does. */
function costs(trial: Trial): Trial {
  const figures: readonly Figure[] = [
    { label: "start to first answer", unit: "ms", of: (outcome) => outcome.startMs },
    {
      label: "peak memory, N=1000",
      unit: "MB",
      of: (outcome) => outcome.after.peakRssBytes / MEBIBYTE,
    },
  ];
  return { ...trial, figures: [...trial.figures, ...figures] };
}

function pace(perSecond: number, seconds: number): Trial {
  return {
    load: { kind: "pace", connections: 1000, seconds, perSecond },
    figures: [
      ...latencies(`${perSecond} messages/s, N=1000`),
      {
        label: `${perSecond} messages/s, N=1000, CPU per message`,
        unit: "ms",
        of: (outcome) => (outcome.serverCpu ?? NaN) * 1000 / perSecond,
      },
    ],
  };
}

function gather(connections: number): Trial {
  return {
    load: { kind: "gather", connections },
    figures: [
      {
        label: `connections, N=${connections}`,
        unit: "/s",
        of: (outcome) => outcome.connectionsPerSecond ?? NaN,
      },
      {
        label: "memory per connection",
        unit: "B",
        of: ({ before, after }) => (after.rssBytes - before.rssBytes) / connections,
      },
    ],
  };
}

/** The same total of deliveries to ever more connections. */
function growth(connections: number): Trial {
  return {
    load: { kind: "flood", connections, seconds: 20, deliveries: 4_000_000 },
    figures: [deliveries(`growth, N=${connections}`)],
    fastOnly: true,
  };
}

function stalled(seconds: number): Trial {
  return {
    load: { kind: "pace", connections: 1000, seconds, perSecond: 100, stalled: 1 },
    figures: latencies("100 messages/s, one client stalled"),
    fastOnly: true,
  };
}

function probed(seconds: number): Trial {
  return {
    load: { kind: "flood", connections: 1000, seconds, probe: true },
    figures: [
      { label: "ping in a flood, p99", unit: "ms", of: (outcome) => outcome.pingMs ?? NaN },
      { label: "join in a flood, p99", unit: "ms", of: (outcome) => outcome.joinMs ?? NaN },
    ],
    fastOnly: true,
  };
}

function deliveries(label: string): Figure {
  return { label, unit: "/s", of: (outcome) => outcome.deliveriesPerSecond ?? NaN };
}

function latencies(label: string): readonly Figure[] {
  return [
    { label: `${label}, p50`, unit: "ms", of: (outcome) => outcome.p50Ms ?? NaN },
    { label: `${label}, p99`, unit: "ms", of: (outcome) => outcome.p99Ms ?? NaN },
  ];
}
