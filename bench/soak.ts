/**
 * A long, mixed load against a server of its own: `deno task soak`, or `deno task soak 2` for other
 * than 30 minutes.
 *
 * Prints what came of it, and writes `soak.svg` and `soak.json` beside this file. Ends with 1 if a
 * client got something wrong, if memory grew, or if the server keeps something of those who left.
 *
 * @module
 */

import { type Scrape, scrape } from "../tests/support/scrape.ts";
import { parley, ROOT } from "./contenders.ts";
import { Server } from "./server.ts";
import { drawSoak } from "./soak_chart.ts";
import { type Sample, Sampler } from "./soak_samples.ts";
import { type Growth, judge, type Verdict } from "./soak_verdict.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";
import { Town } from "./town.ts";

const DEFAULT_MINUTES = 30;
/** Else there is no sample in the second tenth. */
const LEAST_MINUTES = 1;

/** Every so often, and not more often in all. */
const SAMPLE_SECONDS = 5;
const MAX_SAMPLES = 200;

/** How long the server may remember who left: the grace period, and what is swept now and then. */
const FORGET_WITHIN_SECONDS = 30;

/** All else is as it is by default. */
const SETTINGS = {
  // Each client has an address of its own, as behind a proxy.
  CHAT_TRUST_PROXY: "1",
  // Few, so that rooms are dropped before the run is over.
  CHAT_MAX_ROOMS: "100",
};

/** What must be gone when everyone is. */
const EMPTIED = [
  "parley_connections",
  "parley_sockets",
  "parley_users",
  "parley_members",
  "parley_addresses",
  "parley_message_budgets",
  "parley_queued_bytes",
  "parley_waiting_cursors",
];

const minutes = Number(Deno.args[0] ?? DEFAULT_MINUTES);
if (!(minutes >= LEAST_MINUTES)) {
  console.error(`Cannot soak for "${Deno.args[0]}" minutes: it must be ${LEAST_MINUTES} or more`);
  Deno.exit(2);
}

/** Puts the load on a server until the time is over. */
async function soak(town: Town, server: Server): Promise<Sample[]> {
  const samples: Sample[] = [];
  const sampler = await Sampler.start(server);
  const stopwatch = new Stopwatch();
  const interval = Math.max(SAMPLE_SECONDS, minutes * 60 / MAX_SAMPLES);
  town.open();
  for (let at = interval; at <= minutes * 60;) {
    await sleep((at - stopwatch.seconds) * 1000);
    samples.push(await sampler.take());
    // Where the machine stood still, there is nothing to catch up on.
    while (at <= stopwatch.seconds) at += interval;
  }
  return samples;
}

/** What the server still has of those who left, after it had the time to forget. */
async function leftBehind(port: number): Promise<string[]> {
  const stopwatch = new Stopwatch();
  for (;; await sleep(1000)) {
    const told = await scrape(port);
    const kept = EMPTIED.filter((name) => told.get(name) !== 0);
    if (kept.length === 0 || stopwatch.seconds > FORGET_WITHIN_SECONDS) {
      return kept.map((name) => `${name} ${told.get(name)}`);
    }
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function describeMemory({ warmBytes, endBytes, bytesPerHour }: Verdict): string {
  return `${megabytes(warmBytes)} after warm-up, ${megabytes(endBytes)} at the end; ` +
    `${megabytes(bytesPerHour)}/hour over the second half`;
}

function describeGrowth(growth: Growth): string {
  if (!growth.judged) {
    return `not judged, since receipts fill up for 10 minutes: soak ${growth.leastMinutes} or more`;
  }
  const { grows, minutes, climbBytes, scatterBytes } = growth;
  return `${grows ? "more than noise" : "none beyond noise"}: over the last ${minutes.toFixed()} ` +
    `minutes a line through the samples climbs ${megabytes(climbBytes)}, and they scatter over ` +
    `${megabytes(scatterBytes)} around it (5th to 95th percentile)`;
}

function describeDelay(samples: readonly Sample[]): string {
  const most = (of: (sample: Sample) => number): string => Math.max(...samples.map(of)).toFixed();
  return `at most ${most((sample) => sample.delayMaxMs)} ms in the server, ` +
    `${most((sample) => sample.loadDelayMs)} ms in the load's own process on the same machine`;
}

/** The load that it was, as the server counted it. */
function describeLoad(told: Scrape, samples: readonly Sample[]): string {
  const count = (series: string): string => told.get(series).toLocaleString("en");
  const cpu = samples.reduce((sum, sample) => sum + sample.cpu, 0) / samples.length;
  return `${count("parley_connections_opened_total")} connections, ` +
    `${count("parley_messages_total")} messages, ${count("parley_deliveries_total")} deliveries, ` +
    `${count("parley_duplicates_total")} duplicates, ` +
    `${count('parley_errors_total{code="rate_limited"}')} over the rate, ` +
    `${count("parley_evictions_total")} evictions; server at ${(100 * cpu).toFixed()}% of a core`;
}

const server = await Server.start(await parley(), SETTINGS);
try {
  const town = new Town(server.port, server.pid);
  const { chronicle } = town;
  const samples = await soak(town, server);
  await town.close();
  const kept = await leftBehind(server.port);
  const verdict = judge(samples);
  const summary = {
    load: describeLoad(await scrape(server.port), samples),
    memory: describeMemory(verdict),
    growth: describeGrowth(verdict.growth),
    delay: describeDelay(samples),
    leftBehind: kept.join(", ") || "nothing",
    faults: Object.entries(chronicle.faults).map((each) => each.join(" ")).join(", ") || "none",
  };
  for (const [about, text] of Object.entries(summary)) console.log(`${about}: ${text}`);
  for (const example of chronicle.examples) console.error(example);
  const about = { date: new Date().toISOString(), minutes, deno: Deno.version.deno, summary };
  await Deno.writeTextFile(`${ROOT}/bench/soak.svg`, drawSoak(samples));
  await Deno.writeTextFile(`${ROOT}/bench/soak.json`, `${toJson(about, samples)}\n`);
  const grows = verdict.growth.judged && verdict.growth.grows;
  if (grows || kept.length > 0 || chronicle.faultCount > 0) Deno.exitCode = 1;
} finally {
  await server.stop();
}
// The people who would come next are still on their way.
Deno.exit();

/** The samples as one list of values a line for each field: a small file, and small differences. */
function toJson(about: unknown, samples: readonly Sample[]): string {
  const fields = Object.keys(samples[0] ?? {}) as (keyof Sample)[];
  const columns = fields.map((field) =>
    `    "${field}": ${JSON.stringify(samples.map((sample) => round(sample[field])))}`
  );
  const head = JSON.stringify(about, null, 2).slice(0, -2);
  return `${head},\n  "samples": {\n${columns.join(",\n")}\n  }\n}`;
}

/** To four digits where there are fractions. */
function round(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}
