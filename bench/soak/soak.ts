/**
 * The soak test: a long, mixed load on one server. `deno task soak` takes 30 minutes, and
 * `deno task soak 2` two.
 *
 * Prints a summary, and writes `soak.svg` and `soak.json` to `bench/`. Exits with 1 if the verifier
 * found a fault, if memory grew, or if gauges stay above zero after all users have left.
 *
 * @module
 */

import { type Scrape, scrape } from "../../tests/support/scrape.ts";
import { parley } from "../support/parley.ts";
import { ROOT } from "../support/processes.ts";
import { Server } from "../support/server.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import { drawSoak } from "./chart.ts";
import { type Sample, Sampler } from "./samples.ts";
import { Scenario } from "./scenario.ts";
import { type Growth, judge, type Verdict } from "./verdict.ts";

const DEFAULT_MINUTES = 30;
/** A shorter soak has no sample in its second tenth. */
const MIN_MINUTES = 1;

/** The interval of samples, or a longer one that gives this many. */
const SAMPLE_SECONDS = 5;
const MAX_SAMPLES = 200;

/** The time in which the gauges must return to zero: the grace period, and some periodic checks. */
const FORGET_WITHIN_SECONDS = 30;

/** The server's settings, where they differ from the defaults. */
const SETTINGS = {
  // Each client has an address of its own, as behind a proxy.
  CHAT_TRUST_PROXY: "1",
  // Few, so that the server drops rooms during the soak.
  CHAT_MAX_ROOMS: "100",
};

/** The gauges that must be zero after all users have left. */
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
if (!(minutes >= MIN_MINUTES)) {
  console.error(`Cannot soak for "${Deno.args[0]}" minutes: it must be ${MIN_MINUTES} or more`);
  Deno.exit(2);
}

/** Runs the scenario until the time is over. Returns the samples. */
async function soak(scenario: Scenario, server: Server): Promise<Sample[]> {
  const samples: Sample[] = [];
  const sampler = await Sampler.start(server);
  const stopwatch = new Stopwatch();
  const interval = Math.max(SAMPLE_SECONDS, minutes * 60 / MAX_SAMPLES);
  scenario.start();
  for (let at = interval; at <= minutes * 60;) {
    await sleep((at - stopwatch.seconds) * 1000);
    samples.push(await sampler.take());
    // A suspended machine does not make up for samples.
    while (at <= stopwatch.seconds) at += interval;
  }
  return samples;
}

/** Waits until the gauges are zero. Returns those that are not after {@linkcode FORGET_WITHIN_SECONDS}. */
async function leftBehind(port: number): Promise<string[]> {
  const stopwatch = new Stopwatch();
  for (;; await sleep(1000)) {
    const scraped = await scrape(port);
    const kept = EMPTIED.filter((name) => scraped.get(name) !== 0);
    if (kept.length === 0 || stopwatch.seconds > FORGET_WITHIN_SECONDS) {
      return kept.map((name) => `${name} ${scraped.get(name)}`);
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
    return `not judged, because receipts fill up for 10 minutes: soak for ${growth.leastMinutes} or more`;
  }
  const { grows, minutes, climbBytes, scatterBytes } = growth;
  return `${grows ? "more than noise" : "none beyond noise"}: over the last ${minutes.toFixed()} ` +
    `minutes a line through the samples climbs ${megabytes(climbBytes)}, and they scatter over ` +
    `${megabytes(scatterBytes)} around it (5th to 95th percentile)`;
}

function describeDelay(samples: readonly Sample[]): string {
  const max = (of: (sample: Sample) => number): string => Math.max(...samples.map(of)).toFixed();
  return `at most ${max((sample) => sample.delayMaxMs)} ms in the server, ` +
    `${max((sample) => sample.loadDelayMs)} ms in the load generator on the same machine`;
}

/** The load, as the server counted it. */
function describeLoad(scraped: Scrape, samples: readonly Sample[]): string {
  const count = (series: string): string => scraped.get(series).toLocaleString("en");
  const cpu = samples.reduce((sum, sample) => sum + sample.cpu, 0) / samples.length;
  return `${count("parley_connections_opened_total")} connections, ` +
    `${count("parley_messages_total")} messages, ${count("parley_deliveries_total")} deliveries, ` +
    `${count("parley_duplicates_total")} duplicates, ` +
    `${count('parley_errors_total{code="rate_limited"}')} over the rate, ` +
    `${count("parley_evictions_total")} evictions; server at ${(100 * cpu).toFixed()}% of a core`;
}

const server = await Server.start(await parley(), SETTINGS);
try {
  const scenario = new Scenario(server.port);
  const { verifier } = scenario;
  const samples = await soak(scenario, server);
  await scenario.stop();
  const kept = await leftBehind(server.port);
  const verdict = judge(samples);
  const summary = {
    load: describeLoad(await scrape(server.port), samples),
    memory: describeMemory(verdict),
    growth: describeGrowth(verdict.growth),
    delay: describeDelay(samples),
    leftBehind: kept.join(", ") || "nothing",
    faults: Object.entries(verifier.faults).map((each) => each.join(" ")).join(", ") || "none",
  };
  for (const [about, text] of Object.entries(summary)) console.log(`${about}: ${text}`);
  for (const example of verifier.examples) console.error(example);
  const about = { date: new Date().toISOString(), minutes, deno: Deno.version.deno, summary };
  await Deno.writeTextFile(`${ROOT}/bench/soak.svg`, drawSoak(samples));
  await Deno.writeTextFile(`${ROOT}/bench/soak.json`, `${toJson(about, samples)}\n`);
  const grows = verdict.growth.judged && verdict.growth.grows;
  if (grows || kept.length > 0 || verifier.faultCount > 0) Deno.exitCode = 1;
} finally {
  await server.stop();
}
// The slots' timers still run.
Deno.exit();

/** The samples as one line of values for each field, which keeps the file and its diffs small. */
function toJson(about: unknown, samples: readonly Sample[]): string {
  const fields = Object.keys(samples[0] ?? {}) as (keyof Sample)[];
  const columns = fields.map((field) =>
    `    "${field}": ${JSON.stringify(samples.map((sample) => round(sample[field])))}`
  );
  const head = JSON.stringify(about, null, 2).slice(0, -2);
  return `${head},\n  "samples": {\n${columns.join(",\n")}\n  }\n}`;
}

/** Rounds to four significant digits, but not whole numbers. */
function round(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}
