/**
 * Wears a server out in every way that {@linkcode ATTACKS} has: `deno task bench:exhaust`.
 *
 * `--only=TEXT` for the attacks whose names contain it, `--quick` for short ones, `--times=N` to do
 * each N times to the same server, which shows whether memory comes back.
 *
 * Each attack meets a fresh server. Somebody else pings it meanwhile, and somebody new comes right
 * after. Prints a table, and fails if one of them is not served or anything is left in the server's
 * maps.
 *
 * @module
 */

import { type Scrape, scrape } from "../tests/support/scrape.ts";
import { type Attack, ATTACKS, type Levels } from "./attacks.ts";
import { Bystander, visit } from "./bystander.ts";
import { parley } from "./contenders.ts";
import type { Histogram } from "./histogram.ts";
import { spawnHelper } from "./pinned.ts";
import { table } from "./results.ts";
import { Server } from "./server.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";
import { cpuSecondsOf, memoryOf, openFilesOf } from "./usage.ts";

const quick = Deno.args.includes("--quick");
const only = flag("only") ?? "";
const times = Number(flag("times") ?? 1);

const SECONDS = 10;
const QUICK_SECONDS = 3;

/** The longest that an attack may take beyond its time, in milliseconds. */
const PATIENCE_MS = 90_000;

/** Within this, everything must be gone: the grace period, and what a second brings. */
const SETTLE_MS = 15_000;

/** From when it is gone until memory is read, in milliseconds. */
const REST_MS = 5000;

const SAMPLE_MS = 250;

/** What may be left: the room in which a newcomer has said something. */
const LEFT: Levels = {
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

/** Gauges that are told of where an attack made them grow. */
const GAUGES = [...Object.keys(LEFT), "messages_kept", "receipts"];

/** Counters of what the server did not put up with. */
const REFUSED = ["refusals_total", "closes_total", "errors_total"];

function flag(name: string): string | undefined {
  return Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** What a server tells of itself while it is attacked. */
class Watch {
  /** The most of each gauge, and of open files. */
  readonly most: Record<string, number> = {};
  readonly #sampling: Promise<void>;
  #done = false;

  constructor(port: number, pid: number) {
    this.#sampling = this.#sample(port, pid);
  }

  async #sample(port: number, pid: number): Promise<void> {
    while (true) {
      const last = this.#done;
      this.#note("open files", await openFilesOf(pid));
      // A server that is full of sockets takes none for this either.
      const scraped = await scrape(port).catch(() => undefined);
      for (const gauge of scraped === undefined ? [] : GAUGES) {
        this.#note(gauge, scraped?.get(`parley_${gauge}`) ?? 0);
      }
      if (last) return;
      await sleep(SAMPLE_MS);
    }
  }

  #note(what: string, value: number): void {
    this.most[what] = Math.max(this.most[what] ?? 0, value);
  }

  async stop(): Promise<void> {
    this.#done = true;
    await this.#sampling;
  }
}

/** What was seen while it lasted. */
interface Ordeal {
  /** What the attacker did. */
  readonly done: string;
  /** The server's share of one core. */
  readonly cpu: number;
  readonly most: Watch["most"];
  readonly pings: Histogram;
}

/** Attacks a server. Rejects if a bystander was not served meanwhile. */
async function endure(attack: Attack, { port, pid: serverPid }: Server): Promise<Ordeal> {
  const watch = new Watch(port, serverPid);
  const bystander = await Bystander.enter(port);
  const cpuBefore = await cpuSecondsOf(serverPid);
  const stopwatch = new Stopwatch();
  const seconds = quick ? QUICK_SECONDS : attack.seconds ?? SECONDS;
  const job = { attack: attack.name, port, serverPid, seconds, quick };
  using attacker = spawnHelper<string>("attacker.ts", job, seconds * 1000 + PATIENCE_MS);
  const done = await attacker.findings;
  const cpu = (await cpuSecondsOf(serverPid) - cpuBefore) / stopwatch.seconds;
  await watch.stop();
  await bystander.leave();
  return { done, cpu, most: watch.most, pings: bystander.pings };
}

/** One line of the table, and what is left in the server that must not be. */
interface Report {
  readonly cells: readonly string[];
  readonly left: readonly string[];
}

/** Attacks a server, and looks at what comes after. Rejects if somebody was not served. */
async function report(attack: Attack, server: Server, startBytes: number): Promise<Report> {
  const { port, pid } = server;
  const before = await scrape(port);
  const filesBefore = await openFilesOf(pid);
  const { done, cpu, most, pings } = await endure(attack, server);
  const { ms, sends } = await visit(port);
  const stopwatch = new Stopwatch();
  const left = await settle(server, { ...LEFT, ...attack.leaves }, filesBefore);
  const settled = stopwatch.seconds;
  const expected = attack.thenSends ?? "ack";
  if (sends !== expected && !quick) left.push(`A newcomer's message is answered with ${sends}`);
  await sleep(REST_MS);
  const { rssBytes, peakRssBytes } = await memoryOf(pid);
  const megabytes = (bytes: number): string => `${Math.round((bytes - startBytes) / 1e6)}`;
  return {
    left,
    cells: [
      attack.name,
      done,
      megabytes(peakRssBytes),
      megabytes(rssBytes),
      cpu.toFixed(2),
      `${pings.quantile(0.99).toFixed(0)} / ${pings.quantile(1).toFixed(0)}`,
      `${ms.toFixed(0)}, ${sends}`,
      settled.toFixed(1),
      describe(most),
      describe(grown(before, await scrape(port))),
    ],
  };
}

/** Attacks a fresh server, and the same one again if it is to be done several times. */
async function* reports(attack: Attack): AsyncGenerator<Report> {
  const server = await Server.start(await parley(), attack.environment ?? {});
  try {
    // What the first one costs is not the attack's.
    await visit(server.port);
    const { rssBytes } = await memoryOf(server.pid);
    for (let time = 0; time < times; time++) yield await report(attack, server, rssBytes);
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    yield { cells: [attack.name, "FAILED"], left: [failure] };
  } finally {
    await server.stop();
  }
}

/** Waits until nothing is left but what may be. Returns what is. */
async function settle({ port, pid }: Server, levels: Levels, files: number): Promise<string[]> {
  const stopwatch = new Stopwatch();
  while (true) {
    const openFiles = await openFilesOf(pid);
    const scraped = await scrape(port);
    const figures = Object.entries(levels).map(([name, level]) =>
      [name, scraped.get(`parley_${name}`), level] as const
    );
    // The runtime never closes these.
    const ghosts = scraped.get("parley_ghost_sockets");
    const over = [["open files", openFiles, files + ghosts] as const, ...figures]
      .filter(([, figure, level]) => figure > level);
    if (over.length === 0) return [];
    if (stopwatch.seconds * 1000 > SETTLE_MS) {
      return over.map(([name, figure, level]) => `${figure} ${name} are left, and ${level} may be`);
    }
    await sleep(SAMPLE_MS);
  }
}

/** How much each counter of what was refused has grown, by its label. */
function grown(before: Scrape, after: Scrape): Record<string, number> {
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
  for await (const { cells, left } of reports(attack)) {
    console.error(`  ${cells.slice(1).join(" | ")}`);
    for (const each of left) console.error(`  FAILED: ${each}`);
    failed ||= left.length > 0;
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
  "At most",
  "Refused",
], lines));
Deno.exit(failed ? 1 : 0);
