/**
 * The trials of a comparison, and the figures that each of them gives.
 *
 * @module
 */

import type { Measurements, Workload } from "./workloads.ts";
import type { Memory } from "../support/process_usage.ts";

/** The outcome of one trial with one contender. */
export interface Outcome extends Measurements {
  readonly startMs: number;
  /** The server's memory before the workload, and after it with all clients connected. */
  readonly before: Memory;
  readonly after: Memory;
}

/** A figure: a row of the results. */
export interface Figure {
  readonly label: string;
  readonly unit: "/s" | "ms" | "s" | "B" | "MB" | "×" | "";
  /** Takes the figure from an outcome. NaN if the outcome has none. */
  readonly of: (outcome: Outcome) => number;
}

/** A workload, run against a fresh server of each contender. */
export interface Trial {
  readonly workload: Workload;
  readonly figures: readonly Figure[];
  /** Whether the trial leaves slow contenders out. */
  readonly fastOnly?: boolean;
}

const MEBIBYTE = 1_048_576;

/** How much is measured: `kept` is what messages in a file may slow down. */
export type Form = "full" | "quick" | "kept";

/** The trials of a comparison. */
export function plan(form: Form): readonly Trial[] {
  const seconds = form === "full" ? 4 : 2;
  if (form === "kept") {
    return [
      throughput(200, seconds),
      withStartAndMemory(throughput(1000, seconds)),
      latency(100, seconds),
      connecting(2000),
    ];
  }
  const quick = form === "quick";
  const trials = [
    throughput(200, seconds),
    withStartAndMemory(throughput(1000, seconds)),
    latency(100, seconds),
    { ...latency(500, seconds), fastOnly: quick },
    connecting(quick ? 2000 : 5000),
  ];
  if (quick) return trials;
  return [
    ...trials,
    ...[100, 200, 500, 1000, 2000, 5000].map(growth),
    stalled(seconds),
    probed(seconds),
  ];
}

function throughput(connections: number, seconds: number): Trial {
  return {
    workload: { kind: "closed loop", connections, seconds },
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

/** Adds figures that every trial could give, to one of them. */
function withStartAndMemory(trial: Trial): Trial {
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

function latency(perSecond: number, seconds: number): Trial {
  return {
    workload: { kind: "open loop", connections: 1000, seconds, perSecond },
    figures: [
      ...percentiles(`${perSecond} messages/s, N=1000`),
      {
        label: `${perSecond} messages/s, N=1000, CPU per message`,
        unit: "ms",
        of: (outcome) => (outcome.serverCpu ?? NaN) * 1000 / perSecond,
      },
    ],
  };
}

function connecting(connections: number): Trial {
  return {
    workload: { kind: "connect", connections },
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

/** The same number of deliveries, to more and more connections. */
function growth(connections: number): Trial {
  return {
    workload: { kind: "closed loop", connections, seconds: 20, deliveries: 4_000_000 },
    figures: [deliveries(`growth, N=${connections}`)],
    fastOnly: true,
  };
}

function stalled(seconds: number): Trial {
  return {
    workload: { kind: "open loop", connections: 1000, seconds, perSecond: 100, stalled: 1 },
    figures: percentiles("100 messages/s, one client stalled"),
    fastOnly: true,
  };
}

function probed(seconds: number): Trial {
  return {
    workload: { kind: "closed loop", connections: 1000, seconds, probe: true },
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

function percentiles(label: string): readonly Figure[] {
  return [
    { label: `${label}, p50`, unit: "ms", of: (outcome) => outcome.p50Ms ?? NaN },
    { label: `${label}, p99`, unit: "ms", of: (outcome) => outcome.p99Ms ?? NaN },
  ];
}
