/**
 * The exhaustion test: it runs each of {@linkcode ATTACKS} against a fresh server and measures what
 * that costs others: `deno task bench:exhaust`.
 *
 * `--only=TEXT` selects the attacks whose names contain the text, `--quick` shortens them, and
 * `--times=N` runs each N times against the same server, which shows whether memory comes back.
 *
 * A probe pings the server during each attack, and a newcomer joins after it. Prints a table, and
 * fails if one of them is not served or if the server's gauges do not return to their limits.
 *
 * @module
 */

import { type Scrape, scrape } from "../../tests/support/scrape.ts";
import { flag } from "../support/flags.ts";
import type { Histogram } from "../support/histogram.ts";
import { parley } from "../support/parley.ts";
import { cpuSecondsOf, memoryOf, openFilesOf } from "../support/process_usage.ts";
import { spawnWorker } from "../support/processes.ts";
import { Server } from "../support/server.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import { table } from "../support/table.ts";
import type { Attack, Gauges } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";
import { Probe, tryNewcomer } from "./probe.ts";

const quick = Deno.args.includes("--quick");
const only = flag("only") ?? "";
const times = Number(flag("times") ?? 1);

const SECONDS = 10;
const QUICK_SECONDS = 3;

/** The longest time that an attack may take beyond its own, in milliseconds. */
const ATTACK_TIMEOUT_MS = 90_000;

/** The time in which the gauges must return: the grace period, and some periodic checks. */
const SETTLE_MS = 15_000;

/** The time between that and the reading of memory, in milliseconds. */
const REST_MS = 5000;

const SAMPLE_MS = 250;

/** The limits of the gauges after an attack: the newcomer's message leaves one room. */
const LIMITS: Gauges = {
  connections: 0,
  sockets: 0,
  ghost_sockets: 0,
  rooms: 1,
  users: 0,
  members: 0,
  queued_bytes: 0,
  waiting_connections: 0,
  waiting_cursors: 0,
  message_budgets: 0,
  addresses: 0,
};

/** The gauges whose peaks are printed. */
const GAUGES = [...Object.keys(LIMITS), "messages_kept", "receipts"];

/** The counters of refused requests, closed connections and rejected commands. */
const REFUSED = ["refusals_total", "closes_total", "errors_total"];

/** Samples the server's gauges and open files during an attack. */
class PeakSampler {
  /** The peak of each gauge, and of open files. */
  readonly peaks: Record<string, number> = {};
  readonly #sampling: Promise<void>;
  #done = false;

  constructor(port: number, pid: number) {
    this.#sampling = this.#sample(port, pid);
  }

  async #sample(port: number, pid: number): Promise<void> {
    while (true) {
      const last = this.#done;
      this.#record("open files", await openFilesOf(pid));
      // A server that is full of connections refuses this one, too.
      const scraped = await scrape(port).catch(() => undefined);
      for (const gauge of scraped === undefined ? [] : GAUGES) {
        this.#record(gauge, scraped?.get(`parley_${gauge}`) ?? 0);
      }
      if (last) return;
      await sleep(SAMPLE_MS);
    }
  }

  #record(name: string, value: number): void {
    this.peaks[name] = Math.max(this.peaks[name] ?? 0, value);
  }

  async stop(): Promise<void> {
    this.#done = true;
    await this.#sampling;
  }
}

/** What was measured during an attack. */
interface Measurements {
  /** What the attacker did. */
  readonly done: string;
  /** The server's use of one core. */
  readonly cpu: number;
  readonly peaks: PeakSampler["peaks"];
  readonly pings: Histogram;
}

/** Runs an attack. Rejects if the server did not serve the probe meanwhile. */
async function measure(attack: Attack, { port, pid: serverPid }: Server): Promise<Measurements> {
  const sampler = new PeakSampler(port, serverPid);
  const probe = await Probe.start(port);
  const cpuBefore = await cpuSecondsOf(serverPid);
  const stopwatch = new Stopwatch();
  const seconds = quick ? QUICK_SECONDS : attack.seconds ?? SECONDS;
  const job = { attack: attack.name, port, serverPid, seconds, quick };
  const timeoutMs = seconds * 1000 + ATTACK_TIMEOUT_MS;
  using attacker = spawnWorker<string>("exhaust/attack_process.ts", job, timeoutMs);
  const done = await attacker.result;
  const cpu = (await cpuSecondsOf(serverPid) - cpuBefore) / stopwatch.seconds;
  await sampler.stop();
  await probe.stop();
  return { done, cpu, peaks: sampler.peaks, pings: probe.pings };
}

/** One line of the table, and the failures. */
interface Report {
  readonly cells: readonly string[];
  readonly failures: readonly string[];
}

/** Runs an attack and checks the server afterwards. Rejects if it did not serve a newcomer. */
async function report(attack: Attack, server: Server, startBytes: number): Promise<Report> {
  const { port, pid } = server;
  const before = await scrape(port);
  const filesBefore = await openFilesOf(pid);
  const { done, cpu, peaks, pings } = await measure(attack, server);
  const { ms, sends } = await tryNewcomer(port);
  const stopwatch = new Stopwatch();
  const failures = await settle(server, { ...LIMITS, ...attack.leaves }, filesBefore);
  const settled = stopwatch.seconds;
  const expected = attack.thenSends ?? "ack";
  if (sends !== expected && !quick) failures.push(`The answer to a newcomer's message is ${sends}`);
  await sleep(REST_MS);
  const { rssBytes, peakRssBytes } = await memoryOf(pid);
  const megabytes = (bytes: number): string => `${Math.round((bytes - startBytes) / 1e6)}`;
  return {
    failures,
    cells: [
      attack.name,
      done,
      megabytes(peakRssBytes),
      megabytes(rssBytes),
      cpu.toFixed(2),
      `${pings.quantile(0.99).toFixed(0)} / ${pings.quantile(1).toFixed(0)}`,
      `${ms.toFixed(0)}, ${sends}`,
      settled.toFixed(1),
      describe(peaks),
      describe(increases(before, await scrape(port))),
    ],
  };
}

/** Runs an attack `times` times against one fresh server. */
async function* reports(attack: Attack): AsyncGenerator<Report> {
  const server = await Server.start(await parley(), attack.environment ?? {});
  try {
    // The first connection's memory does not count for the attack.
    await tryNewcomer(server.port);
    const { rssBytes } = await memoryOf(server.pid);
    for (let time = 0; time < times; time++) yield await report(attack, server, rssBytes);
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    yield { cells: [attack.name, "FAILED"], failures: [failure] };
  } finally {
    await server.stop();
  }
}

/** Waits until all gauges are within their limits. Returns a line for each that stays above. */
async function settle({ port, pid }: Server, limits: Gauges, files: number): Promise<string[]> {
  const stopwatch = new Stopwatch();
  while (true) {
    const openFiles = await openFilesOf(pid);
    const scraped = await scrape(port);
    const gauges = Object.entries(limits).map(([name, limit]) =>
      [name, scraped.get(`parley_${name}`), limit] as const
    );
    // The runtime never closes the sockets of these.
    const ghosts = scraped.get("parley_ghost_sockets");
    const over = [["open files", openFiles, files + ghosts] as const, ...gauges]
      .filter(([, value, limit]) => value > limit);
    if (over.length === 0) return [];
    if (stopwatch.seconds * 1000 > SETTLE_MS) {
      return over.map(([name, value, limit]) =>
        `${value} ${name} are left: at most ${limit} may be`
      );
    }
    await sleep(SAMPLE_MS);
  }
}

/** The increase of each counter of refusals, by its label. */
function increases(before: Scrape, after: Scrape): Record<string, number> {
  const series = after.series.filter((each) =>
    REFUSED.some((name) => each.startsWith(`parley_${name}{`))
  );
  return Object.fromEntries(series.map((each) => {
    const label = /="(.*)"/.exec(each)?.[1] ?? each;
    const kind = /^parley_([a-z]+)s_total/.exec(each)?.[1] ?? "";
    return [`${kind} ${label}`, after.get(each) - before.get(each)];
  }));
}

function describe(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures).filter(([, value]) => value > 1)
    .map(([name, value]) => `${name} ${value.toLocaleString("en")}`).join(", ");
}

const lines: (readonly string[])[] = [];
let failed = false;
for (const attack of ATTACKS.filter(({ name }) => name.includes(only))) {
  console.error(attack.name);
  for await (const { cells, failures } of reports(attack)) {
    console.error(`  ${cells.slice(1).join(" | ")}`);
    for (const each of failures) console.error(`  FAILED: ${each}`);
    failed ||= failures.length > 0;
    lines.push(cells);
  }
}
console.log(table([
  "Attack",
  "Done",
  "Peak, MB over start",
  "After, MB",
  "CPU, cores",
  "Ping p99 / max, ms",
  "Newcomer, ms",
  "Empty after, s",
  "Peaks",
  "Refused",
], lines));
Deno.exit(failed ? 1 : 0);
